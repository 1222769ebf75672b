"""Very many sightings, made by the database itself: through the door it would take longer than the measuring."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from bench.rows.reads import invent_plate, invent_read
from bench.stand import Stand
from services.common import database
from services.matching.store.sightings import COLUMNS, SightingStore

WRITER = "matching_writer"
PLATES_EACH = 3  # sightings of a plate, on average
ASKED = 2_000

MAKE_PARTITIONS = """
SELECT matching.ensure_partitions(ARRAY(
    SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date - back FROM generate_series(0, %s) AS back
))
"""
# All are copies of one that came through the door; what indexes and query look at differs.
OTHER: Mapping[str, str] = {
    "captured_day": "(made.at AT TIME ZONE 'UTC')::date",
    "sighting_id": "gen_random_uuid()",
    "read_id": "gen_random_uuid()",
    "frame_id": "gen_random_uuid()",
    "captured_at": "made.at",
    "received_at": "made.at",
    "plate": "made.plate",
    "raw": "made.plate",
}
INSERT = sql.SQL("""
INSERT INTO matching.sighting ({columns}) SELECT {values}
FROM (
    SELECT clock_timestamp() - random() * %(span)s AS at, (%(plates)s::text[])[1 + number %% %(distinct)s] AS plate
    FROM generate_series(1, %(count)s) AS number
) AS made CROSS JOIN (SELECT * FROM matching.sighting WHERE plate = %(model)s LIMIT 1) AS model
""").format(
    columns=sql.SQL(", ").join(map(sql.Identifier, COLUMNS)),
    values=sql.SQL(", ").join(
        sql.SQL(OTHER[name]) if name in OTHER else sql.Identifier("model", name) for name in COLUMNS
    ),
)


async def store(stand: Stand, count: int, *, days: int) -> list[str]:
    """Makes `count` sightings over the last `days` days; returns some of their plates, in no order."""
    model = invent_read(invent_plate(), datetime.now(UTC) - timedelta(seconds=1))
    async with database.connect(stand.instance.conninfo(WRITER), stand.instance.password(WRITER)) as writer:
        await SightingStore(writer).record([model])
    plates = list({invent_plate() for _ in range(count // PLATES_EACH)})
    with stand.services_database() as superuser:
        superuser.execute(MAKE_PARTITIONS, (days,))
        _insert(
            superuser,
            {
                "count": count,
                "plates": plates,
                "distinct": len(plates),
                "model": model.plate,
                "span": timedelta(days=days),
            },
        )
    return random.sample(plates, ASKED)


def _insert(superuser: psycopg.Connection, values: Mapping[str, object]) -> None:
    superuser.execute(INSERT, values)
    superuser.execute("VACUUM (ANALYZE) matching.sighting")
