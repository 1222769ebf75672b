"""Receipts that a service keeps in its own database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from anpr.audit.v1 import audit_pb2 as pb
from anpr.common.v1 import access_pb2

from services.common import ids
from services.common.database import Database, connect
from services.common.kept_receipts import KeptReceipts
from services.common.ledger import Promise
from tests.engines import Scratch

pytestmark = pytest.mark.postgres
SCHEMAS = ("matching", "ingest")


@asynccontextmanager
async def writer(scratch: Scratch, schema: str) -> AsyncIterator[Database]:
    role = f"{schema}_writer"
    async with connect(scratch.dsn(role), scratch.password(role)) as database:
        yield database


def fields(request: UUID | None = None) -> pb.EntryFields:
    access = access_pb2.AccessContext(request_id=str(request) if request else "")
    return pb.EntryFields(id=str(ids.uuid7()), access=access)


def rows(scratch: Scratch, schema: str) -> list[tuple[object, ...]]:
    with scratch.connect() as connection:
        query = f"SELECT request_id, index, note FROM {schema}.receipt ORDER BY index"
        return connection.execute(query.encode()).fetchall()


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_a_receipt_is_kept_with_the_id_of_its_request(
    fresh_database: Callable[[str], Scratch], schema: str
) -> None:
    scratch, request = fresh_database(schema), ids.uuid7()
    async with writer(scratch, schema) as database:
        kept = KeptReceipts(database, schema)
        given = fields(request)
        kept.keep(given, Promise(7, "note"))
        kept.keep(given, Promise(7, "note"))  # the same again: a retry
        kept.keep(fields(), Promise(8, "other"))
        await kept.write()
        await kept.write()
    assert rows(scratch, schema) == [(request, 7, "note"), (None, 8, "other")]


async def test_what_cannot_be_written_is_held_and_written_later(fresh_database: Callable[[str], Scratch]) -> None:
    scratch = fresh_database("matching")
    async with writer(scratch, "matching") as database:
        kept = KeptReceipts(database, "matching")
        with scratch.connect(autocommit=False) as connection:
            connection.execute("LOCK TABLE matching.receipt IN ACCESS EXCLUSIVE MODE")
            for number in range(2500):
                kept.keep(fields(), Promise(number, "note"))
            running = asyncio.create_task(kept.run())
            await asyncio.sleep(0.3)
            assert not running.done()
        async with asyncio.timeout(10):
            while len(rows(scratch, "matching")) < 2500:
                await asyncio.sleep(0.05)
        running.cancel()


async def test_they_go_after_ninety_days(fresh_database: Callable[[str], Scratch]) -> None:
    scratch = fresh_database("matching")
    async with writer(scratch, "matching") as database:
        kept = KeptReceipts(database, "matching")
        for number in range(3):
            kept.keep(fields(), Promise(number, "note"))
        await kept.write()
        with scratch.connect() as connection:
            connection.execute("UPDATE matching.receipt SET at = at - interval '91 days' WHERE index < 2")
        assert not await kept.tidy()
    assert [row[1] for row in rows(scratch, "matching")] == [2]
