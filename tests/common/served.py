"""A service for the tests of its life and of its door: the real door, the real contract, and methods that do as told.

    python -m tests.common.served ADDRESS METRICS_ADDRESS FOLDER

A look-up (audited, to a ledger in memory) and a recording behave as the plate says: `SLOW` waits until FOLDER has a file `go`,
`FAULT` raises what no caller may see. The watch and the stream of frames go on until the other side ends them.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import psycopg
from anpr.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from anpr.matching.v1 import alert_pb2, alert_pb2_grpc, hotlist_pb2, hotlist_pb2_grpc, sighting_pb2, sighting_pb2_grpc

from services.common import logs, server
from services.common.server import Serving
from tests.common.ledgers import MemoryLedger

SLOW, FAULT = "SLOW", "FAULT"
MAX_MESSAGE_BYTES = 64 * 1024
SECRETS = ("SELECT secret FROM audit.entry", "/var/lib/postgresql/secret.key", "1XQZ417")


async def _behave(plate: str, folder: Path) -> None:
    if plate == FAULT:
        raise psycopg.errors.UniqueViolation("Traceback: " + " ".join(SECRETS))
    if plate == SLOW:
        (folder / "begun").touch()
        while not (folder / "go").exists():
            await asyncio.sleep(0.02)


class Sightings(sighting_pb2_grpc.SightingServiceServicer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def LookupPlate(
        self, request: sighting_pb2.LookupPlateRequest, context: object
    ) -> sighting_pb2.LookupPlateResponse:
        await _behave(request.plate, self._folder)
        return sighting_pb2.LookupPlateResponse()

    async def RecordSightings(
        self, request: sighting_pb2.RecordSightingsRequest, context: object
    ) -> sighting_pb2.RecordSightingsResponse:
        for read in request.reads:
            await _behave(read.plate.text, self._folder)
        return sighting_pb2.RecordSightingsResponse(recorded=len(request.reads))


class Alerts(alert_pb2_grpc.AlertServiceServicer):
    async def WatchAlerts(
        self, request: alert_pb2.WatchAlertsRequest, context: object
    ) -> AsyncIterator[alert_pb2.WatchAlertsResponse]:
        yield alert_pb2.WatchAlertsResponse(resume_token="begin")
        if FAULT in request.hotlist_ids:
            raise psycopg.errors.UniqueViolation("Traceback: " + " ".join(SECRETS))
        await asyncio.Event().wait()


class Hotlists(hotlist_pb2_grpc.HotlistServiceServicer):
    async def ImportEntries(
        self, request_iterator: AsyncIterator[hotlist_pb2.ImportEntriesRequest], context: object
    ) -> hotlist_pb2.ImportEntriesResponse:
        return hotlist_pb2.ImportEntriesResponse(added=len([request async for request in request_iterator]))


class Ingest(ingest_pb2_grpc.IngestServiceServicer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def StreamFrames(
        self, request_iterator: AsyncIterator[ingest_pb2.StreamFramesRequest], context: object
    ) -> AsyncIterator[ingest_pb2.StreamFramesResponse]:
        async for request in request_iterator:
            await _behave(request.frame.capture.camera_id, self._folder)
            yield ingest_pb2.StreamFramesResponse(sequence=request.frame.capture.sequence)


def serving(address: str, metrics_address: str, folder: Path) -> Serving:
    """What the process serves."""
    contracts = (sighting_pb2, alert_pb2, hotlist_pb2, ingest_pb2)

    def register(into: grpc.aio.Server) -> None:
        # The stubs call every servicer abstract until it has all methods; these have those that are called.
        partly: Any = (Sightings(folder), Alerts(), Hotlists(), Ingest(folder))  # type: ignore[abstract]
        sighting_pb2_grpc.add_SightingServiceServicer_to_server(partly[0], into)
        alert_pb2_grpc.add_AlertServiceServicer_to_server(partly[1], into)
        hotlist_pb2_grpc.add_HotlistServiceServicer_to_server(partly[2], into)
        ingest_pb2_grpc.add_IngestServiceServicer_to_server(partly[3], into)

    return Serving(
        name="matching",
        listen=address,
        metrics_listen=metrics_address,
        services={service: server.always for pb in contracts for service in pb.DESCRIPTOR.services_by_name.values()},
        register=register,
        ledger=MemoryLedger(),
        max_message_bytes=MAX_MESSAGE_BYTES,
        drain_s=0.1,
        grace_s=1.5,
    )


if __name__ == "__main__":
    logs.configure("matching")
    asyncio.run(server.serve(serving(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
