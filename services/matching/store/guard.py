"""Transactions whose broken rules are refusals of matching."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.abc import Params
from psycopg.rows import TupleRow

from services.common.database import Database, StoreFault
from services.common.errors import Invalid, Refusal
from services.matching.errors import DecisionNotCovering, DecisionRequired, EntryExists, HotlistExists, PurposeTooOld

# Errors that the functions of the migrations raise.
BY_STATE: Mapping[str, tuple[type[Refusal], str]] = {
    "AN001": (DecisionRequired, "data older than 30 days needs a recorded decision of the prosecutor"),
    "AN002": (DecisionNotCovering, "no valid decision of this id covers plate, window and cameras"),
    "AN003": (PurposeTooOld, "this purpose does not reach these sightings"),
    "AN004": (Invalid, "a capture time lies more than 366 days back, or more than a day ahead"),
}
BY_CONSTRAINT: Mapping[str, tuple[type[Refusal], str]] = {
    "hotlist_exists": (HotlistExists, "the zone has a hotlist of this id"),
    "entry_exists": (EntryExists, "an entry id is taken"),
    "plate_listed": (EntryExists, "a plate is on the list already, or twice in the request"),
}


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """One transaction. Raises the refusals above beside what `Database.transaction` raises."""
    try:
        async with database.transaction() as connection:
            yield connection
    except StoreFault as fault:
        known = BY_STATE.get(fault.state) or BY_CONSTRAINT.get(fault.constraint)
        if known is None:
            raise
        raise known[0](known[1]) from None


async def one_row(
    connection: AsyncConnection[TupleRow], statement: LiteralString, values: Params | None = None
) -> TupleRow:
    """The row of a query that always has one."""
    row = await (await connection.execute(statement, values)).fetchone()
    if row is None:
        raise LookupError("a row is missing that is always there")
    return row
