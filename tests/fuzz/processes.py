"""Processes as the kernel sees them: children, memory, and the ports they listen on."""

import os
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
LISTEN = "0A"


def family(pid: int) -> list[int]:
    """The process and all its descendants that are alive."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for member in found:
        found.extend(children.get(member, ()))
    return found


def rss_bytes(pid: int) -> int:
    """Resident memory; 0 for a process that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


def ports(pid: int) -> list[int]:
    """TCP ports of 127.0.0.1 on which the process listens."""
    sockets = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(os.readlink(fd))
        except OSError:
            continue
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sorted(
        int(row[1].partition(":")[2], 16) for row in rows if row[3] == LISTEN and f"socket:[{row[9]}]" in sockets
    )
