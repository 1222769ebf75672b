"""How many frames a running suite has acknowledged and finished, for the demo and the end-to-end tests."""

from dataclasses import dataclass

import psycopg

from services.local.instance import Instance

SELECT = "SELECT count(*), count(*) FILTER (WHERE state = 'done') FROM ingest.frame"


@dataclass(frozen=True, slots=True)
class Counts:
    """Frames that were acknowledged, and those of them whose reads matching has stored."""

    acknowledged: int
    done: int


async def count(instance: Instance) -> Counts:
    """Counts as ingest's reader, which sees how frames stand and nothing of what is on them."""
    dsn, password = instance.conninfo("ingest_reader"), instance.password("ingest_reader")
    async with await psycopg.AsyncConnection.connect(dsn, password=password) as connection:
        row = await (await connection.execute(SELECT)).fetchone()
    acknowledged, done = row or (0, 0)
    return Counts(acknowledged, done)
