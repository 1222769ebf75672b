"""Recording sightings as matching does it, against a bare COPY of the same columns into the same table with its indexes."""

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection, sql

from bench.measure import Side, Tally, interleaved, per_second
from bench.row import Ratio, Row, series
from bench.rows.reads import invent_plate, invent_read
from bench.stand import Stand
from services.common import database, ids
from services.local import databases, postgres
from services.matching.recorder import Recorder
from services.matching.sighting import Read
from services.matching.store.sightings import COLUMNS, SightingStore

BATCH, BATCHES, ROUNDS = 256, 24, 5
WRITER = "matching_writer"
WHAT = f"sighting insert, batches of {BATCH}"
TABLE = sql.Identifier("matching", "sighting")
NAMES = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
SELECT_ROWS = sql.SQL("SELECT {} FROM {} LIMIT %s").format(NAMES, TABLE)
COPY = sql.SQL("COPY {} ({}) FROM STDIN").format(TABLE, NAMES)
SIGHTING_ID, READ_ID, PLATE, IMAGES = map(COLUMNS.index, ("sighting_id", "read_id", "plate", "images"))


async def bench(stand: Stand) -> list[Row]:
    """Needs no service: this process records."""
    await stand.only()
    roots = stand.pids("postgres-services")
    cluster = stand.instance.services_cluster
    dsn = cluster.conninfo(databases.SERVICES.name, postgres.SUPERUSER)
    async with (
        database.connect(stand.instance.conninfo(WRITER), stand.instance.password(WRITER)) as writer,
        await AsyncConnection.connect(dsn, password=cluster.password(), autocommit=True) as connection,
    ):
        store = SightingStore(writer)
        await store.make_partitions_ahead()
        ours = Side("our recorder", Recording(Recorder(store, "local"), ROUNDS + 1).run, roots)
        await ours.run()
        rows = await (await connection.execute(SELECT_ROWS, (BATCH,))).fetchall()
        bare = Side("bare COPY, same table", Copying(connection, rows, ROUNDS + 1).run, roots)
        await bare.run()
        first, second = await interleaved((ours, bare), rounds=ROUNDS, warm_up=False)
    note = (
        "one connection each, a commit a batch, hotlists empty; COPY by the same driver from rows that are made before"
    )
    return [Row(WHAT, "reads/s", series(ours.name, first), series(bare.name, second), target=Ratio(0.5), note=note)]


class Recording:
    """Records new reads; they are made before the first round."""

    def __init__(self, recorder: Recorder, rounds: int) -> None:
        self._recorder = recorder
        self._batches = _batches([_new_read() for _ in range(rounds * BATCHES * BATCH)])

    async def run(self) -> Tally:
        began = time.perf_counter()
        for batch in itertools.islice(self._batches, BATCHES):
            await self._recorder.record(batch)
        return per_second(BATCHES * BATCH, began)


class Copying:
    """Copies rows that the other side has stored, under new ids."""

    def __init__(self, connection: AsyncConnection, rows: Sequence[tuple[Any, ...]], rounds: int) -> None:
        self._connection = connection
        stored = itertools.cycle(rows)
        self._batches = _batches([_renamed(next(stored)) for _ in range(rounds * BATCHES * BATCH)])

    async def run(self) -> Tally:
        began = time.perf_counter()
        for batch in itertools.islice(self._batches, BATCHES):
            async with self._connection.cursor().copy(COPY) as copy:
                for row in batch:
                    await copy.write_row(row)
        return per_second(BATCHES * BATCH, began)


def _new_read() -> Read:
    return invent_read(invent_plate(), datetime.now(UTC) - timedelta(seconds=1))


def _renamed(row: Sequence[Any]) -> list[Any]:
    renamed = list(row)
    renamed[SIGHTING_ID], renamed[READ_ID], renamed[PLATE] = ids.uuid7(), ids.uuid7(), invent_plate()
    renamed[IMAGES] = json.dumps(row[IMAGES])
    return renamed


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
