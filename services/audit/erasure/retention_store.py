"""The SQL of retention, as audit_eraser. What is due is decided by functions that run with their owner's rights."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.audit.erasure.errors import NotDue
from services.audit.erasure.order_store import refusals
from services.common import ids
from services.common.database import Database

NOT_DUE = "AR001"

SELECT_AGES = """
SELECT epoch, keep, (extract(epoch FROM due_at) * 1000)::bigint AS due_ms, is_due, first_seq AS first, last_seq AS last, hold
FROM audit.epoch_ages()
"""
INSERT_ENDING = """
INSERT INTO audit.epoch_erasure (epoch, keep, first_seq, last_seq, entry_id, key_entry_id)
VALUES (%(epoch)s, %(keep)s, %(first)s, %(last)s, %(entry_id)s, %(key_entry_id)s) ON CONFLICT DO NOTHING
"""
SELECT_UNFINISHED = "SELECT epoch FROM audit.epoch_erasure WHERE state <> 'destroyed' ORDER BY epoch"
LOCK_ENDING = """
SELECT epoch, state, keep, first_seq AS first, last_seq AS last, entry_id, key_entry_id, logged_seq AS logged_index
FROM audit.epoch_erasure WHERE epoch = %(epoch)s FOR UPDATE
"""
MOVE_LOGGED = "UPDATE audit.epoch_erasure SET state = 'logged', logged_seq = %(logged)s WHERE epoch = %(epoch)s"
DROP = "SELECT audit.drop_epoch(%(epoch)s)"
MOVE_DESTROYED = "UPDATE audit.epoch_erasure SET state = 'destroyed', key_seq = %(key)s WHERE epoch = %(epoch)s"
SELECT_DESTROYED = "SELECT name FROM audit.epoch WHERE destroyed_at IS NOT NULL ORDER BY name"
SELECT_REMAINS = "SELECT epoch, what FROM audit.remains() ORDER BY epoch, what"


@dataclass(frozen=True, slots=True)
class Age:
    """An epoch that was not destroyed. due_ms: when its retention is over, None for never; first, last: what is left of it."""

    epoch: str
    keep: str
    due_ms: int | None
    is_due: bool
    first: int | None
    last: int | None
    hold: int | None


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an epoch. entry_id, key_entry_id: of the entries before and after."""

    epoch: str
    state: str
    keep: str
    first: int | None
    last: int | None
    entry_id: UUID
    key_entry_id: UUID
    logged_index: int | None


class RetentionStore:
    """The ages of epochs, and their ends. Every method raises StoreUnavailable; those that write may raise CommitUnknown too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ages(self) -> list[Age]:
        """Every epoch that was not destroyed, oldest first."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Age)) as rows:
            await rows.execute(SELECT_AGES)
            return await rows.fetchall()

    async def plan(self, age: Age) -> None:
        """Begins the end of an epoch, unless it has begun."""
        row = {name: getattr(age, name) for name in ("epoch", "keep", "first", "last")}
        async with self._database.transaction() as connection:
            await connection.execute(INSERT_ENDING, {**row, "entry_id": ids.uuid7(), "key_entry_id": ids.uuid7()})

    async def unfinished(self) -> list[str]:
        """Epochs whose end has begun and not come."""
        async with self._database.transaction() as connection:
            return [name for (name,) in await (await connection.execute(SELECT_UNFINISHED)).fetchall()]

    async def destroyed(self) -> list[str]:
        """Epochs whose entries say nothing any more."""
        async with self._database.transaction() as connection:
            return [name for (name,) in await (await connection.execute(SELECT_DESTROYED)).fetchall()]

    async def remains(self) -> list[tuple[str, str]]:
        """What is left in the database of destroyed epochs, by epoch."""
        async with self._database.transaction() as connection:
            return [(epoch, what) for epoch, what in await (await connection.execute(SELECT_REMAINS)).fetchall()]

    @asynccontextmanager
    async def step(self, epoch: str) -> AsyncIterator["Step"]:
        """One step of an epoch's end, which nobody else makes meanwhile."""
        async with self._database.transaction() as connection:
            async with connection.cursor(row_factory=class_row(Ending)) as rows:
                await rows.execute(LOCK_ENDING, {"epoch": epoch})
                (ending,) = await rows.fetchall()
            yield Step(connection, ending)


class Step:
    """The end of an epoch, locked."""

    def __init__(self, connection: AsyncConnection, ending: Ending) -> None:
        self._connection, self.ending = connection, ending

    async def log(self, logged: int) -> None:
        """The entry at `logged` tells what comes next."""
        await self._connection.execute(MOVE_LOGGED, {"epoch": self.ending.epoch, "logged": logged})

    async def drop(self) -> None:
        """Drops what the epoch's entries say. Raises EntryHeld, NotDue; TablesBusy when others use the tables."""
        with refusals({NOT_DUE: NotDue("the retention of the epoch is not over")}):
            await self._connection.execute(DROP, {"epoch": self.ending.epoch})

    async def end(self, key: int) -> None:
        """The key is gone, as the entry at `key` tells."""
        await self._connection.execute(MOVE_DESTROYED, {"epoch": self.ending.epoch, "key": key})
