"""Checks a published log, file by file, as somebody who trusts nobody, its operator least. Pure: no grpc, no psycopg.

What must hold, for the newest head in the tree and everything under it:
1. The head is a signed note of the log's key, and names that key as its origin.
2. The tree has every entry under the head, in bundles that are whole.
3. to 6. What services.audit.walk says of each leaf.
7. The root over the entries alone is the one in the head.
8. Each tile of the lowest level has the hashes of its bundle, and each tile above those of the tiles below, no more and no less.
9. Each older head is signed by the log's key, and what is under it is a prefix of this log.
10. The witnesses that the policy asks for, if it asks for any, have cosigned the head.

It cannot tell that something was never logged: for that there is the reconciliation.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.audit import checkpoint, merkle, tile, tree
from services.audit.checkpoint import Checkpoint
from services.audit.tile import WIDTH, TileInvalid
from services.audit.tree import CHECKPOINT, MAX_NOTE_BYTES, Missing, Tree
from services.audit.trust import NONE, Trust
from services.audit.verify import MAX_FAILURES, Failure, SourceFailed, Verification
from services.audit.walk import LEAF_CHECKS, Walk
from services.common.note import NoteInvalid

CHECKS: Mapping[int, str] = {
    1: "the head is signed by the log's key",
    2: "the tree has every entry under the head",
    **LEAF_CHECKS,
    7: "the entries have the root in the head",
    8: "the tiles are those of the entries",
    9: "each older head is a prefix of this one",
    10: "the witnesses of the policy have cosigned the head",
}

WITNESSED = 10
Fail = Callable[[int, str], None]


@dataclass(slots=True)
class _Levels:
    """Compares tiles with what comes up from below, while leaves arrive."""

    tree: Tree
    fail: Fail
    rows: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    done: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def take(self, hashes: Sequence[bytes]) -> None:
        """The hashes of a full bundle."""
        level, arriving = 0, hashes
        while arriving:
            self.rows[level].extend(arriving)
            if len(self.rows[level]) < WIDTH:
                return
            self._compare(level)
            arriving, level = [merkle.root(self.rows[level])], level + 1
            self.rows[level - 1].clear()

    def end(self, hashes: Sequence[bytes]) -> None:
        """The hashes of the last bundle, when it is not full: then every level has the tile that is not full compared."""
        self.rows[0].extend(hashes)
        for level in sorted(self.rows):
            if self.rows[level]:
                self._compare(level)

    def _compare(self, level: int) -> None:
        number, row = self.done[level], self.rows[level]
        self.done[level] += 1
        name = tile.path(level, number, len(row))
        try:
            found = tree.hashes(self.tree, level, number, len(row))
        except Missing:
            self.fail(8, f"{name} is missing")
        except TileInvalid as cause:
            self.fail(8, str(cause))
        else:
            if found != b"".join(row):
                self.fail(8, f"{name} is not what lies below it")


def verify(
    source: Tree,
    trust: Trust,
    *,
    since: Sequence[str] = (),
    key_given: bool = True,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Verification:
    """Checks the log in a tree.

    trust: keys and quorum, from elsewhere; since: older heads that the verifier kept, as they were published, beside those in
    the tree. Raises SourceFailed when the tree cannot be read or has no head at all; whatever is wrong with the log is in the
    result.
    """
    failures: list[Failure] = []

    def fail(check: int, words: str) -> None:
        failures.append(Failure(check, words))

    published = _published(source)
    head, cosigners = _head(published, trust, fail)
    older = _older(source, since, trust, head, fail)
    walk = Walk(fail, {one.size for one in older})
    _read(source, head.size, walk, _Levels(source, fail), progress)
    if walk.size == head.size and walk.root() != head.root:
        fail(7, "the entries have another root")
    for one in older:
        if one.size <= walk.size and walk.roots[one.size] != one.root:
            fail(9, f"the first {one.size} entries have another root than the older head of that size")
    return Verification(
        origin=head.origin,
        size=head.size,
        root=head.root,
        note=published,
        verifier_key=trust.logs[0].encode(),
        key_given=key_given,
        kinds=dict(walk.kinds),
        open_intents=walk.open_intents,
        checked=tuple(number for number in sorted(CHECKS) if number != WITNESSED or trust.quorum != NONE),
        failures=tuple(failures[:MAX_FAILURES]),
        omitted=max(0, len(failures) - MAX_FAILURES),
        words=CHECKS,
        witnesses=cosigners,
    )


def _published(source: Tree) -> str:
    try:
        return source.read(CHECKPOINT, MAX_NOTE_BYTES).decode()
    except (Missing, UnicodeDecodeError):
        raise SourceFailed("the tree has no checkpoint") from None


def _head(published: str, trust: Trust, fail: Fail) -> tuple[Checkpoint, tuple[str, ...]]:
    """The head (1) and who cosigned it (10). One that does not verify is still compared with the entries."""
    try:
        head = checkpoint.unverified(published)
    except NoteInvalid as cause:
        raise SourceFailed("the tree's checkpoint is none") from cause
    try:
        trust.verify_signed(published)
    except NoteInvalid as cause:
        fail(1, str(cause))
    try:
        cosigners = trust.cosigners(published)
    except NoteInvalid as cause:
        fail(10, str(cause))
        return head, ()
    if not trust.is_met_by(cosigners):
        fail(10, f"{len(cosigners)} known witnesses have cosigned the head, which is no quorum")
    return head, cosigners


def _older(source: Tree, since: Sequence[str], trust: Trust, head: Checkpoint, fail: Fail) -> list[Checkpoint]:
    """The older heads (9), those of the tree and those that were kept."""
    notes = [(f"the kept head {number}", text) for number, text in enumerate(since, start=1)]
    for size in source.older_sizes():
        name = f"{CHECKPOINT}.{size}"
        try:
            notes.append((name, source.read(name, MAX_NOTE_BYTES).decode()))
        except (Missing, UnicodeDecodeError):
            fail(9, f"{name} cannot be read")
    found = []
    for name, text in notes:
        try:
            older = trust.verify_signed(text)
        except NoteInvalid as cause:
            fail(9, f"{name}: {cause}")
            continue
        if name.startswith(f"{CHECKPOINT}.") and name != f"{CHECKPOINT}.{older.size}":
            fail(9, f"{name} is the head of another size")
        elif older.size > head.size:
            fail(9, f"{name}: the log has shrunk from {older.size} to {head.size} entries")
        else:
            found.append(older)
    return found


def _read(source: Tree, size: int, walk: Walk, levels: _Levels, progress: Callable[[int, int], None]) -> None:
    """Takes every entry (2)."""
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        try:
            bundle = tree.entries(source, number, width)
        except Missing:
            walk.fail(2, f"{tile.path(tile.ENTRIES, number, width)} is missing")
            return
        except TileInvalid as cause:
            walk.fail(2, f"{tile.path(tile.ENTRIES, number, width)}: {cause}")
            return
        walk.take(bundle)
        hashes = [merkle.leaf_hash(data) for data in bundle]
        if width == WIDTH:
            levels.take(hashes)
        else:
            levels.end(hashes)
        progress(walk.size, size)
    if size % WIDTH == 0:
        levels.end(())
