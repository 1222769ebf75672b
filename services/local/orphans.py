"""What a supervisor that was killed may have left running, found again by the next one in the same data directory.

children.json names every child by pid and start time, with the boot they belong to. Together these prove that a process
is the one we started; nothing else is ever ended. A child is also the leader of its session, so what it started itself
is found by the session, whose number the kernel does not give away while any of them lives.
"""

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from services.local import kernel, secret_files
from services.local.errors import AlreadyRunning, LocalError
from services.local.process import Child

WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Left:
    """A child as children.json has it: `litter` are the files to remove when it was killed."""

    name: str
    pid: int
    started: int
    litter: tuple[str, ...]


class Register:
    """The children of a running supervisor, kept on disk."""

    def __init__(self, data: Path) -> None:
        self._path = data / "children.json"
        self._children: dict[int, Left] = {}

    def add(self, child: Child) -> None:
        litter = tuple(str(path) for path in child.program.litter)
        self._children[child.pid] = Left(child.program.name, child.pid, kernel.entry(child.pid).started, litter)
        self._write()

    def remove(self, child: Child) -> None:
        self._children.pop(child.pid, None)
        self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        content = {"boot": kernel.boot_id(), "children": [asdict(child) for child in self._children.values()]}
        with suppress(OSError):  # a full disk must not cost the suite a part: the kernel ends the children too
            secret_files.write(self._path, json.dumps(content).encode())


def end_left_over(data: Path) -> list[str]:
    """End what an earlier supervisor left here; returns the names. Raises AlreadyRunning if something will not end."""
    path = data / "children.json"
    if not path.exists():
        return []
    boot, children = _read(path)
    found = [child for child in children if boot == kernel.boot_id() and _session(child.pid, child.started)]
    for child in found:
        _end(child.pid, child.started)
    for child in children:
        for litter in child.litter:
            Path(litter).unlink(missing_ok=True)
    path.unlink()
    return [child.name for child in found]


def _read(path: Path) -> tuple[str, list[Left]]:
    try:
        record = json.loads(path.read_text())
        children = [Left(c["name"], int(c["pid"]), int(c["started"]), tuple(c["litter"])) for c in record["children"]]
        return str(record["boot"]), children
    except (ValueError, KeyError, TypeError) as cause:
        raise LocalError(f"{path} cannot be read: make sure that nothing runs, then remove it") from cause


def _end(leader: int, started: int) -> None:
    deadline = time.monotonic() + WAIT_S
    while session := _session(leader, started):
        if time.monotonic() > deadline:
            pids = ", ".join(str(entry.pid) for entry in session)
            raise AlreadyRunning(f"an earlier run left processes that do not end: {pids}")
        for entry in session:
            _kill(entry.pid)
        time.sleep(0.05)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _session(leader: int, started: int) -> list[kernel.Entry]:
    """The live processes of the session that our child led; none if its pid is by now somebody else's."""
    session = [entry for entry in kernel.entries() if entry.session == leader and not entry.is_dead]
    if any(entry.pid == leader and entry.started != started for entry in session):
        return []
    return [entry for entry in session if entry.started >= started]
