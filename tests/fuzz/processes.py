"""The ports that a process listens on, as the kernel sees them."""

import os
from pathlib import Path

LISTEN = "0A"


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
