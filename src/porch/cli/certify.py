"""`python -m porch.cli.certify ORDER`: what the resident process runs to have a certificate looked at, and fetched.

Rule: the answer is one JSON line on standard output; a problem is told as data, for the resident process to show.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from porch.errors import Exit, Refused
from porch.runtime.certify import certify, from_json


def main(words: Sequence[str]) -> int:
    """Look, fetch, and tell; returns 0, or 4 when there is no certificate."""
    try:
        told = certify(from_json(words[0]))
    except Refused as refused:
        told = {"ok": False, "problems": [{**asdict(each), "exit": int(each.exit)} for each in refused.problems]}
    print(json.dumps(told))
    return int(Exit.DONE if told["ok"] else Exit.MACHINE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
