"""The audited look-up of a plate through matching, against the bare query on the same rows, and against an echo.

Ours is two entries that are durable in the log, the checks of ground and decision, and the row of the query ledger.
"""

import itertools
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import sighting_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from psycopg_pool import AsyncConnectionPool

from bench import echo, load
from bench.measure import Side, Tally, interleaved, latencies
from bench.row import Bound, Row, series
from bench.rows import many_sightings
from bench.stand import Stand
from services.common.channels import open_channel
from services.local import databases, postgres
from services.local.desk import INVESTIGATION, OFFICER, Desk

CLIENTS, SECONDS, ROUNDS, DAYS = 4, 3.0, 4, 9
SIGHTINGS = 300_000
BARE_QUERY = """
SELECT * FROM matching.sighting
WHERE plate = %(plate)s AND zone = 'local' AND captured_at >= %(from)s AND captured_at < %(until)s
    AND captured_day BETWEEN %(from_day)s AND %(until_day)s
ORDER BY captured_at DESC, read_id DESC LIMIT 101
"""
OURS, BARE, ECHO = "matching and audit", "bare SQL query, same rows", "gRPC echo, same sizes"


async def bench(stand: Stand) -> list[Row]:
    """Needs matching and audit."""
    await stand.only("audit", "matching")
    plates = await many_sightings.store(stand, SIGHTINGS, days=DAYS)
    cluster = stand.instance.services_cluster
    dsn = cluster.conninfo(databases.SERVICES.name, postgres.SUPERUSER)
    async with (
        open_channel(stand.instance.address("matching")) as channel,
        echo.running() as server,
        AsyncConnectionPool(dsn, kwargs={"password": cluster.password()}, min_size=CLIENTS, open=False) as pool,
    ):
        desk, wanted = Desk(channel), itertools.cycle(plates)

        async def look_up() -> sighting_pb2.LookupPlateResponse:
            return await desk.look_up(next(wanted), days=DAYS)

        call = server.caller(
            request_bytes=_request(plates[0]).ByteSize(),
            response_bytes=(await look_up()).ByteSize(),
            metadata=OFFICER.metadata(),
        )
        engines = stand.pids("postgres-services", "postgres-audit")
        sides = (
            Side(OURS, _timed(look_up), (*stand.pids("matching", "audit"), *engines)),
            Side(BARE, _timed(partial(_query, pool, itertools.cycle(plates))), stand.pids("postgres-services")),
            Side(ECHO, _timed(call), (server.pid,)),
        )
        ours, bare, echoed = await interleaved(sides, rounds=ROUNDS)
    what = f"look-up in {SIGHTINGS:,} sightings"
    note = f"{CLIENTS} clients in closed loop, plates that are there; 10 million are for a later issue"
    target = Bound("<=", 50, "ms")
    return [
        Row(f"{what}, p50", "ms", series(OURS, ours), series(BARE, bare), lower_is_better=True),
        Row(f"{what}, p99", "ms", series(OURS, ours, 1), series(BARE, bare, 1), lower_is_better=True, target=target),
        Row(f"{what}, p99", "ms", series(OURS, ours, 1), series(ECHO, echoed, 1), lower_is_better=True, note=note),
    ]


def _request(plate: str) -> sighting_pb2.LookupPlateRequest:
    """As large as what the desk sends."""
    window = plate_pb2.TimeWindow(until=Timestamp(seconds=2_000_000_000, nanos=999_999_000))
    getattr(window, "from").CopyFrom(window.until)
    return sighting_pb2.LookupPlateRequest(access=INVESTIGATION, plate=plate, window=window)


def _timed(call: load.Call) -> Callable[[], Coroutine[Any, Any, Tally]]:
    async def run() -> Tally:
        return latencies(await load.closed(call, clients=CLIENTS, seconds=SECONDS))

    return run


async def _query(pool: AsyncConnectionPool, plates: "itertools.cycle[str]") -> None:
    until = datetime.now(UTC) + timedelta(minutes=5)
    begin = until - timedelta(days=DAYS)
    values = {"plate": next(plates), "from": begin, "until": until, "from_day": begin.date(), "until_day": until.date()}
    async with pool.connection() as connection:
        await (await connection.execute(BARE_QUERY, values)).fetchall()
