"""Rebuilds the log from its rows and compares everything that is stored with it.

For the operator, who has the keys; whoever trusts nobody uses `tree_verify`.

What must hold, in one snapshot of the database:
1. The head row has the number after the last entry, and no earlier log time.
2. Every number below that has one entry, and there are no others.
3. to 6. What services.audit.walk says of each leaf.
7. The id of each entry is taken, with its number, and no other id is.
8. Each tile is what lies below it; none is missing, none is more.
9. Each signed head is signed by the log's key and has the root over its entries; the current one is the largest of them.
10. The same of each published head, and it was a signed one.
11. What an entry says is stored whole under the entry's epoch, or not at all: then an entry of kind erasure names it, or its
    epoch (fsck_erasures.py).
12. It is what the entry committed to.
13. The search index says of each entry that can be read what that says, and nothing of an erased one.
14. Nothing is stored for entries or sizes that are not there.
15. Each epoch was opened with the keys at hand, or its key was destroyed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.audit import checkpoint, commitment, entry, merkle, seal, tags, tile
from services.audit.entry import Content, EntryInvalid, Leaf
from services.audit.fsck_erasures import Erasures
from services.audit.fsck_store import Limits, Snapshot, StoredContent, StoredTags
from services.audit.keys import EpochKeys, TagKeys
from services.audit.seal import SealBroken
from services.audit.store import Head
from services.audit.tile import Edge, Place
from services.audit.verify import MAX_FAILURES, Failure
from services.audit.walk import LEAF_CHECKS, Walk
from services.common.note import NoteInvalid, VerifierKey

CHECKS: Mapping[int, str] = {
    1: "the head row is that of the last entry",
    2: "every number has one entry",
    **LEAF_CHECKS,
    7: "each entry's id is taken, and no other",
    8: "the tiles are those of the entries",
    9: "each signed head has the root of its entries",
    10: "each published head is one of those",
    11: "what entries say is stored whole, or was erased by order or at its end",
    12: "it is what they committed to",
    13: "the search index says the same",
    14: "nothing is stored beyond the log",
    15: "the epochs have the keys at hand",
}
PAGE = 500


@dataclass(frozen=True, slots=True)
class Report:
    """The result. erased: entries of which nothing but the leaf is left; locked: those whose epoch's key is not at hand, so that
    12 and 13 say nothing of them; omitted: failures beyond the first hundred."""

    size: int
    signed: int
    kinds: Mapping[str, int]
    erased: int
    locked: int
    failures: tuple[Failure, ...]
    omitted: int
    words: Mapping[int, str] = field(default_factory=lambda: CHECKS)

    @property
    def holds(self) -> bool:
        """Whether everything fits."""
        return not self.failures


async def check(
    stored: Snapshot,
    key: VerifierKey,
    epoch_keys: EpochKeys,
    tag_keys: TagKeys,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Report:
    """Checks all there is. key: the log's verifier key. Raises StoreUnavailable; what is wrong with the log is in the result."""
    checking = _Check(stored, await stored.limits(), key, epoch_keys, tag_keys)
    await checking.all(progress)
    return checking.report()


@dataclass(slots=True)
class _Check:
    stored: Snapshot
    limits: Limits
    key: VerifierKey
    epoch_keys: EpochKeys
    tag_keys: TagKeys
    failures: list[Failure] = field(default_factory=list)
    edge: Edge = field(default_factory=Edge)
    newest: Head | None = None
    erasures: Erasures = field(default_factory=Erasures)
    locked: int = 0
    walk: Walk = field(init=False)

    def __post_init__(self) -> None:
        self.walk = Walk(self.fail)

    def fail(self, number: int, words: str) -> None:
        self.failures.append(Failure(number, words))

    def report(self) -> Report:
        return Report(
            size=self.limits.next_index,
            signed=self.limits.signed_size or 0,
            kinds=dict(self.walk.kinds),
            erased=len(self.erasures.gone),
            locked=self.locked,
            failures=tuple(self.failures[:MAX_FAILURES]),
            omitted=max(0, len(self.failures) - MAX_FAILURES),
        )

    async def all(self, progress: Callable[[int, int], None]) -> None:
        size = self.limits.next_index
        await self._check_epochs()
        await self._check_heads(0, [])
        for first in range(0, size, PAGE):
            end = min(first + PAGE, size)
            rows = await self.stored.rows(first, end)
            if [index for index, _ in rows] != list(range(first, end)):
                self.fail(
                    2, f"of entries {first} to {end - 1} there are {len(rows)}: the rest of the log is not compared"
                )
                return
            await self._check_page(first, [data for _, data in rows])
            progress(end, size)
        await self._check_ends()

    async def _check_page(self, first: int, leaves: Sequence[bytes]) -> None:
        found: dict[int, tuple[bytes, Leaf]] = {}
        for index, data in enumerate(leaves, start=first):
            try:
                found[index] = (data, entry.decode_leaf(data))
            except EntryInvalid:
                continue  # (3), said by the walk
        await self._check_ids(found)
        await self._check_heads(first + 1, leaves)
        await self._check_tiles(leaves[: max(0, (self.limits.signed_size or 0) - first)])
        await self._check_contents(first, first + len(leaves), found)

    async def _check_ids(self, found: Mapping[int, tuple[bytes, Leaf]]) -> None:
        """(7)"""
        known = await self.stored.ids([leaf.id for _, leaf in found.values()])
        for index, (_, leaf) in found.items():
            if known.get(leaf.id) != index:
                self.fail(7, f"the id of entry {index} is not taken, or by another number")

    async def _check_heads(self, first: int, leaves: Sequence[bytes]) -> None:
        """Walks these leaves, and compares the heads of the sizes that they lead to (9, 10)."""
        end = first + max(1, len(leaves))
        signed, shown = await self.stored.signed(first, end), await self.stored.shown(first, end)
        self.walk.sizes = {head.size for head in (*signed, *shown)}
        self.walk.roots = {0: merkle.EMPTY_ROOT}
        self.walk.take(leaves)
        notes = {head.size: head for head in signed}
        for head in signed:
            self._check_head(9, "the signed head", head)
            self.newest = head
        for head in shown:
            self._check_head(10, "the published head", head)
            if head.size not in notes or notes[head.size].root != head.root:
                self.fail(10, f"the published head of {head.size} entries was never signed")

    def _check_head(self, number: int, what: str, head: Head) -> None:
        try:
            said = checkpoint.verify(head.note, self.key.name, [self.key])
        except NoteInvalid as cause:
            self.fail(number, f"{what} of {head.size} entries: {cause}")
            return
        if (said.size, said.root) != (head.size, head.root):
            self.fail(number, f"{what} of {head.size} entries says something else than its row")
        if self.walk.roots.get(head.size) != head.root:
            self.fail(number, f"{what} of {head.size} entries has another root than they")

    async def _check_tiles(self, leaves: Sequence[bytes]) -> None:
        """Tiles that are full with these leaves (8)."""
        self.edge, grown = self.edge.extended([merkle.leaf_hash(data) for data in leaves])
        await self._compare_tiles({(one.level, one.number): one.hashes for one in grown if one.width == tile.WIDTH})

    async def _compare_tiles(self, expected: Mapping[Place, bytes]) -> None:
        found = await self.stored.tiles(expected) if expected else {}
        for (level, number), hashes in expected.items():
            if (level, number) not in found:
                self.fail(8, f"tile {number} of level {level} is missing")
            elif found[level, number] != hashes:
                self.fail(8, f"tile {number} of level {level} is not what lies below it")

    async def _check_contents(self, first: int, end: int, found: Mapping[int, tuple[bytes, Leaf]]) -> None:
        contents = {(one.index, one.epoch): one for one in await self.stored.contents(first, end)}
        searched = {(one.index, one.epoch): one for one in await self.stored.tags(first, end)}
        for index, (data, leaf) in found.items():
            self._check_content(
                index, data, leaf, contents.pop((index, leaf.epoch), None), searched.pop((index, leaf.epoch), None)
            )
        for index, epoch in contents:
            self.fail(11, f"something is stored for entry {index} under {epoch}, which is not its epoch")
        for index, epoch in searched:
            self.fail(13, f"entry {index} is found under {epoch}, which is not its epoch")

    def _check_content(
        self, index: int, data: bytes, leaf: Leaf, found: StoredContent | None, searched: StoredTags | None
    ) -> None:
        """(11, 12, 13)"""
        if found is None:
            self.erasures.gone[index] = leaf
            self.erasures.unread_at(index, leaf)
            if searched is not None:
                self.fail(13, f"entry {index} was erased and can still be searched for")
        elif found.payload is None or found.wrapped is None:
            self.fail(11, f"of entry {index} there is only {'the secret' if found.payload is None else 'the payload'}")
        elif not self.epoch_keys.has(leaf.epoch):
            self.locked += 1
            self.erasures.unread_at(index, leaf)
        else:
            content = self._content(data, leaf, found.payload, found.wrapped)
            if content is None:
                self.fail(12, f"what is stored of entry {index} is not what it committed to")
                return
            self.erasures.read(leaf, content)
            if searched != _tags(index, leaf, content, self.tag_keys):
                self.fail(13, f"the search index says something else than entry {index}")

    def _content(self, data: bytes, leaf: Leaf, payload: bytes, wrapped: bytes) -> Content | None:
        try:
            secret = self.epoch_keys.unwrap(leaf.epoch, leaf.id, wrapped)
            content = entry.decode_content(seal.unseal(secret, merkle.leaf_hash(data), payload))
        except (SealBroken, EntryInvalid):
            return None
        same = commitment.commit(commitment.encode(content.fields()), secret) == leaf.commitment
        return content if same else None

    async def _check_epochs(self) -> None:
        """(15)"""
        for epoch in await self.stored.epochs():
            if self.tag_keys.check(epoch.name) != epoch.tag_check:
                self.fail(15, f"epoch {epoch.name} was opened with another key of the search index")
            if self.epoch_keys.has(epoch.name) and self.epoch_keys.check(epoch.name) != epoch.key_check:
                self.fail(15, f"epoch {epoch.name} was opened with another key")

    async def _check_ends(self) -> None:
        limits, signed = self.limits, self.limits.signed_size or 0
        if limits.last_ms < self.walk.last_ms:
            self.fail(1, "the head row has an earlier time than the last entry")
        if limits.entries != limits.next_index:
            self.fail(1, f"the head row is at {limits.next_index} and there are {limits.entries} entries")
        if limits.ids != limits.entries:
            self.fail(7, f"{limits.ids} ids are taken by {limits.entries} entries")
        partial = {
            (level, signed >> tile.HEIGHT * (level + 1)): b"".join(row) for level, row in enumerate(self.edge.levels)
        }
        await self._compare_tiles({place: hashes for place, hashes in partial.items() if hashes})
        if limits.tiles != _tile_count(signed):
            self.fail(8, f"there are {limits.tiles} tiles, and should be {_tile_count(signed)}")
        if self.newest != await self.stored.current():
            self.fail(9, "the current head is not the largest that was signed")
        for table, count in (await self.stored.beyond(limits.next_index)).items():
            if count:
                self.fail(14, f"{table} has {count} rows beyond the log")
        for index in self.erasures.unordered():
            self.fail(11, f"nothing is left of what entry {index} said, and no entry orders that")
        for index in await self.stored.lone_plates():
            self.fail(13, f"entry {index} is found by plates alone")


def _tags(index: int, leaf: Leaf, content: Content, keys: TagKeys) -> StoredTags:
    """The row that the search index must have."""
    made = tags.of(content, keys, leaf.epoch)
    return StoredTags(
        index=index,
        epoch=leaf.epoch,
        at_ms=leaf.time_ms,
        kind=leaf.kind,
        system=leaf.system,
        actor=made.actor,
        plate=made.plate,
        case_reference=made.case_reference,
        unit=made.unit,
        decision=made.decision,
        purpose=content.purpose,
        status=content.status,
        rpc=content.rpc,
        result_count=content.result_count,
        further_plates=sorted(made.further_plates),
    )


def _tile_count(size: int) -> int:
    """Tiles of a tree of this size."""
    count, level = 0, 0
    while (hashes := size >> tile.HEIGHT * level) > 0:
        count, level = count - -hashes // tile.WIDTH, level + 1
    return count
