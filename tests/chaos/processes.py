"""Signals to a process and all that it started."""

import os
import signal
from contextlib import suppress

from services.local import kernel


def tree(pid: int) -> list[int]:
    """The process and its descendants, parents first."""
    return [one.pid for one in kernel.tree(pid, kernel.entries())]


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
