"""CPU time of whole process trees, from /proc. A server's children count too: PostgreSQL does its work in them."""

import os
import time
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
# Places in /proc/PID/stat behind the name, which may hold blanks and brackets.
PARENT, TIMES = 1, slice(11, 15)  # user and system time, its own and that of ended children it has waited for


def spent_s(roots: Collection[int]) -> float:
    """CPU seconds so far of this process alone, and of each of `roots` with all below it.

    With this process among the roots: of everything that it ever started.
    """
    seen = _processes()
    own_s = 0.0 if os.getpid() in roots else time.process_time()
    return own_s + sum(_tree(root, seen) for root in roots) / TICKS_PER_S


def _tree(root: int, seen: "dict[int, list[tuple[int, int]]]") -> int:
    ticks, waiting = sum(_stat(root)[1]), [root]
    while waiting:
        for child, spent in seen[waiting.pop()]:
            ticks += spent
            waiting.append(child)
    return ticks


def _processes() -> "dict[int, list[tuple[int, int]]]":
    """All processes as (pid, ticks), by their parent."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent, times = _stat(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            found[parent].append((int(entry.name), sum(times)))
    return found


def _stat(pid: int) -> tuple[int, list[int]]:
    """Parent, and ticks: user, system, user and system of ended children."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return int(fields[PARENT]), [int(ticks) for ticks in fields[TIMES]]
