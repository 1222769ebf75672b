"""Processes as the kernel shows them in /proc, whoever started them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Entry:
    """One process. `started` counts clock ticks since boot; with the pid it names a process for good, until a reboot."""

    pid: int
    command: str
    state: str
    session: int
    started: int

    @property
    def is_dead(self) -> bool:
        """True if it only waits to be reaped."""
        return self.state in "ZX"

    @property
    def age_s(self) -> float:
        uptime_s = float((PROC / "uptime").read_text().split()[0])
        return uptime_s - self.started / TICKS_PER_S


def boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def entry(pid: int) -> Entry:
    """Raises ProcessLookupError where no such process is."""
    try:
        before, _, after = (PROC / str(pid) / "stat").read_text().rpartition(")")
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    # The command name, in brackets, may hold anything, so fields are counted from its end (proc(5)).
    fields = after.split()
    command = before.partition("(")[2]
    return Entry(pid=pid, command=command, state=fields[0], session=int(fields[3]), started=int(fields[19]))


def entries() -> Iterator[Entry]:
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                yield entry(int(folder.name))
            except ProcessLookupError:
                continue
