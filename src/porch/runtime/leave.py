"""`python -m porch.runtime.leave SECONDS`: has process 1 of a container go in order; what a pod's nginx does before
it is told to stop.

Rule: it waits until no proxy sends requests any more, then asks for an end that answers what is in work, and stays
until that has come, as whoever waits for it would else cut it short.
"""

from __future__ import annotations

import os
import signal
import sys
import time

FIRST = 1
PAUSE = 0.1


def main(words: list[str]) -> int:
    """Wait, ask process 1 to quit, and wait for its end, which is the end of this process too."""
    time.sleep(float(words[0]))
    os.kill(FIRST, signal.SIGQUIT)
    while True:
        time.sleep(PAUSE)
        try:
            os.kill(FIRST, 0)
        except ProcessLookupError:
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
