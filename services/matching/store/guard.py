"""Transactions whose errors name no plate. PostgreSQL's error texts quote keys and rows, and our logs must not have them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from services.common.database import Database
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


class StoreFault(Exception):
    """The database refused a statement of ours; the text says which rule, and never which values."""


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """One transaction. Raises the refusals above, StoreUnavailable, or StoreFault, each without the driver's own text."""
    try:
        async with database.transaction() as connection:
            yield connection
    except psycopg.Error as cause:
        raise _translated(cause) from None


def _translated(cause: psycopg.Error) -> Exception:
    state, constraint = cause.sqlstate or "", cause.diag.constraint_name or ""
    known = BY_STATE.get(state) or BY_CONSTRAINT.get(constraint)
    if known is None:
        return StoreFault(f"{type(cause).__name__} {state} {constraint}".strip())
    return known[0](known[1])
