"""Which numbers a batch of entries gets: pure, and decided under the lock on the head.

A group is what one caller appends at once: all of it or nothing. What must hold for a group:
1. An id that is in the log, or came earlier in the batch, with the same content keeps the index it has.
2. An id that is taken by another content refuses the group.
3. An entry that refers to an intent finds it in the log, or earlier in the batch, and of its own system.
4. New entries get the next indexes, in order, without a gap; a refused group leaves none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.audit import entry, merkle
from services.audit.entry import Entry, Leaf
from services.audit.errors import EntryConflict
from services.common.errors import Invalid, Refusal


@dataclass(frozen=True, slots=True)
class Tags:
    """Search tags of an entry; empty where it has no such field."""

    actor: bytes = b""
    plate: bytes = b""
    case_reference: bytes = b""
    unit: bytes = b""
    decision: bytes = b""
    further_plates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry with all that does not depend on its place. payload: canonical bytes of its content, not yet encrypted."""

    entry: Entry
    epoch: str
    secret: bytes = field(repr=False)
    wrapped: bytes
    commitment: bytes
    payload: bytes = field(repr=False)
    tags: Tags

    def leaf(self, time_ms: int) -> Leaf:
        """Its leaf at this log time."""
        given = self.entry
        return Leaf(self.commitment, given.id, given.kind, self.epoch, given.ref, given.system, time_ms)


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that is in the log."""

    index: int
    data: bytes
    leaf: Leaf


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry's place: its leaf, and what its receipt says."""

    index: int
    data: bytes
    leaf_hash: bytes
    time_ms: int


@dataclass(frozen=True, slots=True)
class New:
    """An entry that gets this index."""

    index: int
    data: bytes
    leaf_hash: bytes
    leaf: Leaf
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a group: its places in order, or why there are none."""

    places: tuple[Placed, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """What is to be written, and the verdict on each group, in order."""

    new: tuple[New, ...]
    verdicts: tuple[Verdict, ...]


Group = Sequence[Prepared]
IsSame = Callable[[Known, Prepared], bool]


def place(
    groups: Sequence[Group], known: Mapping[UUID, Known], is_same: IsSame, *, next_index: int, time_ms: int
) -> Placement:
    """Decides on a batch. known: entries of the log with an id or a ref of the batch; is_same: whether one has this content."""
    new: dict[UUID, New] = {}
    verdicts = []
    for group in groups:
        try:
            verdict, added = _place(group, known, new, is_same, next_index=next_index + len(new), time_ms=time_ms)
        except Refusal as refusal:
            verdicts.append(Verdict(refusal=refusal))
            continue
        verdicts.append(verdict)
        new.update(added)
    return Placement(tuple(new.values()), tuple(verdicts))


def _place(
    group: Group,
    known: Mapping[UUID, Known],
    new: Mapping[UUID, New],
    is_same: IsSame,
    *,
    next_index: int,
    time_ms: int,
) -> tuple[Verdict, dict[UUID, New]]:
    added: dict[UUID, New] = {}
    places = []
    for prepared in group:
        given = prepared.entry
        if given.id in known:
            found = known[given.id]
            _verify_same(is_same(found, prepared))
            places.append(Placed(found.index, found.data, merkle.leaf_hash(found.data), found.leaf.time_ms))
            continue
        if (batched := added.get(given.id) or new.get(given.id)) is None:
            _verify_ref(given, known, new, added)
            leaf = prepared.leaf(time_ms)
            data = leaf.encode()
            batched = added[given.id] = New(next_index + len(added), data, merkle.leaf_hash(data), leaf, prepared)
        _verify_same(batched.prepared.entry == given)
        places.append(Placed(batched.index, batched.data, batched.leaf_hash, time_ms))
    return Verdict(tuple(places)), added


def _verify_same(same: bool) -> None:
    if not same:
        raise EntryConflict("the entry id was used for another content")


def _verify_ref(given: Entry, known: Mapping[UUID, Known], new: Mapping[UUID, New], added: Mapping[UUID, New]) -> None:
    if given.ref is None:
        return
    found = known.get(given.ref) or new.get(given.ref) or added.get(given.ref)
    if found is None or found.leaf.kind != entry.INTENT or found.leaf.system != given.system:
        raise Invalid("ref names no intent of this system in the log", field="ref")
