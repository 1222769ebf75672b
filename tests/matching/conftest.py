"""matching as it runs: its real wiring behind a real door on a real port, with both database roles.

The ledger is the recording one of tests/common: what the log does with entries is tested in tests/audit.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import (
    alert_pb2,
    alert_pb2_grpc,
    decision_pb2_grpc,
    hotlist_pb2,
    hotlist_pb2_grpc,
    sighting_pb2,
    sighting_pb2_grpc,
)
from psycopg.conninfo import make_conninfo

from services.common import database, server
from services.common.caller import Caller
from services.common.server import Serving
from services.matching.__main__ import Parts, serving
from services.matching.bell import Bell
from services.matching.seal import Seal
from services.matching.settings import Settings
from services.matching.store.alerts import SweepStore
from services.matching.store.sightings import SightingStore
from services.matching.upkeep import Sweeper, Tidier
from tests.audit.keyring import RECEIPTS
from tests.common.ledgers import MemoryLedger
from tests.engines import Scratch
from tests.matching.builders import INGEST, REGION, ZONE, additions, batch, entry, hotlist, officer

KEY = bytes(range(32))
NOWHERE = "127.0.0.1:1"  # audit is asked for its health there, and does not answer
HORIZON = timedelta(hours=1)
WAITERS = "pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@dataclass(frozen=True, slots=True)
class Matching:
    """A running matching, and the calls that many tests make."""

    channel: grpc.aio.Channel
    sweeper: Sweeper
    bell: Bell
    scratch: Scratch
    ledger: MemoryLedger
    caller: Caller = field(default_factory=officer)

    @property
    def sightings(self) -> "sighting_pb2_grpc.SightingServiceAsyncStub":
        return sighting_pb2_grpc.SightingServiceStub(self.channel)

    @property
    def hotlists(self) -> "hotlist_pb2_grpc.HotlistServiceAsyncStub":
        return hotlist_pb2_grpc.HotlistServiceStub(self.channel)

    @property
    def alerts(self) -> "alert_pb2_grpc.AlertServiceAsyncStub":
        return alert_pb2_grpc.AlertServiceStub(self.channel)

    @property
    def decisions(self) -> "decision_pb2_grpc.DecisionServiceAsyncStub":
        return decision_pb2_grpc.DecisionServiceStub(self.channel)

    def acting_as(self, caller: Caller) -> "Matching":
        return replace(self, caller=caller)

    async def record(self, *reads: plate_pb2.Read) -> sighting_pb2.RecordSightingsResponse:
        return await self.sightings.RecordSightings(batch(*reads), metadata=INGEST.metadata())

    async def lookup(self, request: sighting_pb2.LookupPlateRequest) -> sighting_pb2.LookupPlateResponse:
        return await self.sightings.LookupPlate(request, metadata=self.caller.metadata())

    async def create(self, hotlist_id: str = "stolen", *, priority: int = 10, zone: str = ZONE) -> None:
        request = hotlist(hotlist_id, priority=priority, zone=zone)
        await self.hotlists.CreateHotlist(request, metadata=officer(zone).metadata())

    async def add(self, *plates: str, hotlist_id: str = "stolen") -> hotlist_pb2.AddEntriesResponse:
        request = additions([entry(plate) for plate in plates], hotlist_id)
        return await self.hotlists.AddEntries(request, metadata=self.caller.metadata())

    def watch(
        self, request: alert_pb2.WatchAlertsRequest
    ) -> grpc.aio.UnaryStreamCall[alert_pb2.WatchAlertsRequest, alert_pb2.WatchAlertsResponse]:
        return self.alerts.WatchAlerts(request, metadata=self.caller.metadata())

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """What the superuser sees."""
        with self.scratch.connect() as connection:
            return connection.execute(statement.encode(), values).fetchall()

    async def somebody_waits(self) -> None:
        """Returns when a transaction waits for a lock that another one holds."""
        async with asyncio.timeout(30):
            while not self.rows(f"SELECT {WAITERS}"):
                await asyncio.sleep(0.02)


Start = Callable[[Scratch, MemoryLedger], AbstractAsyncContextManager[Matching]]


@asynccontextmanager
async def parts_of(scratch: Scratch, *, port: int | None = None) -> AsyncIterator[Parts]:
    """What a matching on this database runs on. port: another way to the database's server."""
    way = {"port": port} if port else {}
    settings = Settings(
        listen="127.0.0.1:0",
        region=REGION,
        zone=ZONE,
        database=make_conninfo(scratch.dsn("matching_writer"), **way),
        database_password_file=scratch.password_file("matching_writer"),
        reader_password_file=scratch.password_file("matching_reader"),
        audit_address=NOWHERE,
        audit_receipt_keys=RECEIPTS.verifier.encode(),
        token_key_file=Path("not-read"),
    )
    password = scratch.password("matching_writer")
    async with (
        database.connect(settings.database, password, connections=8) as writer,
        database.connect(scratch.dsn("matching_reader"), scratch.password("matching_reader")) as reader,
        grpc.aio.insecure_channel(NOWHERE) as audit,
    ):
        yield Parts(settings, writer, reader, Bell(settings.database, password), audit, Seal(KEY))


@asynccontextmanager
async def running(scratch: Scratch, ledger: MemoryLedger, *, port: int | None = None) -> AsyncIterator[Matching]:
    """A matching on this database. The sweeper is there and does not run by itself: tests say when."""
    async with parts_of(scratch, port=port) as parts:
        sweeps = SweepStore(parts.writer)
        tidier, sweeper = Tidier(SightingStore(parts.writer), sweeps, HORIZON), Sweeper(sweeps, HORIZON)
        await tidier.tidy()
        running_server, port, _ = server.build(replace(serving(parts, tidier, sweeper), ledger=ledger))
        await running_server.start()
        ringing = asyncio.create_task(parts.bell.run())
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Matching(channel, sweeper, parts.bell, scratch, ledger)
        finally:
            ringing.cancel()
            await asyncio.wait({ringing})
            await running_server.stop(0)


@asynccontextmanager
async def what_is_served(scratch: Scratch) -> AsyncIterator[Serving]:
    """How a matching on this database is served, with the ledger that it has in production."""
    async with parts_of(scratch) as parts:
        sweeps = SweepStore(parts.writer)
        yield serving(parts, Tidier(SightingStore(parts.writer), sweeps, HORIZON), Sweeper(sweeps, HORIZON))


@pytest.fixture
def start() -> Start:
    return running


@pytest.fixture
def scratch(fresh_database: Callable[[str], Scratch]) -> Scratch:
    return fresh_database("matching")


@pytest.fixture
async def matching(scratch: Scratch) -> AsyncIterator[Matching]:
    async with running(scratch, MemoryLedger()) as found:
        yield found
