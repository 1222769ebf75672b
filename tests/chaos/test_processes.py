"""A process is stopped with all that it started, and goes on with all of it."""

import subprocess
import time
from collections.abc import Callable

from services.local import kernel
from tests.chaos import processes


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_tree_of_processes_is_stopped_and_goes_on() -> None:
    parent = subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60 & wait"])
    try:
        _until(lambda: len(processes.tree(parent.pid)) == 3)
        halted = processes.halt(parent.pid)
        assert halted[0] == parent.pid
        _until(lambda: all(kernel.entry(pid).state == "T" for pid in halted))
        processes.wake(halted)
        _until(lambda: all(kernel.entry(pid).state != "T" for pid in halted))
    finally:
        for pid in reversed(processes.tree(parent.pid)):
            subprocess.run(["kill", "-9", str(pid)], check=True)
        parent.wait()
