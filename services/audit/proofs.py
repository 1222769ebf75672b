"""Signed heads, leaves, and proofs between them. The log checks each proof as a sceptic would before it hands it out."""

from dataclasses import dataclass

from services.audit import checkpoint, merkle, tile
from services.audit.errors import EntryNotFound, LogAltered
from services.audit.merkle import ProofInvalid
from services.audit.store import Head, Store
from services.audit.tile import TileInvalid
from services.common.errors import Invalid
from services.common.note import NoteInvalid, VerifierKey

MAX_LEAVES = 1000
MAX_HEADS = 1000


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The leaf with this hash is under the checkpoint; path from the bottom up."""

    path: tuple[bytes, ...]
    leaf_hash: bytes
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Consistency:
    """An earlier size is a prefix of what is under the checkpoint."""

    path: tuple[bytes, ...]
    checkpoint: str


class Proofs:
    """What anybody may see of the log. `key`: the log's own verifier key, whose name is the log's origin."""

    def __init__(self, store: Store, key: VerifierKey) -> None:
        self._store, self._key = store, key

    async def checkpoint(self, size: int) -> str:
        """The signed head of this size, the newest for 0. Raises SizeNotSigned."""
        return (await self._head(size)).note

    async def published(self, size: int) -> str:
        """The published head of this size, the newest for 0, with the lines of witnesses. Raises SizeNotSigned."""
        return await self._store.published_head(size or None)

    async def heads(self, after: int, count: int) -> list[str]:
        """Published heads of sizes above `after`, the smallest first; as many as fit a message, at most `count`."""
        return await self._store.published_heads(after, min(count, MAX_HEADS))

    async def leaves(self, first: int, count: int) -> list[bytes]:
        """Leaves under the newest signed head from an index on, at most `count`, which is at most 1,000."""
        signed = (await self._head(0)).size
        return await self._store.leaves(first, min(first + count, signed)) if first < signed else []

    async def inclusion(self, index: int, size: int) -> Inclusion:
        """Proof that a leaf is under the signed head of this size, the newest for 0. Raises EntryNotFound, SizeNotSigned."""
        head = await self._head(size)
        if index >= head.size:
            raise EntryNotFound("no entry under this head has this index", index=index, size=head.size)
        leaf_hash = merkle.leaf_hash(await self._store.leaf(index))
        ranges = merkle.inclusion_ranges(index, head.size)
        try:
            path = await self._store.subtree_hashes(ranges)
            merkle.verify_inclusion(index, head.size, leaf_hash, path, head.root)
        except (TileInvalid, ProofInvalid) as cause:
            raise LogAltered("the log cannot prove this entry", index=index, size=head.size) from cause
        return Inclusion(tuple(path), leaf_hash, head.note)

    async def consistency(self, first: int, second: int) -> Consistency:
        """Proof that the log of size `first` is a prefix of the signed head of size `second`, the newest for 0.

        Raises SizeNotSigned, and Invalid unless 0 < first <= second.
        """
        head = await self._head(second)
        if not 0 < first <= head.size:
            raise Invalid("first is 1 to the size of the later head", field="first")
        ranges = merkle.consistency_ranges(first, head.size)
        tiles = await self._store.tiles(tile.places([*ranges, (0, first)]))
        try:
            path = tile.hashes(ranges, tiles)
            merkle.verify_consistency(first, head.size, path, tile.root(first, tiles), head.root)
        except (TileInvalid, ProofInvalid) as cause:
            raise LogAltered("the log cannot prove this size", first=first, second=head.size) from cause
        return Consistency(tuple(path), head.note)

    async def _head(self, size: int) -> Head:
        head = await (self._store.head(size) if size else self._store.newest_head())
        try:
            found = checkpoint.verify(head.note, self._key.name, [self._key])
        except NoteInvalid as cause:
            raise LogAltered("a signed head does not verify", size=head.size) from cause
        if (found.size, found.root) != (head.size, head.root):
            raise LogAltered("a signed head is not the one that was stored", size=head.size)
        return head
