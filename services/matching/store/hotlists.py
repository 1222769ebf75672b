"""Hotlists and their entries. Every change takes the head row first and is stamped with the next version in its transaction."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from services.common.database import Database
from services.common.errors import TooMuch
from services.matching.errors import CsvInvalid, EntryNotFound, HotlistNotFound, TooManyHotlists
from services.matching.hotlist import MAX_HOTLISTS, Added, Entry, Hotlist, Imported, NewEntry, verify_until
from services.matching.store.guard import one_row, transaction

Row = tuple[int, NewEntry]  # with its line in the file
MAX_LINES_NAMED = 20
BRING_IN_WITHIN_S = 300.0

# A process that is stopped while it holds the lock must not hold up the others.
LOCK_HEAD = """
    SELECT version + 1, clock_timestamp(), set_config('idle_in_transaction_session_timeout', '5s', true)
    FROM matching.hotlist_head FOR UPDATE
"""
MOVE_HEAD = "UPDATE matching.hotlist_head SET version = %s"
NOTE_ADDITION = "UPDATE matching.hotlist_head SET version = %(version)s, last_addition = %(version)s"
SELECT_VERSION = "SELECT version FROM matching.hotlist_head"
SELECT_NOW = "SELECT clock_timestamp()"

INSERT_HOTLIST = """
    INSERT INTO matching.hotlist
        (hotlist_id, zone, name, category, priority, owner, source, legal_ground, review_at, added_version)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
SELECT_HOTLISTS = """
    SELECT hotlist_id, zone, name, category, priority, owner, source, legal_ground, review_at
    FROM matching.hotlist WHERE zone = %s ORDER BY priority, hotlist_id
"""
COUNT_OF_ZONE = "SELECT count(*) FROM matching.hotlist WHERE zone = %s"
COUNT_HOTLISTS = "SELECT count(*) FROM matching.hotlist WHERE zone = %s AND hotlist_id = ANY (%s)"

INSERT_ENTRIES = """
    INSERT INTO matching.hotlist_entry
        (zone, hotlist_id, added_version, entry_id, plate, valid_from, valid_until, note, source_reference)
    SELECT %s, %s, %s, given.*
    FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[]) AS given
"""
# What is over makes room for what is new.
REMOVE_EXPIRED = """
    UPDATE matching.hotlist_entry SET removed_version = %(version)s
    WHERE zone = %(zone)s AND hotlist_id = %(hotlist)s AND removed_version IS NULL
        AND plate = ANY (%(plates)s) AND valid_until <= clock_timestamp()
"""
REMOVE_ENTRIES = """
    UPDATE matching.hotlist_entry SET removed_version = %(version)s
    WHERE zone = %(zone)s AND hotlist_id = %(hotlist)s AND removed_version IS NULL AND entry_id = ANY (%(entries)s)
"""
SELECT_ENTRIES = """
    SELECT entry_id, plate, valid_from, valid_until, note, source_reference, added_version
    FROM matching.hotlist_entry
    WHERE zone = %(zone)s AND hotlist_id = %(hotlist)s AND removed_version IS NULL
        AND plate > %(after)s AND (%(plate)s = '' OR plate = %(plate)s)
    ORDER BY plate LIMIT %(limit)s
"""

CREATE_INCOMING = """
    CREATE TEMPORARY TABLE IF NOT EXISTS incoming (
        line integer, plate text, valid_from timestamptz, valid_until timestamptz, note text, source_reference text
    ) ON COMMIT DELETE ROWS
"""
COPY_INCOMING = "COPY pg_temp.incoming FROM STDIN"
COUNT_INCOMING = "SELECT count(*) FROM pg_temp.incoming"
ANALYSE_INCOMING = "ANALYZE pg_temp.incoming"
ANALYSE_ENTRIES = "ANALYZE matching.hotlist_entry"
ALLOW_LONG = "SELECT set_config('statement_timeout', '120s', true)"
SELECT_REPEATED = """
    SELECT line FROM (SELECT line, row_number() OVER (PARTITION BY plate ORDER BY line) AS turn FROM pg_temp.incoming) AS numbered
    WHERE turn > 1 ORDER BY line LIMIT %s
"""
REMOVE_CHANGED = """
    UPDATE matching.hotlist_entry AS entry SET removed_version = %(version)s FROM pg_temp.incoming
    WHERE zone = %(zone)s AND hotlist_id = %(hotlist)s AND removed_version IS NULL AND entry.plate = incoming.plate
        AND (entry.valid_from, entry.valid_until, entry.note, entry.source_reference)
            IS DISTINCT FROM (incoming.valid_from, incoming.valid_until, incoming.note, incoming.source_reference)
"""
REMOVE_ABSENT = """
    UPDATE matching.hotlist_entry AS entry SET removed_version = %(version)s
    WHERE zone = %(zone)s AND hotlist_id = %(hotlist)s AND removed_version IS NULL
        AND NOT EXISTS (SELECT FROM pg_temp.incoming WHERE incoming.plate = entry.plate)
"""
INSERT_INCOMING = """
    INSERT INTO matching.hotlist_entry (zone, hotlist_id, added_version, plate, valid_from, valid_until, note, source_reference)
    SELECT %(zone)s, %(hotlist)s, %(version)s, plate, valid_from, valid_until, note, source_reference FROM pg_temp.incoming
    WHERE NOT EXISTS (
        SELECT FROM matching.hotlist_entry AS entry
        WHERE zone = %(zone)s AND hotlist_id = %(hotlist)s AND removed_version IS NULL AND entry.plate = incoming.plate
    )
"""


class HotlistStore:
    """Hotlists of all zones; each method names the zone it acts in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def now(self) -> datetime:
        """PostgreSQL's time."""
        async with transaction(self._database) as connection:
            found: datetime = (await one_row(connection, SELECT_NOW))[0]
        return found

    async def create(self, hotlist: Hotlist) -> None:
        """Raises HotlistExists, or TooManyHotlists."""
        async with transaction(self._database) as connection:
            version, *_ = await one_row(connection, LOCK_HEAD)
            await _verify_room(connection, hotlist.zone)
            values = (hotlist.hotlist_id, hotlist.zone, hotlist.name, hotlist.category, hotlist.priority, hotlist.owner)
            rest = (hotlist.source, hotlist.legal_ground, hotlist.review_at, version)
            await connection.execute(INSERT_HOTLIST, (*values, *rest))
            await connection.execute(MOVE_HEAD, (version,))

    async def hotlists(self, zone: str) -> tuple[tuple[Hotlist, ...], int]:
        """The zone's lists by priority, and the version of all lists."""
        async with transaction(self._database) as connection:
            (version,) = await one_row(connection, SELECT_VERSION)
            async with connection.cursor(row_factory=class_row(Hotlist)) as rows:
                await rows.execute(SELECT_HOTLISTS, (zone,))
                return tuple(await rows.fetchall()), version

    async def verify_exist(self, zone: str, hotlists: Sequence[str]) -> None:
        """Raises HotlistNotFound unless the zone has all of these."""
        async with transaction(self._database) as connection:
            await _verify_exist(connection, zone, hotlists)

    async def add(self, zone: str, hotlist: str, entries: Sequence[tuple[UUID, NewEntry]]) -> Added:
        """Adds all or none. Raises HotlistNotFound, EntryExists, or Invalid for one that is over or too long ahead."""
        async with transaction(self._database) as connection:
            version, now, _ = await one_row(connection, LOCK_HEAD)
            await _verify_exist(connection, zone, [hotlist])
            for _, entry in entries:
                verify_until(entry.valid_until, now)
            plates = [entry.plate for _, entry in entries]
            scope = {"zone": zone, "hotlist": hotlist, "version": version}
            await connection.execute(REMOVE_EXPIRED, {**scope, "plates": plates})
            await connection.execute(INSERT_ENTRIES, (zone, hotlist, version, *_columns(entries)))
            await connection.execute(NOTE_ADDITION, scope)
        return Added(tuple(entry_id for entry_id, _ in entries), version)

    async def remove(self, zone: str, hotlist: str, entries: frozenset[UUID]) -> int:
        """Takes all of these off, or none. Returns the version from which they are gone. Raises EntryNotFound."""
        async with transaction(self._database) as connection:
            version, *_ = await one_row(connection, LOCK_HEAD)
            scope = {"zone": zone, "hotlist": hotlist, "version": version}
            removed = await connection.execute(REMOVE_ENTRIES, {**scope, "entries": list(entries)})
            if removed.rowcount != len(entries):
                raise EntryNotFound("the list has not all of these entries")
            await connection.execute(MOVE_HEAD, (version,))
        return int(version)

    async def entries(self, zone: str, hotlist: str, plate: str, after: str, limit: int) -> tuple[Entry, ...]:
        """Entries that are on the list, by plate, with a plate greater than `after`. Raises HotlistNotFound."""
        scope = {"zone": zone, "hotlist": hotlist, "plate": plate, "after": after, "limit": limit}
        async with transaction(self._database) as connection:
            await _verify_exist(connection, zone, [hotlist])
            rows = await (await connection.execute(SELECT_ENTRIES, scope)).fetchall()
        return tuple(Entry(entry_id, NewEntry(*content), version) for entry_id, *content, version in rows)

    async def bring_in(
        self, zone: str, hotlist: str, chunks: AsyncIterator[Sequence[Row]], *, replace: bool
    ) -> Imported:
        """Makes the list hold the rows, all or nothing; with `replace` it holds nothing else afterwards.

        Raises HotlistNotFound, CsvInvalid when a plate comes twice, and TooMuch when it takes too long. The head row is locked
        only once the rows are all here. The commit is outside of the time limit: who gives up there does not know what he did.
        """
        async with transaction(self._database) as connection:
            try:
                async with asyncio.timeout(BRING_IN_WITHIN_S):
                    return await self._bring_in(connection, zone, hotlist, chunks, replace=replace)
            except TimeoutError:
                raise TooMuch("the import took too long", retry_delay_s=60.0) from None

    @staticmethod
    async def _bring_in(
        connection: AsyncConnection[TupleRow],
        zone: str,
        hotlist: str,
        chunks: AsyncIterator[Sequence[Row]],
        *,
        replace: bool,
    ) -> Imported:
        await _verify_exist(connection, zone, [hotlist])
        await connection.execute(ALLOW_LONG)
        await connection.execute(CREATE_INCOMING)
        await _copy(connection, chunks)
        await _verify_distinct(connection)
        version, *_ = await one_row(connection, LOCK_HEAD)
        scope = {"zone": zone, "hotlist": hotlist, "version": version}
        removed = await _count(connection, REMOVE_CHANGED, scope)
        removed += await _count(connection, REMOVE_ABSENT, scope) if replace else 0
        added = await _count(connection, INSERT_INCOMING, scope)
        if added:
            await connection.execute(NOTE_ADDITION, scope)
        elif removed:
            await connection.execute(MOVE_HEAD, (version,))
        else:
            version -= 1
        (total,) = await one_row(connection, COUNT_INCOMING)
        await connection.execute(ANALYSE_ENTRIES)
        return Imported(added=added, unchanged=total - added, removed=removed, list_version=version)


async def _verify_room(connection: AsyncConnection[TupleRow], zone: str) -> None:
    """All lists of a zone are told in one message, and a watch names as many."""
    (count,) = await one_row(connection, COUNT_OF_ZONE, (zone,))
    if count >= MAX_HOTLISTS:
        raise TooManyHotlists(f"the zone has {MAX_HOTLISTS:,} hotlists already")


async def _count(connection: AsyncConnection[TupleRow], statement: LiteralString, scope: dict[str, object]) -> int:
    return (await connection.execute(statement, scope)).rowcount


async def _verify_exist(connection: AsyncConnection[TupleRow], zone: str, hotlists: Sequence[str]) -> None:
    wanted = set(hotlists)
    (count,) = await one_row(connection, COUNT_HOTLISTS, (zone, list(wanted)))
    if count != len(wanted):
        raise HotlistNotFound("the zone has no hotlist of this id")


async def _copy(connection: AsyncConnection[TupleRow], chunks: AsyncIterator[Sequence[Row]]) -> None:
    async with connection.cursor().copy(COPY_INCOMING) as copy:
        async for rows in chunks:
            for line, row in rows:
                values = (line, row.plate, row.valid_from, row.valid_until, row.note, row.source_reference)
                await copy.write_row(values)
    await connection.execute(ANALYSE_INCOMING)


async def _verify_distinct(connection: AsyncConnection[TupleRow]) -> None:
    rows = await (await connection.execute(SELECT_REPEATED, (MAX_LINES_NAMED,))).fetchall()
    if rows:
        lines = ", ".join(str(line) for (line,) in rows)
        raise CsvInvalid(f"the file names a plate twice: lines {lines}")


def _columns(entries: Sequence[tuple[UUID, NewEntry]]) -> tuple[list[object], ...]:
    return (
        [entry_id for entry_id, _ in entries],
        [entry.plate for _, entry in entries],
        [entry.valid_from for _, entry in entries],
        [entry.valid_until for _, entry in entries],
        [entry.note for _, entry in entries],
        [entry.source_reference for _, entry in entries],
    )
