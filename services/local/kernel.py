"""Processes as the kernel shows them in /proc, whoever started them."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Entry:
    """One process. `started` counts clock ticks since boot; with the pid it names a process for good, until a reboot.

    cpu_s: its own, and that of ended children that it has waited for; rss_bytes: pages that processes share count in each.
    """

    pid: int
    command: str
    state: str
    parent: int
    session: int
    cpu_s: float
    started: int
    rss_bytes: int

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
    return Entry(
        pid=pid,
        command=before.partition("(")[2],
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        cpu_s=sum(map(int, fields[11:15])) / TICKS_PER_S,
        started=int(fields[19]),
        rss_bytes=int(fields[21]) * PAGE_BYTES,
    )


def entries() -> Iterator[Entry]:
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                yield entry(int(folder.name))
            except ProcessLookupError:
                continue


def tree(root: int, among: Iterable[Entry]) -> list[Entry]:
    """The process and its descendants, parents first; nothing when it is not `among` them."""
    found: list[Entry] = []
    children: dict[int, list[Entry]] = defaultdict(list)
    for one in among:
        (found if one.pid == root else children[one.parent]).append(one)
    for parent in found:  # grows while it is walked
        found.extend(children[parent.pid])
    return found
