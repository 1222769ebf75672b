"""Shows the log to the world: tiles and heads in S3, heads cosigned by witnesses.

What must hold, else the process ends with LogBroken:
1. Before anything is published, the head in S3, and every head that a witness holds under the log's own signature, are heads of
   this log: a database that was restored from a backup, and would number anew, is noticed here.
2. A full tile or bundle is written once: one that is there with other bytes is not this log's.
3. A witness that refuses a head is asked for the one it knows; what it says without the log's signature is no proof of anything,
   and stops nothing.
The order is: full tiles and bundles, partial ones, witnesses, the head in the database, the head in S3. What is interrupted is
done again. A witness that does not answer delays nobody: heads are then published without its line, which shows.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence

import structlog

from services.audit import checkpoint, cosignature, merkle, metrics, tile
from services.audit.errors import LogBroken
from services.audit.merkle import ProofInvalid
from services.audit.publication_store import PublicationStore, Published
from services.audit.shelf import TEXT, Shelf
from services.audit.store import Head
from services.audit.tile import ENTRIES, HEIGHT, WIDTH, TileInvalid
from services.audit.tree import CHECKPOINT
from services.audit.witnesses import WitnessClient, WitnessRefused, WitnessSilent
from services.common.errors import StoreUnavailable
from services.common.note import NoteInvalid, Signature, VerifierKey

log = structlog.get_logger()

HEADS_AT_ONCE = 1000

QUIET_INTERVALS = (
    5  # a witness that was silent is left alone for so long, and its silence costs the others so much less
)


class Publisher:
    """key: the log's verifier key; shelf: None where there is no S3."""

    def __init__(
        self,
        store: PublicationStore,
        key: VerifierKey,
        witnesses: Sequence[WitnessClient],
        shelf: Shelf | None,
        *,
        interval_s: float = 2.0,
    ) -> None:
        self._store, self._key, self._witnesses, self._shelf = store, key, witnesses, shelf
        self._interval_s = interval_s
        self._unchecked = {one.name for one in witnesses} | ({CHECKPOINT} if shelf else set())
        self._confirmed: dict[str, int] = {}
        self._quiet_until: dict[str, float] = {}
        self._is_shelf_whole = False

    async def verify(self) -> None:
        """Compares the database with what S3 and the witnesses hold (1). Who does not answer is asked again each time.

        Raises LogBroken, and StoreUnavailable for the database.
        """
        if CHECKPOINT in self._unchecked and self._shelf is not None:
            await self._verify_shelf(self._shelf)
        unchecked = [one for one in self._witnesses if one.name in self._unchecked and self._may_ask(one)]
        await asyncio.gather(*map(self._verify_witness, unchecked))

    async def run(self) -> None:
        """Publishes for ever; waits out what does not answer. Raises LogBroken."""
        while True:
            try:
                await self.step()
            except StoreUnavailable:
                log.warning("audit.publisher_waits")
            await asyncio.sleep(self._interval_s)

    async def step(self) -> bool:
        """Publishes the newest signed head unless it is published already. Returns whether it did.

        Raises LogBroken, StoreUnavailable.
        """
        await self.verify()
        if CHECKPOINT in self._unchecked:
            raise StoreUnavailable("S3 was never asked whether it knows this log")
        last = await self._store.published()  # first: what another replica publishes from here on is no shorter head
        head = await self._store.signed()
        if head is None:
            return False
        metrics.PUBLISHED_BEHIND.set(head.size - (last.size if last else 0))
        is_new = (last is None or self._is_due(head, last)) and await self._publish(head, last)
        if self._shelf is not None:
            await self._show(self._shelf)
        return is_new

    async def _publish(self, head: Head, last: Published | None) -> bool:
        """Publishes a head; whether that brought anything."""
        if self._shelf is not None:
            await self._size_in_s3(await self._shelf.get_open(CHECKPOINT))  # a database may be put back at any time (1)
            await self._fill(self._shelf, head)
        signed, cosigned_by = await self._cosigned(head, last)
        if last is not None and signed == last.note:
            return False
        await self._store.publish(head, signed, cosigned_by)
        metrics.PUBLISHED_BEHIND.set(0)
        return True

    async def _show(self, shelf: Shelf) -> None:
        """Makes the head in S3 the newest published one. It may be older: a process ended before, or another one was slow."""
        newest, shown = await self._store.published(), await shelf.get_open(CHECKPOINT)
        if newest is None or shown == newest.note.encode():
            return
        size = await self._size_in_s3(shown)
        if size > newest.size:
            return  # published after we looked
        after = min(size, newest.size - 1)
        while texts := await self._store.log.published_heads(after, HEADS_AT_ONCE):
            for text in texts:
                after = checkpoint.unverified(text).size
                await shelf.put(f"{CHECKPOINT}.{after}", text.encode(), TEXT)
        await shelf.put(CHECKPOINT, newest.note.encode(), TEXT)

    async def _size_in_s3(self, shown: bytes | None) -> int:
        """Size of the head in S3, -1 for none. Raises LogBroken when it is not one of this log (1)."""
        if shown is None:
            return -1
        try:
            return await self._verify_known("S3", shown.decode())
        except (NoteInvalid, UnicodeDecodeError) as cause:
            raise LogBroken("S3 holds a head that this log's key did not sign") from cause

    def _may_ask(self, witness: WitnessClient) -> bool:
        return time.monotonic() >= self._quiet_until.get(witness.name, 0.0)

    def _leave_alone(self, witness: WitnessClient) -> None:
        log.warning("audit.witness_silent", witness=witness.name)
        self._quiet_until[witness.name] = time.monotonic() + QUIET_INTERVALS * self._interval_s

    def _is_due(self, head: Head, last: Published) -> bool:
        """The log has grown, or the line of a witness is missing that may be asked again, and the head has waited."""
        if head.size < last.size or (head.size == last.size and head.root != last.root):
            raise LogBroken("the signed head is not a continuation of the published one")
        missing = any(one.name not in last.cosigned_by and self._may_ask(one) for one in self._witnesses)
        return head.size > last.size or (missing and last.age_s >= self._interval_s)

    async def _verify_shelf(self, shelf: Shelf) -> None:
        try:
            found = await shelf.get_open(CHECKPOINT)
        except StoreUnavailable:
            log.warning("audit.shelf_silent")
            return
        await self._size_in_s3(found)
        self._unchecked.discard(CHECKPOINT)

    async def _verify_witness(self, witness: WitnessClient) -> None:
        try:
            found = await witness.newest(hashlib.sha256(self._key.name.encode()).hexdigest())
            if found is not None:
                await self._verify_known(f"witness {witness.name}", found)
        except WitnessSilent:
            self._leave_alone(witness)
        except NoteInvalid:
            log.warning("audit.witness_unsigned", witness=witness.name)  # (3)
            self._leave_alone(witness)
        else:
            self._unchecked.discard(witness.name)

    async def _verify_known(self, whose: str, text: str) -> int:
        """Size of a head of this log. Raises LogBroken when the log has not grown from it, and NoteInvalid when the log's key did
        not sign it.
        """
        known = checkpoint.verify(text, self._key.name, [self._key])
        signed = await self._store.signed()
        if signed is None or known.size > signed.size:
            raise LogBroken(f"{whose} knows {known.size} entries, and the database {signed.size if signed else 0}")
        try:
            if known.size:  # from an empty tree there is nothing to prove
                proof = await self._proof(known.size, signed.size)
                merkle.verify_consistency(known.size, signed.size, proof, known.root, signed.root)
        except ProofInvalid as cause:
            raise LogBroken(f"{whose} knows another log under this name") from cause
        return known.size

    async def _fill(self, shelf: Shelf, head: Head) -> None:
        """Writes what is whole since the last time, then what is not (2)."""
        shelved = await self._shelved(shelf)
        for number in range(shelved // WIDTH, head.size // WIDTH):
            await self._put_bundle(shelf, number)
            await self._put_tiles(shelf, (number + 1) * WIDTH)
            await self._store.set_shelved((number + 1) * WIDTH)
        await self._put_partials(shelf, head.size)

    async def _shelved(self, shelf: Shelf) -> int:
        """Entries whose full tiles lie in S3; none of them, as long as the last one is not there: the bucket is another one."""
        shelved = await self._store.shelved()
        if self._is_shelf_whole or not shelved:
            return shelved
        found = await shelf.get_locked(tile.path(ENTRIES, shelved // WIDTH - 1))
        if found is None:
            log.warning("audit.shelf_begins_anew", entries=shelved)
            return 0
        if found != tile.encode_bundle(await self._whole(shelved - WIDTH, shelved)):
            raise LogBroken("the last whole bundle lies in S3 with other bytes")
        self._is_shelf_whole = True
        return shelved

    async def _put_bundle(self, shelf: Shelf, number: int) -> None:
        path = tile.path(ENTRIES, number)
        await shelf.put_once(path, tile.encode_bundle(await self._whole(number * WIDTH, (number + 1) * WIDTH)))
        await shelf.remove_open(f"{path}.p/")

    async def _put_tiles(self, shelf: Shelf, size: int) -> None:
        """The tiles that are full at this size and were not one bundle before."""
        level = 0
        while size % (1 << HEIGHT * (level + 1)) == 0:
            number = (size >> HEIGHT * (level + 1)) - 1
            path = tile.path(level, number)
            await shelf.put_once(path, await self._tile(level, number, WIDTH))
            await shelf.remove_open(f"{path}.p/")
            level += 1

    async def _put_partials(self, shelf: Shelf, size: int) -> None:
        for level, number in tile.edge_places(size):
            width = tile.width(level, number, size)
            await shelf.put(tile.path(level, number, width), await self._tile(level, number, width))
        if size % WIDTH:
            bundle = tile.encode_bundle(await self._whole(size // WIDTH * WIDTH, size))
            await shelf.put(tile.path(ENTRIES, size // WIDTH, size % WIDTH), bundle)

    async def _whole(self, first: int, end: int) -> list[bytes]:
        leaves = await self._store.log.leaves(first, end)
        if len(leaves) != end - first:
            raise LogBroken("entries are missing")
        return leaves

    async def _tile(self, level: int, number: int, width: int) -> bytes:
        found = (await self._store.log.tiles([(level, number)])).get((level, number), b"")[: width * merkle.HASH_BYTES]
        if len(found) != width * merkle.HASH_BYTES:
            raise LogBroken("tiles are missing")
        return found

    async def _cosigned(self, head: Head, last: Published | None) -> tuple[str, list[str]]:
        """The head with the lines of all witnesses that answer, and their names; lines that a published head has stay."""
        is_same = last is not None and last.size == head.size
        signed = last.note if last is not None and is_same else head.note
        names = list(last.cosigned_by) if last is not None and is_same else []
        asked = [witness for witness in self._witnesses if witness.name not in names]
        lines = await asyncio.gather(*(self._line(witness, head) for witness in asked))
        found = {witness.name: line for witness, line in zip(asked, lines, strict=True) if line is not None}
        for witness in self._witnesses:
            metrics.WITNESSED.labels(witness.name).set(witness.name in found or witness.name in names)
        return cosignature.added(signed, tuple(found.values())), [*names, *found]

    async def _line(self, witness: WitnessClient, head: Head) -> Signature | None:
        """The witness's line; None when it does not answer, or was not compared yet."""
        if witness.name in self._unchecked or not self._may_ask(witness):
            return None
        old = self._confirmed.get(witness.name)
        if old is None:
            old = await self._store.witnessed_size(witness.name)
        for _ in range(2):
            try:
                line = await witness.cosign(old, await self._proof(old, head.size), head.note)
            except WitnessSilent:
                self._leave_alone(witness)
                return None
            except WitnessRefused as refused:
                if refused.size is None or refused.size > head.size:
                    log.warning("audit.witness_refuses", witness=witness.name, status=refused.status)
                    self._unchecked.add(witness.name)  # (3)
                    return None
                if refused.size < old:
                    log.warning("audit.witness_forgot", witness=witness.name, knew=old, knows=refused.size)
                old = refused.size
                continue
            self._confirmed[witness.name] = head.size
            return line
        return None

    async def _proof(self, old: int, new: int) -> list[bytes]:
        if not 0 < old < new:
            return []
        ranges = merkle.consistency_ranges(old, new)
        try:
            return await self._store.log.subtree_hashes(ranges)
        except TileInvalid as cause:
            raise LogBroken("tiles are missing") from cause
