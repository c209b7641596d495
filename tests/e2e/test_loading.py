"""Workers that load the app take turns: real processes, real locks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from porch import worker

WORKER = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from porch_worker import turn
turn.LONGEST, turn.processors = 120.0, lambda: 2
def say(word):
    with open(sys.argv[2] + "/said", "a") as file:
        file.write(word + "\\n")
with turn.turn(sys.argv[2]):
    say("begin")
    for _ in range(20):
        time.sleep(0.005)
    if sys.argv[3] == "dies":
        say("end")
        os.kill(os.getpid(), signal.SIGKILL)
    say("end")
"""


def test_as_many_load_at_once_as_there_are_processors(tmp_path: Path) -> None:
    """Of six workers never more than two load side by side, all come to load, and one that dies gives its turn back."""
    ends = ["dies", "lives", "lives", "dies", "lives", "lives"]
    words = [(sys.executable, "-c", WORKER, str(worker.PATH), str(tmp_path), each) for each in ends]
    started = [subprocess.Popen(each, stderr=subprocess.DEVNULL) for each in words]
    codes = [each.wait(timeout=120) for each in started]
    said = (tmp_path / "said").read_text().split()
    at_work = [sum(1 if word == "begin" else -1 for word in said[: place + 1]) for place in range(len(said))]
    assert [code == 0 for code in codes] == [each == "lives" for each in ends]
    assert said.count("begin") == len(ends)
    assert max(at_work) <= 2
