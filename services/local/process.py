"""Child processes: each in a session of its own, with its own log file, a bare environment and a parent to die with.

Everything here blocks only for a moment, except `end`, which is bounded by its grace plus `KILL_WAIT_S`.
"""

import asyncio
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from services.local.account import Account, launcher, myself
from services.local.errors import EngineFailed

# Nothing else of the caller's environment reaches a child: no proxy, no credentials, no stray ANPR_*.
PASSED_ON = ("PATH", "HOME", "TMPDIR", "PYTHONPATH")
KILL_WAIT_S = 10.0
LOG_BYTES = 32 << 20  # kept twice: a log is set aside when its program starts
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `folder` is its working directory; `log` gets both its outputs, appended; `litter` are files that it
    may leave when it is killed, such as sockets: they are removed before it starts and after it ended."""

    name: str
    command: tuple[str, ...]
    folder: Path
    log: Path
    environment: tuple[tuple[str, str], ...] = ()
    account: Account = field(default_factory=myself)
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    grace_s: float = 5.0
    litter: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """A running program. Its pid is also its process group and session, and is ours to reap."""

    program: Program
    popen: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_running(self) -> bool:
        return self.popen.poll() is None


def spawn(program: Program) -> Child:
    """Start the program. Call it on a thread that outlives the child: the kernel takes that thread for the parent."""
    _clear(program)
    program.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _rotate(program.log)
    with open(os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        popen = subprocess.Popen(
            [*launcher(program.account, program.death_signal), *program.command],
            cwd=program.folder,
            env=environment(program),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    return Child(program, popen)


def run(program: Program, timeout_s: float) -> None:
    """Run a program to its end, blocking; EngineFailed unless it exits 0 in time."""
    child = spawn(program)
    deadline = time.monotonic() + timeout_s
    try:
        while _is_unfinished(child, deadline):
            time.sleep(POLL_S)
    finally:
        kill(child)


async def run_beside(program: Program, timeout_s: float) -> None:
    """The same without blocking the event loop; a cancelled task takes the program with it."""
    child = spawn(program)
    deadline = time.monotonic() + timeout_s
    try:
        while _is_unfinished(child, deadline):  # noqa: ASYNC110 (nothing in this process can set an event for it)
            await asyncio.sleep(POLL_S)
    finally:
        kill(child)


def _is_unfinished(child: Child, deadline: float) -> bool:
    code = child.popen.poll()
    if code is None and time.monotonic() > deadline:
        raise EngineFailed(f"{child.program.name} took too long: see {child.program.log}")
    if code:
        raise EngineFailed(f"{child.program.name} failed with exit {code}: see {child.program.log}")
    return code is None


def environment(program: Program) -> dict[str, str]:
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed, "LANG": "C.UTF-8", "TZ": "UTC", **dict(program.environment)}


def end(child: Child) -> None:
    """Stop the child and whatever is left of its process group: asked first, killed after the grace."""
    if child.is_running():
        child.popen.send_signal(child.program.stop_signal)
        _await_exit(child, child.program.grace_s)
    kill(child)


def kill(child: Child) -> None:
    """SIGKILL the child and its process group, and wait until they are gone."""
    _signal_group(child.pid)
    _await_exit(child, KILL_WAIT_S)
    _clear(child.program)


def _await_exit(child: Child, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while child.is_running() and time.monotonic() < deadline:
        time.sleep(POLL_S)


def _signal_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # all gone, or only zombies of another account are left
        return


def _clear(program: Program) -> None:
    for path in program.litter:
        path.unlink(missing_ok=True)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))
