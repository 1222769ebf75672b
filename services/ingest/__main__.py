"""The ingest process: `python -m services.ingest`."""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta

import grpc
from anpr.ingest.v1 import (
    camera_pb2,
    camera_pb2_grpc,
    evidence_pb2,
    evidence_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
)

from services.common import caller, database, ids, logs, receipts, settings
from services.common.channels import open_channel
from services.common.database import Database
from services.common.kept_receipts import KeptReceipts
from services.common.ledger_client import AuditClient
from services.common.server import Serving, serve
from services.ingest import bucket, clients, health, migrate
from services.ingest.backlog import Backlog
from services.ingest.bell import Bell
from services.ingest.bucket import Bucket, Lock
from services.ingest.dispatcher import Dispatcher
from services.ingest.evidence import Evidence
from services.ingest.frame_stream import FrameStream
from services.ingest.gate import Gate
from services.ingest.intake import ClockLimits, Intake
from services.ingest.overdue import Overdue
from services.ingest.pictures import Pictures
from services.ingest.reading import Reading
from services.ingest.register import Register
from services.ingest.sealing import Kek
from services.ingest.sending import Sending
from services.ingest.server import CameraServicer, EvidenceServicer, IngestServicer
from services.ingest.settings import Settings
from services.ingest.store import Store
from services.ingest.waiting_room import WaitingRoom

BEYOND_BYTES = 1024 * 1024  # a picture that is a little too large gets an answer that says so


async def main(config: Settings) -> None:
    """Runs until SIGTERM."""
    logs.configure("ingest")
    async with AsyncExitStack() as resources:
        password = settings.secret(config.database_password_file)
        connections = config.frames_at_once // 4 + config.reads_at_once + 4
        pool = await resources.enter_async_context(database.connect(config.database, password, connections=connections))
        await database.verify_schema(pool, migrate.SCHEMA, migrate.FOLDER)
        channels = [
            await resources.enter_async_context(open_channel(address))
            for address in (config.recognition_address, config.matching_address, config.audit_address)
        ]
        threads = [
            resources.enter_context(ThreadPoolExecutor(count, thread_name_prefix=name))
            for name, count in (("decode", config.decoders), ("s3", config.transfers), ("s3-probe", 1))
        ]
        await serve(assemble(config, pool, channels, threads))


def assemble(
    config: Settings, pool: Database, channels: Sequence[grpc.aio.Channel], threads: Sequence[Executor]
) -> Serving:
    """Everything put together: channels to recognition, matching and audit; threads for decoding, transfers and probes."""
    recognition, matching, audit = channels
    decoding, transfers, probes = threads
    client = bucket.connect(
        config.s3_endpoint,
        settings.secret(config.s3_access_key_file),
        settings.secret(config.s3_secret_key_file),
        secure=config.s3_secure,
        connections=config.transfers,
    )
    kept = Bucket(client, config.s3_bucket, Lock(config.retention_mode, config.retention_days), transfers, probes)
    evidence = Evidence(kept, Kek(settings.key(config.evidence_key_file)))
    store, arrived, committed = Store(pool), Bell(), Bell()
    backlog = Backlog(pool, ids.uuid7(), timedelta(seconds=config.lease_s))
    room = WaitingRoom(backlog.count, frames=config.frames_waiting)
    intake = Intake(
        store,
        evidence,
        Pictures(decoding),
        gate=Gate(frames=config.frames_at_once, size_bytes=config.frames_at_once_bytes),
        room=room,
        clock_limits=ClockLimits(ahead=timedelta(seconds=config.clock_ahead_s), live=timedelta(seconds=config.live_s)),
        arrived=arrived.ring,
        picture_bytes=config.picture_bytes,
    )
    reader = clients.Recognition(
        recognition, region=config.region, country=config.country, deadline_s=config.recognition_deadline_s
    )
    dispatcher = Dispatcher(
        Reading(backlog, evidence, reader, arrived, committed.ring, at_once=config.reads_at_once),
        Sending(backlog, clients.Matching(matching, deadline_s=config.matching_deadline_s), committed),
    )

    def register(server: grpc.aio.Server) -> None:
        streams = FrameStream(intake, streams=config.streams_at_once, at_once=config.stream_frames_at_once)
        ingest_pb2_grpc.add_IngestServiceServicer_to_server(IngestServicer(intake, streams), server)
        camera_pb2_grpc.add_CameraServiceServicer_to_server(CameraServicer(Register(store), config.zone), server)
        evidence_pb2_grpc.add_EvidenceServiceServicer_to_server(EvidenceServicer(), server)

    promises = KeptReceipts(pool, migrate.SCHEMA)
    return Serving(
        name="ingest",
        listen=config.listen,
        metrics_listen=config.metrics_listen,
        services={
            ingest_pb2.DESCRIPTOR.services_by_name["IngestService"]: health.Steady(health.stores(store, kept)),
            camera_pb2.DESCRIPTOR.services_by_name["CameraService"]: health.Steady(store.verify_alive),
            evidence_pb2.DESCRIPTOR.services_by_name["EvidenceService"]: health.Steady(health.stores(store, kept)),
        },
        register=register,
        ledger=AuditClient(
            audit, caller.service("ingest"), receipts.parse_keys(config.audit_receipt_keys), keep=promises.keep
        ),
        background=[dispatcher.run, room.run, Overdue(pool).run, promises.run],
        max_message_bytes=config.picture_bytes + BEYOND_BYTES,
    )


if __name__ == "__main__":
    asyncio.run(main(settings.load(Settings, os.environ)))
