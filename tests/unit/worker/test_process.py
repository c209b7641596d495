"""What a worker does once, in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

LOADING = """\
import os, signal, sys
from porch.worker.porch_worker.process import stoppable

class Master:
    interrupt_signal = False
    def note(self, *_):
        self.interrupt_signal = True

signal.signal(signal.SIGTERM, Master().note if sys.argv[1] == "granian" else signal.SIG_IGN)
if "early" in sys.argv:
    os.kill(os.getpid(), signal.SIGTERM)
with stoppable():
    if "late" in sys.argv:
        os.kill(os.getpid(), signal.SIGTERM)
print(signal.getsignal(signal.SIGTERM).name)
"""


@pytest.mark.parametrize(
    ("words", "ended", "said"),
    [
        (("granian", "early"), -signal.SIGTERM, ""),
        (("granian", "late"), -signal.SIGTERM, ""),
        (("granian",), 0, "SIG_DFL\n"),
        (("another", "late"), -signal.SIGTERM, ""),
        (("another",), 0, "SIG_IGN\n"),
    ],
)
def test_a_stop_ends_a_worker_that_loads_its_app(words: tuple[str, ...], ended: int, said: str) -> None:
    """Also one that granian's own handler, its master's, has swallowed; afterwards each server hears as it would."""
    done = subprocess.run(
        (sys.executable, "-c", LOADING, *words), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (ended, said), done.stderr


LEAVING = """\
import atexit, multiprocessing, threading
from porch.worker.porch_worker.process import end_as_python_does

def last():
    threading.main_thread().join()
    print("a thread has done its part", flush=True)

def work():
    end_as_python_does()
    atexit.register(print, "and then the app left", flush=True)
    threading.Thread(target=last).start()

worker = multiprocessing.get_context("fork").Process(target=work)
worker.start()
worker.join()
"""


def test_a_child_of_multiprocessings_ends_as_python_does() -> None:
    """What is registered with `atexit` runs once, in the child alone, when its threads have done their part."""
    done = subprocess.run((sys.executable, "-c", LEAVING), capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "a thread has done its part\nand then the app left\n", done.stderr
