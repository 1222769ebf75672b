"""Signals to a process and all that it started."""

import os
import signal
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def tree(pid: int) -> list[int]:
    """The process and its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [pid]
    for parent in found:  # grows while it is walked
        found.extend(children.get(parent, []))
    return found


def halt(pid: int) -> list[int]:
    """Stops the process, then what it started: it cannot start more meanwhile. Returns whom to wake."""
    _signal(pid, signal.SIGSTOP)
    halted = tree(pid)
    for one in halted:
        _signal(one, signal.SIGSTOP)
    return halted


def wake(halted: list[int]) -> None:
    """Lets them go on, the children first."""
    for one in reversed(halted):
        _signal(one, signal.SIGCONT)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
