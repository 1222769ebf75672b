"""Memory and processor time of a process and all that it started, from /proc."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a whole tree. Pages that processes share count once for each; cpu_s includes children that ended."""

    rss_bytes: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    cpu_s: float
    rss_bytes: int


def usage(roots: Mapping[str, int]) -> dict[str, Usage]:
    """By name, for the process ids in `roots`."""
    processes = _all()
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    found = {}
    for name, root in roots.items():
        tree = [root]
        for parent in tree:  # grows while it is walked
            tree.extend(children.get(parent, []))
        alive = [processes[pid] for pid in tree if pid in processes]
        found[name] = Usage(sum(one.rss_bytes for one in alive), sum(one.cpu_s for one in alive))
    return found


def machine_busy_s() -> float:
    """Processor seconds that all of the machine's cores have spent on anything but idling."""
    fields = [int(field) for field in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / TICKS


def _all() -> dict[int, _Process]:
    found = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            ticks = sum(int(field) for field in fields[11:15])  # its own, and those of children it has waited for
            found[int(folder.name)] = _Process(int(fields[1]), ticks / TICKS, int(fields[21]) * PAGE)
    return found
