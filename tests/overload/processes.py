"""Memory and processor time of a process and all that it started."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.local import kernel


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a whole tree. Pages that processes share count once for each; cpu_s includes children that ended."""

    rss_bytes: int
    cpu_s: float


def usage(roots: Mapping[str, int]) -> dict[str, Usage]:
    """By name, for the process ids in `roots`."""
    seen = tuple(kernel.entries())
    trees = {name: kernel.tree(root, seen) for name, root in roots.items()}
    return {
        name: Usage(sum(one.rss_bytes for one in tree), sum(one.cpu_s for one in tree)) for name, tree in trees.items()
    }


def machine_busy_s() -> float:
    """Processor seconds that all of the machine's cores have spent on anything but idling."""
    fields = [int(field) for field in (kernel.PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / kernel.TICKS_PER_S
