"""Recording sightings. This role cannot read them: what it knows of a batch, it knows from its own staging table."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import cast

from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, class_row

from services.common.database import Database
from services.matching.alert import Hit
from services.matching.errors import ReadConflict
from services.matching.sighting import Image, Read, Recorded
from services.matching.store.alerts import raise_alerts
from services.matching.store.guard import one_row, transaction

READ_COLUMNS = tuple(field.name for field in fields(Read))
IMAGE_FIELDS = tuple(field.name for field in fields(Image))
COLUMNS = ("captured_day", "sighting_id", "list_version", "content_sha256", *READ_COLUMNS)

SELECT_DAYS = """
    SELECT ARRAY(SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date + ahead FROM generate_series(-1, 1) AS ahead)
"""
ENSURE_PARTITIONS = "SELECT matching.ensure_partitions(%s)"

# A process that is stopped in the middle of a transaction must not hold up the others.
SELECT_VERSION = (
    "SELECT version, set_config('idle_in_transaction_session_timeout', '5s', true) FROM matching.hotlist_head"
)
CREATE_STAGING = """
    CREATE TEMPORARY TABLE IF NOT EXISTS staging (LIKE matching.staging_shape INCLUDING DEFAULTS) ON COMMIT DELETE ROWS
"""
COPY_STAGING = sql.SQL("COPY pg_temp.staging ({}) FROM STDIN").format(sql.SQL(", ").join(map(sql.Identifier, COLUMNS)))
# In one order everywhere: two batches with the same reads wait for each other instead of locking each other out.
INSERT_SIGHTINGS = """
    INSERT INTO matching.sighting SELECT * FROM pg_temp.staging ORDER BY captured_day, read_id
    ON CONFLICT DO NOTHING RETURNING captured_day, read_id
"""
COUNT_ALTERED = "SELECT matching.altered_reads(%s, %s, %s)"
# Exactly the lists of one version: what changed since is the sweeper's. Older passages than 30 days would need a decision.
# OFFSET 0 keeps the entries a subquery per read, which uses the index on the plate: fresh from an import, a list of millions
# has no statistics yet, and a plan without them reads all of it for every batch.
SELECT_HITS = """
    SELECT entry.entry_id, staging.captured_day, staging.read_id, staging.captured_at, staging.backfill
    FROM pg_temp.staging CROSS JOIN LATERAL (
        SELECT entry_id FROM matching.hotlist_entry
        WHERE plate = staging.plate AND zone = staging.zone
            AND added_version <= %(version)s AND (removed_version IS NULL OR removed_version > %(version)s)
            AND (valid_from IS NULL OR valid_from <= staging.captured_at) AND staging.captured_at < valid_until
        OFFSET 0
    ) AS entry
    WHERE staging.read_id = ANY (%(reads)s) AND staging.captured_at > clock_timestamp() - interval '720 hours'
"""
INSERT_BATCH = "INSERT INTO matching.batch (list_version, captured_days, read_ids) VALUES (%s, %s, %s)"


class SightingStore:
    """Sightings as their writer sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._days: frozenset[date] = frozenset()

    async def make_partitions_ahead(self) -> None:
        """Makes the partitions of yesterday, today and tomorrow, and forgets which others were seen."""
        async with transaction(self._database) as connection:
            (days,) = await one_row(connection, SELECT_DAYS)
            await connection.execute(ENSURE_PARTITIONS, (days,))
        self._days = frozenset(days)

    async def record(self, reads: Sequence[Read]) -> Recorded:
        """Stores the reads that are new and raises alerts on them, all in one transaction. Each read id occurs once in `reads`.

        Raises ReadConflict when a read is stored with another content, Invalid when one was captured on a day that has no place.
        """
        await self._ensure_partitions(frozenset(read.captured_day for read in reads))
        async with transaction(self._database) as connection:
            version = await self._stage(connection, reads)
            inserted = await (await connection.execute(INSERT_SIGHTINGS)).fetchall()
            await self._verify_unaltered(connection, reads, new=len(inserted))
            if inserted:
                days, ids = (list(column) for column in zip(*inserted, strict=True))
                await connection.execute(INSERT_BATCH, (version, days, ids))
                async with connection.cursor(row_factory=class_row(Hit)) as rows:
                    await rows.execute(SELECT_HITS, {"reads": ids, "version": version})
                    hits = await rows.fetchall()
            else:
                hits = []
            alerts = await raise_alerts(connection, hits)
        return Recorded(len(inserted), alerts)

    async def _ensure_partitions(self, days: frozenset[date]) -> None:
        missing = days - self._days
        if missing:
            async with transaction(self._database) as connection:
                await connection.execute(ENSURE_PARTITIONS, (sorted(missing),))
            self._days |= missing

    async def _stage(self, connection: AsyncConnection[TupleRow], reads: Sequence[Read]) -> int:
        """Copies the reads to the staging table. Returns the list version that they are to be matched against."""
        version, _ = await one_row(connection, SELECT_VERSION)
        await connection.execute(CREATE_STAGING)
        async with connection.cursor().copy(COPY_STAGING) as copy:
            for read in reads:
                await copy.write_row(_row(read, version))
        return cast(int, version)

    async def _verify_unaltered(self, connection: AsyncConnection[TupleRow], reads: Sequence[Read], new: int) -> None:
        if new == len(reads):
            return
        given = (
            [read.captured_day for read in reads],
            [read.read_id for read in reads],
            [read.digest() for read in reads],
        )
        (altered,) = await one_row(connection, COUNT_ALTERED, given)
        if altered:
            raise ReadConflict("a read id was used for another content")


def _row(read: Read, version: int) -> list[object]:
    values = [_value(name, getattr(read, name)) for name in READ_COLUMNS]
    return [read.captured_day, read.sighting_id, version, read.digest(), *values]


def _value(name: str, value: object) -> object:
    """As psycopg wants it: a tuple would become a row, not an array. It takes long over arrays, and numbers need no quoting."""
    if name == "images":
        images = cast(tuple[Image, ...], value)
        return json.dumps([{field: getattr(image, field) for field in IMAGE_FIELDS} for image in images])
    if not isinstance(value, tuple):
        return value
    if value and not isinstance(value[0], str):
        return f"{{{','.join(map(repr, value))}}}"
    return list(value)
