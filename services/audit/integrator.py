"""Turns numbered entries into the tree and signs its head, several times a second.

What must hold before a head is signed, else the process ends with LogBroken and signs nothing:
1. The last signed head verifies under the log's key, is of this log, and is the largest that was ever signed.
2. The right edge of the stored tiles has its root.
3. The stored leaves under the last tile have the hashes in it.
4. The log has not become shorter than that head.
5. Entries follow without a gap, and each is a leaf.
6. The head continues every one that this process has signed or seen.
1 to 4 and 6 are checked at the start and whenever another integrator has moved the head, 5 each time.
"""

import asyncio
from collections.abc import Sequence

import structlog

from services.audit import checkpoint, entry, merkle, tile
from services.audit.checkpoint import Checkpoint
from services.audit.entry import EntryInvalid
from services.audit.errors import LogBroken
from services.audit.store import Head
from services.audit.tile import WIDTH, Edge, TileInvalid
from services.audit.tree_store import TreeStore, Turn
from services.common.errors import StoreUnavailable
from services.common.note import NoteInvalid, Signer

log = structlog.get_logger()

MAX_ROWS = 2048
HASHED_AT_ONCE = 128


class Integrator:
    """Grows the tree. signer: of checkpoints; the name of its key is the origin of the log."""

    def __init__(self, store: TreeStore, signer: Signer, *, interval_s: float = 0.15) -> None:
        self._store, self._signer, self._interval_s = store, signer, interval_s
        self._edge = Edge()
        self._signed: Head | None = None

    async def verify(self) -> None:
        """Checks 1 to 4, and signs the head of the empty log if nothing was ever signed. Raises LogBroken, StoreUnavailable."""
        async with self._store.turn() as turn:
            if not turn.others_turn:
                await self._load(turn)

    async def step(self) -> int:
        """Integrates what has come, at most 2,048 entries, and signs. Returns how many. Raises LogBroken, StoreUnavailable."""
        async with self._store.turn() as turn:
            if turn.others_turn:
                return 0
            signed = await self._catch_up(turn)
            leaves = await self._arrived(turn, signed)
            if not leaves:
                return 0
            edge, tiles = self._edge.extended(leaves)
            head = self._sign(edge)
            await turn.publish(signed, head, tiles)
        self._edge, self._signed = edge, head
        return len(leaves)

    async def run(self) -> None:
        """Steps for ever; waits out a database that does not answer. Raises LogBroken."""
        while True:
            try:
                count = await self.step()
            except StoreUnavailable:
                log.warning("audit.integrator_waits")
                count = 0
            if count < MAX_ROWS:
                await asyncio.sleep(self._interval_s)

    async def _catch_up(self, turn: Turn) -> Head:
        signed = await turn.head()
        if signed is None or signed != self._signed:
            return await self._load(turn)
        return signed

    async def _load(self, turn: Turn) -> Head:
        signed = await turn.head()
        if signed is None:
            signed = await self._found(turn)
        await self._verify_head(turn, signed)
        edge = await self._verify_edge(turn, signed)
        await self._verify_last_leaves(turn, signed.size)
        if await turn.next_index() < signed.size:
            raise LogBroken("the log is shorter than its signed head")  # 4
        await self._verify_continues(turn, signed)
        self._edge, self._signed = edge, signed
        return signed

    async def _verify_continues(self, turn: Turn, signed: Head) -> None:
        """A database that fails over to a stale standby, or is restored beneath a running process, goes back."""
        known = self._signed
        if known is None:
            return
        if signed.size < known.size:
            raise LogBroken(f"this process has signed {known.size} entries, and the database holds {signed.size}")  # 6
        try:
            root = tile.root(known.size, await turn.tiles(tile.places([(0, known.size)])))
        except TileInvalid as cause:
            raise LogBroken("tiles are missing") from cause  # 2
        if root != known.root:
            raise LogBroken("the signed head does not continue the one that this process has signed")  # 6

    async def _found(self, turn: Turn) -> Head:
        """The head of the empty log, signed."""
        head = self._sign(Edge())
        await turn.publish(None, head, [])
        return head

    async def _verify_head(self, turn: Turn, signed: Head) -> None:
        try:
            found = checkpoint.verify(signed.note, self._signer.verifier.name, [self._signer.verifier])
        except NoteInvalid as cause:
            raise LogBroken("the signed head does not verify under this log's key") from cause  # 1
        if (found.size, found.root) != (signed.size, signed.root) or await turn.largest_signed() != signed.size:
            raise LogBroken("the signed head is not the last one that was signed")  # 1

    @staticmethod
    async def _verify_edge(turn: Turn, signed: Head) -> Edge:
        try:
            edge = tile.edge(signed.size, await turn.tiles(tile.edge_places(signed.size)))
        except TileInvalid as cause:
            raise LogBroken("tiles of the right edge are missing") from cause  # 2
        if edge.root() != signed.root:
            raise LogBroken("the right edge does not have the root of the signed head")  # 2
        return edge

    @staticmethod
    async def _verify_last_leaves(turn: Turn, size: int) -> None:
        if size == 0:
            return
        number = (size - 1) // WIDTH
        tiles = await turn.tiles([(0, number)])
        leaves = await turn.leaves(number * WIDTH, size)
        if b"".join(merkle.leaf_hash(leaf) for leaf in leaves) != tiles.get((0, number)):
            raise LogBroken("the last stored leaves do not have the hashes of the tree")  # 3

    @staticmethod
    async def _arrived(turn: Turn, signed: Head) -> Sequence[bytes]:
        """Hashes of the leaves after the signed head (5)."""
        promised = min(await turn.next_index() - signed.size, MAX_ROWS)
        rows = await turn.rows(signed.size, MAX_ROWS)
        if len(rows) < promised:
            raise LogBroken("entries are missing")
        hashes = []
        for expected, (index, leaf) in enumerate(rows, start=signed.size):
            if index != expected:
                raise LogBroken(f"entry {expected} is missing")
            hashes.append(_hash(index, leaf))
            if len(hashes) % HASHED_AT_ONCE == 0:
                await asyncio.sleep(0)
        return hashes

    def _sign(self, edge: Edge) -> Head:
        root = edge.root()
        signed = checkpoint.sign(Checkpoint(self._signer.verifier.name, edge.size, root), self._signer)
        return Head(edge.size, root, signed)


def _hash(index: int, leaf: bytes) -> bytes:
    try:
        entry.decode_leaf(leaf)
    except EntryInvalid as cause:
        raise LogBroken(f"entry {index} is no leaf") from cause
    return merkle.leaf_hash(leaf)
