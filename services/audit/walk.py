"""Leaf by leaf through a log: what must hold of each, and the roots over the first so many.

3. Each leaf is in canonical form and of a known version.
4. No id is used twice.
5. Log time never goes back.
6. Each outcome answers an earlier intent of the same system.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.audit import entry, merkle
from services.audit.entry import EntryInvalid, Leaf

LEAF_CHECKS: Mapping[int, str] = {
    3: "each leaf is in canonical form",
    4: "no id is used twice",
    5: "log time never goes back",
    6: "each outcome answers an earlier intent",
}


@dataclass(slots=True)
class Walk:
    """Takes the leaves in order. fail: told the number of a check and where it fails; sizes: those whose roots are wanted.

    roots: the root over the first leaves, for each wanted size that was reached; kinds: entries by kind.
    """

    fail: Callable[[int, str], None]
    sizes: Collection[int] = ()
    roots: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    peaks: list[bytes] = field(default_factory=list)
    last_ms: int = 0
    seen: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    answered: set[UUID] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if 0 in self.sizes:
            self.roots[0] = merkle.EMPTY_ROOT

    @property
    def open_intents(self) -> int:
        """Intents without an outcome so far."""
        return self.kinds[entry.INTENT] - len(self.answered)

    def root(self) -> bytes:
        """The root over the leaves so far."""
        return merkle.root_of_peaks(self.peaks)

    def take(self, leaves: Sequence[bytes]) -> None:
        """The next leaves."""
        for data in leaves:
            self._check(data)
            self.peaks = merkle.extend(self.peaks, self.size, [merkle.leaf_hash(data)])
            self.size += 1
            if self.size in self.sizes:
                self.roots[self.size] = self.root()

    def _check(self, data: bytes) -> None:
        try:
            leaf = entry.decode_leaf(data)
        except EntryInvalid as cause:
            self.fail(3, f"entry {self.size}: {cause}")
            return
        if leaf.id in self.seen:
            self.fail(4, f"entry {self.size} has the id of an earlier one")
        if leaf.time_ms < self.last_ms:
            self.fail(5, f"entry {self.size} is earlier than the one before it")
        self._check_ref(leaf)
        self.seen[leaf.id] = (leaf.kind, leaf.system)
        self.last_ms = leaf.time_ms
        self.kinds[leaf.kind] += 1

    def _check_ref(self, leaf: Leaf) -> None:
        if leaf.kind == entry.INTENT and leaf.ref is not None:
            self.fail(6, f"entry {self.size} is an intent and answers another entry")
        if leaf.kind != entry.OUTCOME:
            return
        if leaf.ref is None or self.seen.get(leaf.ref) != (entry.INTENT, leaf.system):
            self.fail(6, f"entry {self.size} answers no earlier intent of its system")
        else:
            self.answered.add(leaf.ref)
