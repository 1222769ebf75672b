"""CPU time of whole process trees. A server's children count too: PostgreSQL does its work in them."""

import os
import time
from collections.abc import Collection

from services.local import kernel


def spent_s(roots: Collection[int]) -> float:
    """CPU seconds so far of this process alone, and of each of `roots` with all below it.

    With this process among the roots: of everything that it ever started. Raises ProcessLookupError for a root that has ended.
    """
    seen = tuple(kernel.entries())
    own_s = 0.0 if os.getpid() in roots else time.process_time()
    return own_s + sum(_tree_s(root, seen) for root in roots)


def _tree_s(root: int, seen: Collection[kernel.Entry]) -> float:
    tree = kernel.tree(root, seen)
    if not tree:
        raise ProcessLookupError(root)
    return sum(one.cpu_s for one in tree)
