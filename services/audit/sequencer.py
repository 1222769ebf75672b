"""The SQL that gives entries their numbers, as audit_appender, on one connection of its own.

What must hold:
1. The head row is locked before the ids are looked up, in another statement (both in audit.take_turn): a single one would look at
   a snapshot from before the lock and miss what the last holder wrote.
2. Entries, ids, payloads, secrets, tags and head are written in one transaction.
3. Each turn writes the head, even one that adds nothing: an answer about an older entry of unknown fate then waits for this
   commit, and with it for everything before, on disk and on the standby.
4. A commit counts only if PostgreSQL says COMMIT and warned of nothing. "canceling wait for synchronous replication" comes as a
   warning to a commit that seems to have worked.
5. Whatever goes wrong, the connection is closed: its state is not known. A deadline does it from outside, because a server that
   hangs answers no cancel request either.
6. A replica that stops while it holds the lock must not stop the others. The role's idle_in_transaction_session_timeout ends it
   after half a second, but not when a pipeline came last: psycopg ends one with a Flush message, which switches that timer off.
   So the lock is taken by one simple query. transaction_timeout ends what stops in the middle of sending; it does not reach into
   the commit.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
import structlog
from psycopg import AsyncConnection, sql
from psycopg.errors import Diagnostic

from services.audit import stored
from services.audit.placement import Known, New
from services.common.database import lively
from services.common.errors import ClockOff, CommitUnknown, StoreUnavailable

log = structlog.get_logger()

CLOCK_TOLERANCE_S = 2.0
BACKWARDS_TOLERANCE_MS = 5_000
OPTIONS = "-c statement_timeout=3s -c lock_timeout=2s -c transaction_timeout=1500ms"

STRICT_COMMIT = """
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')
"""
TAKE_TURN = sql.SQL(
    "BEGIN; SELECT next_seq, last_ms, now_ms, id, seq, leaf FROM audit.take_turn(string_to_array({}, ' ')::uuid[])"
)
SELECT_SECRETS = """
SELECT s.seq, s.wrapped FROM unnest(%(epochs)s::text[], %(seqs)s::bigint[]) AS wanted (epoch, seq)
JOIN audit.secret s USING (epoch, seq)
"""
_INSERT_KEPT = """
WITH new AS MATERIALIZED (
    SELECT * FROM unnest(
        %(seq)b::bigint[], %(id)b::uuid[], %(leaf)b::bytea[], %(epoch)b::text[], %(sealed)b::bytea[], %(wrapped)b::bytea[],
        %(at_ms)b::bigint[], %(kind)b::text[], %(system)b::text[],
        %(actor)b::bytea[], %(plate)b::bytea[], %(case_reference)b::bytea[], %(unit)b::bytea[], %(decision)b::bytea[],
        %(purpose)b::text[], %(status)b::text[], %(rpc)b::text[], %(result_count)b::bigint[]
    ) AS n (
        seq, id, leaf, epoch, sealed, wrapped, at_ms, kind, system, actor, plate, case_reference, unit, decision,
        purpose, status, rpc, result_count
    )
), entries AS (
    INSERT INTO audit.entry (seq, leaf) SELECT seq, leaf FROM new
), ids AS (
    INSERT INTO audit.entry_id (id, seq) SELECT id, seq FROM new
), payloads AS (
    INSERT INTO audit.payload (epoch, seq, sealed) SELECT epoch, seq, sealed FROM new
), secrets AS (
    INSERT INTO audit.secret (epoch, seq, wrapped) SELECT epoch, seq, wrapped FROM new
)"""
_AND_HEAD = """, head AS (
    UPDATE audit.head SET next_seq = %(next_seq)s, last_ms = %(last_ms)s WHERE log = 1
)"""
_INSERT_TAGS = """
INSERT INTO audit.tag (
    epoch, seq, at_ms, kind, system, actor, plate, case_reference, unit, decision, purpose, status, rpc, result_count
)
SELECT epoch, seq, at_ms, kind, system, nullif(actor, ''), nullif(plate, ''), nullif(case_reference, ''), nullif(unit, ''),
    nullif(decision, ''), purpose, status, rpc, result_count
FROM new
"""
INSERT_ROWS = _INSERT_KEPT + _INSERT_TAGS
INSERT_ENTRIES = _INSERT_KEPT + _AND_HEAD + _INSERT_TAGS
INSERT_FURTHER_PLATES = """
INSERT INTO audit.further_plate (epoch, seq, plate)
SELECT epoch, seq, plate FROM unnest(%(epoch)b::text[], %(seq)b::bigint[], %(plate)b::bytea[]) AS n (epoch, seq, plate)
"""
UPDATE_HEAD = "UPDATE audit.head SET next_seq = %(next_seq)s, last_ms = %(last_ms)s WHERE log = 1"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A new entry with its encrypted payload."""

    new: New
    payload: bytes


class Turn:
    """One hold of the lock on the head. next_index, time_ms: of the next entry; known: entries with one of the wanted ids."""

    def __init__(
        self,
        connection: AsyncConnection,
        next_index: int,
        time_ms: int,
        known: Mapping[UUID, Known],
        notices: list[str],
    ) -> None:
        self._connection, self._notices = connection, notices
        self.next_index, self.time_ms, self.known = next_index, time_ms, known
        self.is_committing = False

    async def secrets(self, entries: Sequence[Known]) -> dict[int, bytes]:
        """Wrapped secrets of known entries by index; an erased one has none."""
        parameters = {"epochs": [known.leaf.epoch for known in entries], "seqs": [known.index for known in entries]}
        rows = await self._connection.execute(SELECT_SECRETS, parameters)
        return dict(await rows.fetchall())

    async def commit(self, entries: Sequence[Sealed]) -> None:
        """Writes the entries, in the order of their indexes, and ends the turn (2, 3, 4). Raises CommitUnknown."""
        self.is_committing = True
        head = {"next_seq": self.next_index + len(entries), "last_ms": self.time_ms}
        async with self._connection.pipeline():
            if further := _further_plates(entries):
                await self._connection.execute(INSERT_FURTHER_PLATES, further)
            if entries:
                await self._connection.execute(INSERT_ENTRIES, {**_columns(entries), **head})
            else:
                await self._connection.execute(UPDATE_HEAD, head)
            result = await self._connection.execute("COMMIT")
        if self._notices or result.statusmessage != "COMMIT":
            log.error("audit.commit_doubtful", status=result.statusmessage, warnings=len(self._notices))
            raise CommitUnknown("the database did not confirm the commit without reserve")


class Sequencer:
    """Gives turns at the head of the log, one at a time per instance, any number of instances."""

    def __init__(
        self, dsn: str, password: str, *, deadline_s: float = 3.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._dsn, self._password, self._deadline_s, self._clock = dsn, password, deadline_s, clock
        self._connection: AsyncConnection | None = None
        self._alone = asyncio.Lock()
        self._notices: list[str] = []

    @asynccontextmanager
    async def turn(self, ids: Sequence[UUID]) -> AsyncIterator[Turn]:
        """Holds the lock on the head while the block runs; what was not committed in it is rolled back.

        Raises StoreUnavailable when anything went wrong; CommitUnknown when it is not known whether a commit took place. Raises
        ClockOff, with nothing written, when this process's clock or the database's is wrong, and LogAltered when what is stored
        under one of the ids is no entry.
        """
        async with self._alone, self._turn(ids) as turn:
            yield turn

    @asynccontextmanager
    async def _turn(self, ids: Sequence[UUID]) -> AsyncIterator[Turn]:
        turn: Turn | None = None
        try:
            connection = await self._connected()
            with _deadline(connection, self._deadline_s):
                turn = await self._begin(connection, ids)
                yield turn
        except psycopg.Error as cause:
            await self.close()
            log.warning("audit.turn_failed", error=type(cause).__name__, sqlstate=cause.sqlstate)
            refusal = CommitUnknown if turn is not None and turn.is_committing else StoreUnavailable
            raise refusal("the database did not confirm the entries") from None
        except BaseException:
            await self.close()
            raise
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            await self.close()

    async def close(self) -> None:
        """Closes the connection; the next turn opens another."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _begin(self, connection: AsyncConnection, ids: Sequence[UUID]) -> Turn:
        self._notices.clear()
        before = self._clock()
        # Both statements in one message, which takes no parameters: the ids are UUIDs, and quoted besides.
        rows = await connection.execute(TAKE_TURN.format(sql.Literal(" ".join(map(str, ids)))))
        rows.nextset()
        found = await rows.fetchall()
        next_index, last_ms, now_ms = found[0][:3]
        verify_clock(before, now_ms, self._clock())
        if now_ms < last_ms - BACKWARDS_TOLERANCE_MS:
            raise ClockOff("the database's clock is behind the log")
        known = {
            entry_id: Known(seq, leaf, stored.leaf(seq, leaf)) for *_, entry_id, seq, leaf in found if seq is not None
        }
        return Turn(connection, next_index, max(now_ms, last_ms), known, self._notices)

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = connection = await AsyncConnection.connect(
                lively(self._dsn), password=self._password, autocommit=True, connect_timeout=2, options=OPTIONS
            )
            with _deadline(connection, self._deadline_s):
                await connection.execute(STRICT_COMMIT)
            connection.add_notice_handler(self._note_warning)
        return self._connection

    def _note_warning(self, notice: Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._notices.append(notice.sqlstate or "")


def verify_clock(before: float, database_ms: int, after: float) -> None:
    """Raises ClockOff unless the database's time, which was asked between the two, is about this replica's."""
    if not before - CLOCK_TOLERANCE_S <= database_ms / 1000 <= after + CLOCK_TOLERANCE_S:
        raise ClockOff("this replica's clock is more than two seconds off the database's")


@contextmanager
def _deadline(connection: AsyncConnection, seconds: float) -> Iterator[None]:
    """Cuts the connection's socket when the block takes longer: whatever waits on it then fails (5)."""
    timer = asyncio.get_running_loop().call_later(seconds, _cut, connection)
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: AsyncConnection) -> None:
    if not connection.closed:
        with socket.socket(fileno=os.dup(connection.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)


def _columns(entries: Sequence[Sealed]) -> dict[str, list[object]]:
    leaves = [sealed.new.leaf for sealed in entries]
    prepared = [sealed.new.prepared for sealed in entries]
    return {
        "seq": [sealed.new.index for sealed in entries],
        "id": [leaf.id for leaf in leaves],
        "leaf": [sealed.new.data for sealed in entries],
        "epoch": [leaf.epoch for leaf in leaves],
        "sealed": [sealed.payload for sealed in entries],
        "wrapped": [one.wrapped for one in prepared],
        "at_ms": [leaf.time_ms for leaf in leaves],
        "kind": [leaf.kind for leaf in leaves],
        "system": [leaf.system for leaf in leaves],
        "actor": [one.tags.actor for one in prepared],
        "plate": [one.tags.plate for one in prepared],
        "case_reference": [one.tags.case_reference for one in prepared],
        "unit": [one.tags.unit for one in prepared],
        "decision": [one.tags.decision for one in prepared],
        "purpose": [one.entry.content.purpose for one in prepared],
        "status": [one.entry.content.status for one in prepared],
        "rpc": [one.entry.content.rpc for one in prepared],
        "result_count": [one.entry.content.result_count for one in prepared],
    }


def _further_plates(entries: Sequence[Sealed]) -> dict[str, list[object]]:
    """Columns of the tags of plates beyond the first; nothing when no entry has any."""
    rows = [(sealed.new.leaf.epoch, sealed.new.index, tag) for sealed in entries for tag in _further(sealed)]
    if not rows:
        return {}
    epochs, seqs, plates = zip(*rows, strict=True)
    return {"epoch": list(epochs), "seq": list(seqs), "plate": list(plates)}


def _further(sealed: Sealed) -> Sequence[bytes]:
    return sealed.new.prepared.tags.further_plates
