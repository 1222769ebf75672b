"""Appending: what waits is written as one batch, and nobody is answered before the commit.

Batches make themselves: while one commits, the next gathers, and when many write, for a moment longer: a turn costs as much as
some entries do. One writer per process; any number of processes.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog

from services.audit import commitment, epochs, jcs, metrics, placement, seal, tags
from services.audit.commitment import SECRET_BYTES
from services.audit.entry import Entry
from services.audit.epochs import Epochs
from services.audit.errors import LogFull
from services.audit.keys import EpochKeys, KeyDestroyed, TagKeys
from services.audit.placement import Known, Placed, Prepared, Verdict
from services.audit.seal import SealBroken
from services.audit.sequencer import Sealed, Sequencer
from services.common import receipt
from services.common.errors import CommitUnknown, Refusal, StoreUnavailable
from services.common.note import Signer
from services.common.receipt import Receipt

log = structlog.get_logger()

MAX_BATCH = 256
MAX_WAITING = 4096
RETRY_WITHIN_S = 1.0
PREPARED_AT_ONCE = 8
GATHER_S = 0.004  # after a turn with more than one group; who writes alone never waits
IDLE_S = 1.0  # after which an empty turn shows whether the log can be written
UNCONFIRMED_S = 4.0  # longer than the one turn that a database may take that is slow for once


@dataclass(frozen=True, slots=True)
class Appended:
    """A durable entry: its index, the signed receipt, and its leaf."""

    index: int
    note: str
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one entry among others: it is durable, or was refused."""

    appended: Appended | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    group: tuple[Prepared, ...]
    places: "asyncio.Future[tuple[Placed, ...]]"


class Log:
    """The log as those see it who write to it. `run` must be running for `append` to end.

    origin: name of the log; signer: of receipts; gate: raises a Refusal when nothing may be taken.
    """

    def __init__(
        self,
        *,
        sequencer: Sequencer,
        epochs: Epochs,
        epoch_keys: EpochKeys,
        tag_keys: TagKeys,
        origin: str,
        signer: Signer,
        gate: Callable[[], None],
    ) -> None:
        self._sequencer, self._epochs = sequencer, epochs
        self._epoch_keys, self._tag_keys = epoch_keys, tag_keys
        self._origin, self._signer, self._gate = origin, signer, gate
        self._waiting: deque[_Waiting] = deque()
        self._waiting_entries = 0
        self._arrived = asyncio.Event()
        self._confirmed_at, self._tried = float("-inf"), asyncio.Event()

    async def verify_writes(self) -> None:
        """Raises StoreUnavailable when the database has confirmed no turn of the writer for UNCONFIRMED_S: nobody can append.

        It asks nothing, and waits only for the first turn of all: an idle writer has an empty turn every second. What reading
        shows is not enough: a database answers while another session holds the lock on the head, or while a standby is missing
        that commits wait for.
        """
        await self._tried.wait()
        if time.monotonic() - self._confirmed_at > UNCONFIRMED_S:
            raise StoreUnavailable("the log cannot be written")

    async def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """Makes the entries durable, all or none, in order, and promises each. 1 to 256 entries.

        Raises EntryConflict, LogFull, LogBehind, LogAltered, Invalid, ClockOff, StoreUnavailable, CommitUnknown. After
        CommitUnknown it is not known whether they are durable: the same call again finds out.
        """
        with self._room(len(entries)):
            group = await self._prepare(entries)
            return [self._appended(placed) for placed in await self._queued(group)]

    async def append_each(self, entries: Sequence[Entry]) -> list[Answer]:
        """Makes entries durable, each for itself, in order. Raises as `append` for what concerns all of them."""
        with self._room(len(entries)):
            prepared = await self._prepare(entries)
            queued = [self._queued((one,)) for one in prepared]
            found = await asyncio.gather(*queued, return_exceptions=True)
        return [self._answer(places) for places in found]

    @contextmanager
    def _room(self, entries: int) -> Iterator[None]:
        """Raises LogFull, or what the gate raises, unless so many entries may come."""
        if not 1 <= entries <= MAX_BATCH:
            raise ValueError("a group has 1 to 256 entries")
        self._gate()
        if self._waiting_entries + entries > MAX_WAITING:
            raise LogFull("too many entries wait to be written", retry_delay_s=0.5)
        self._count(entries)
        try:
            yield
        finally:
            self._count(-entries)

    def _queued(self, group: tuple[Prepared, ...]) -> "asyncio.Future[tuple[Placed, ...]]":
        places = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(group, places))
        self._arrived.set()
        return places

    def _answer(self, found: tuple[Placed, ...] | BaseException) -> Answer:
        if isinstance(found, Refusal):
            return Answer(refusal=found)
        if isinstance(found, BaseException):
            raise found
        return Answer(appended=self._appended(found[0]))

    def _count(self, entries: int) -> None:
        self._waiting_entries += entries
        metrics.WAITING.set(self._waiting_entries)

    async def run(self) -> None:
        """Writes what waits, for ever; nothing, when nothing has waited for a second."""
        while True:
            batch = self._take()
            await self._write(batch)
            self._tried.set()
            if len(batch) > 1:
                await asyncio.sleep(GATHER_S)
            if not self._waiting:
                self._arrived.clear()
                await self._rest()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE_S):
                await self._arrived.wait()

    async def _prepare(self, entries: Sequence[Entry]) -> tuple[Prepared, ...]:
        epoch = epochs.of(datetime.now(UTC))
        await self._epochs.open(epoch)
        group = []
        for count, entry in enumerate(entries, start=1):
            group.append(self._prepare_one(entry, epoch))
            if count % PREPARED_AT_ONCE == 0:
                await asyncio.sleep(0)
        return tuple(group)

    def _prepare_one(self, entry: Entry, epoch: str) -> Prepared:
        secret, fields = secrets.token_bytes(SECRET_BYTES), commitment.encode(entry.content.fields())
        return Prepared(
            entry=entry,
            epoch=epoch,
            secret=secret,
            wrapped=self._epoch_keys.wrap(epoch, entry.id, secret),
            commitment=commitment.commit(fields, secret),
            payload=jcs.encode_members(fields),
            tags=tags.of(entry.content, self._tag_keys, epoch),
        )

    def _take(self) -> list[_Waiting]:
        """The groups that waited longest, at most MAX_BATCH entries together, without those that nobody waits for any more."""
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and size + len(self._waiting[0].group) <= MAX_BATCH:
            waiting = self._waiting.popleft()
            if not waiting.places.done():
                batch.append(waiting)
                size += len(waiting.group)
        return batch

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            verdicts = await self._place_twice([waiting.group for waiting in batch])
            self._confirmed_at = time.monotonic()
        except Refusal as refusal:
            metrics.TURNS_FAILED.inc()
            verdicts = [Verdict(refusal=refusal)] * len(batch)
        except BaseException as cause:
            for waiting in batch:
                _refuse(waiting, StoreUnavailable("the log stopped"), cause)
            raise
        for waiting, verdict in zip(batch, verdicts, strict=True):
            if verdict.refusal is not None:
                _refuse(waiting, verdict.refusal, None)
            elif not waiting.places.done():
                waiting.places.set_result(verdict.places)

    async def _place_twice(self, groups: list[tuple[Prepared, ...]]) -> Sequence[Verdict]:
        """Once more when the connection was lost early: what the first try has written, the second finds by its ids."""
        began = time.monotonic()
        try:
            return await self._place(groups)
        except StoreUnavailable as failure:
            if time.monotonic() - began > RETRY_WITHIN_S:
                raise
            first = failure
        try:
            return await self._place(groups)
        except StoreUnavailable as second:  # has done nothing, and does not know what the first one did
            raise first if isinstance(first, CommitUnknown) else second from None

    async def _place(self, groups: list[tuple[Prepared, ...]]) -> Sequence[Verdict]:
        wanted = {id_ for group in groups for one in group for id_ in (one.entry.id, one.entry.ref) if id_}
        with metrics.TURN_SECONDS.time():
            return await self._turn(groups, wanted)

    async def _turn(self, groups: list[tuple[Prepared, ...]], wanted: set[UUID]) -> Sequence[Verdict]:
        async with self._sequencer.turn(list(wanted)) as turn:
            repeated = [turn.known[one.entry.id] for group in groups for one in group if one.entry.id in turn.known]
            wrapped = await turn.secrets(repeated) if repeated else {}
            placed = placement.place(
                groups,
                turn.known,
                lambda known, one: self._is_same(known, one, wrapped),
                next_index=turn.next_index,
                time_ms=turn.time_ms,
            )
            await turn.commit([Sealed(new, _seal(new)) for new in placed.new])
        metrics.APPENDED.inc(len(placed.new))
        metrics.BATCH_SIZE.observe(len(placed.new))
        return placed.verdicts

    def _is_same(self, known: Known, repeated: Prepared, wrapped: dict[int, bytes]) -> bool:
        """Whether a known entry says the same: its commitment, under its own secret, is that of the repeated content."""
        leaf, given = known.leaf, repeated.entry
        if (leaf.kind, leaf.ref, leaf.system) != (given.kind, given.ref, given.system):
            return False
        if leaf.commitment == repeated.commitment:
            return True
        if known.index not in wrapped or not self._epoch_keys.has(leaf.epoch):
            return False
        try:
            secret = self._epoch_keys.unwrap(leaf.epoch, leaf.id, wrapped[known.index])
        except (SealBroken, KeyDestroyed):
            return False
        return commitment.commit(commitment.encode(given.content.fields()), secret) == leaf.commitment

    def _appended(self, placed: Placed) -> Appended:
        promised = Receipt(self._origin, placed.index, placed.leaf_hash, placed.time_ms)
        return Appended(placed.index, receipt.sign(promised, self._signer), placed.data)


def _seal(new: placement.New) -> bytes:
    return seal.seal(new.prepared.secret, new.leaf_hash, new.prepared.payload)


def _refuse(waiting: _Waiting, refusal: Refusal, cause: BaseException | None) -> None:
    if not waiting.places.done():
        refusal.__cause__ = cause or refusal.__cause__
        waiting.places.set_exception(refusal)
