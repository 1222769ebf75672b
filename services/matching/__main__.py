"""matching as a process: python -m services.matching"""

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta

import grpc
from anpr.matching.v1 import (
    alert_pb2,
    alert_pb2_grpc,
    decision_pb2,
    decision_pb2_grpc,
    hotlist_pb2,
    hotlist_pb2_grpc,
    sighting_pb2,
    sighting_pb2_grpc,
)
from psycopg.conninfo import make_conninfo

from services.common import caller, channels, database, logs, receipts, server, settings
from services.common.database import Database
from services.common.kept_receipts import KeptReceipts
from services.common.ledger_client import AuditClient
from services.common.server import Serving
from services.matching.bell import Bell
from services.matching.clients import AuditHealth
from services.matching.lister import Lister
from services.matching.migrate import MIGRATIONS, SCHEMA
from services.matching.reader import Reader
from services.matching.recorder import Recorder
from services.matching.seal import Seal
from services.matching.server import Alerts, Decisions, Hotlists, Sightings
from services.matching.settings import Settings
from services.matching.store.alerts import SweepStore
from services.matching.store.hotlists import HotlistStore
from services.matching.store.lookups import LookupStore
from services.matching.store.sightings import SightingStore
from services.matching.upkeep import Surveyor, Sweeper, Tidier
from services.matching.watcher import Watcher

READER = "matching_reader"
MAX_MESSAGE_BYTES = 8 * 1024 * 1024  # 256 reads with all their alternatives


@dataclass(frozen=True, slots=True)
class Parts:
    """What the process runs on: both roles' pools, the bell, the log's channel, and the key of tokens."""

    settings: Settings
    writer: Database
    reader: Database
    bell: Bell
    audit: grpc.aio.Channel
    seal: Seal


async def main() -> None:
    logs.configure("matching")
    own = settings.load(Settings, os.environ)
    password = settings.secret(own.database_password_file)
    async with (
        database.connect(own.database, password, connections=8) as writer,
        database.connect(
            make_conninfo(own.database, user=READER), settings.secret(own.reader_password_file), connections=8
        ) as reader,
        channels.open_channel(own.audit_address) as audit,
    ):
        await database.verify_schema(writer, SCHEMA, MIGRATIONS)
        parts = Parts(own, writer, reader, Bell(own.database, password), audit, Seal(settings.key(own.token_key_file)))
        horizon = timedelta(seconds=own.sweep_horizon_s)
        tidier = Tidier(SightingStore(writer), SweepStore(writer), horizon)
        await tidier.tidy()
        await server.serve(serving(parts, tidier, Sweeper(SweepStore(writer), horizon)))


def serving(parts: Parts, tidier: Tidier, sweeper: Sweeper) -> Serving:
    """The process as it is served. It is whole as long as it can record: that needs neither the reader nor audit."""
    health = AuditHealth(parts.audit)

    async def can_record() -> None:
        await parts.writer.verify_alive()

    async def can_read() -> None:
        await parts.writer.verify_alive()
        await parts.reader.verify_alive()

    async def can_disclose() -> None:
        await can_read()
        await health.verify_serving()

    kept = KeptReceipts(parts.writer, SCHEMA)
    surveyor = Surveyor(SweepStore(parts.writer), timedelta(seconds=parts.settings.sweep_horizon_s))
    return Serving(
        name="matching",
        listen=parts.settings.listen,
        metrics_listen=parts.settings.metrics_listen,
        services={
            sighting_pb2.DESCRIPTOR.services_by_name["SightingService"]: can_read,
            hotlist_pb2.DESCRIPTOR.services_by_name["HotlistService"]: can_disclose,
            alert_pb2.DESCRIPTOR.services_by_name["AlertService"]: can_disclose,
            decision_pb2.DESCRIPTOR.services_by_name["DecisionService"]: can_disclose,
        },
        whole=can_record,
        register=lambda server: register(server, parts),
        ledger=AuditClient(
            parts.audit,
            caller.service("matching"),
            receipts.parse_keys(parts.settings.audit_receipt_keys),
            keep=kept.keep,
        ),
        background=(parts.bell.run, sweeper.run, tidier.run, surveyor.run, kept.run),
        max_message_bytes=MAX_MESSAGE_BYTES,
        grace_s=2.0,  # watches never end by themselves
    )


def register(server: grpc.aio.Server, parts: Parts) -> None:
    """Adds the four servicers."""
    own, seal = parts.settings, parts.seal
    lookups, hotlists = LookupStore(parts.reader), HotlistStore(parts.writer)
    recorder = Recorder(SightingStore(parts.writer), own.region)
    watcher = Watcher(lookups, hotlists, parts.bell, seal, own.region)
    sighting_pb2_grpc.add_SightingServiceServicer_to_server(
        Sightings(recorder, Reader(lookups, seal), own.region), server
    )
    hotlist_pb2_grpc.add_HotlistServiceServicer_to_server(Hotlists(Lister(hotlists, seal), own.zone), server)
    alert_pb2_grpc.add_AlertServiceServicer_to_server(Alerts(watcher), server)
    decision_pb2_grpc.add_DecisionServiceServicer_to_server(Decisions(), server)


if __name__ == "__main__":
    asyncio.run(main())
