"""The people who use a running suite, as the demo and the end-to-end tests play them. All of them go through the gateway."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from anpr.common.v1 import access_pb2, plate_pb2
from anpr.matching.v1 import alert_pb2, alert_pb2_grpc, hotlist_pb2, hotlist_pb2_grpc, sighting_pb2, sighting_pb2_grpc

from services.common.caller import Caller

CASE = "AN.11.L2.004711/2026"
INSPECTION = "COC-2026-0042"
DEADLINE_S = 15.0
ZONE = "local"


def person(name: str, role: str, unit: str = "unit-1") -> Caller:
    """Somebody at a terminal of this region."""
    return Caller(system="desk", person=name, unit=unit, zone=ZONE, roles=frozenset({role}))


OFFICER = person("officer-1", "officer")
MANAGER = person("manager-1", "hotlist_manager")
AUDITOR = person("auditor-1", "auditor", unit="oversight")

INVESTIGATION = access_pb2.AccessContext(
    purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
    legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
    case_reference=CASE,
    reason="vehicle reported stolen",
)
OVERSIGHT = access_pb2.AccessContext(
    purpose=access_pb2.PURPOSE_OVERSIGHT,
    legal_ground=access_pb2.LEGAL_GROUND_OVERSIGHT,
    case_reference=INSPECTION,
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What people do, over one channel to a gateway."""

    channel: grpc.aio.Channel

    async def reach(self, *, patience_s: float = 20.0) -> None:
        """Returns when the gateway lets calls through to matching and audit. Raises TimeoutError."""
        lists = hotlist_pb2_grpc.HotlistServiceStub(self.channel).ListHotlists
        head = audit_pb2_grpc.AuditServiceStub(self.channel).GetCheckpoint
        async with asyncio.timeout(patience_s):
            while True:
                try:
                    await lists(hotlist_pb2.ListHotlistsRequest(), metadata=MANAGER.metadata(), timeout=DEADLINE_S)
                    await head(audit_pb2.GetCheckpointRequest(), metadata=AUDITOR.metadata(), timeout=DEADLINE_S)
                except grpc.aio.AioRpcError as refused:
                    if refused.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise
                    await asyncio.sleep(0.1)
                else:
                    return

    async def want(self, hotlist_id: str, plate: str) -> int:
        """Creates a list with one stolen vehicle on it; returns the list version from which it is matched."""
        stub = hotlist_pb2_grpc.HotlistServiceStub(self.channel)
        hotlist = hotlist_pb2.Hotlist(
            hotlist_id=hotlist_id,
            name="Stolen vehicles",
            category=hotlist_pb2.HOTLIST_CATEGORY_STOLEN,
            priority=5,
            owner="unit-1",
            source="manual",
            legal_ground=INVESTIGATION.legal_ground,
        )
        create = hotlist_pb2.CreateHotlistRequest(access=INVESTIGATION, hotlist=hotlist)
        await stub.CreateHotlist(create, metadata=MANAGER.metadata(), timeout=DEADLINE_S)
        entry = hotlist_pb2.HotlistEntry(plate=plate, note="keep your distance, call the control room")
        entry.valid_until.FromDatetime(datetime.now(UTC) + timedelta(days=30))
        add = hotlist_pb2.AddEntriesRequest(access=INVESTIGATION, hotlist_id=hotlist_id, entries=[entry])
        return (await stub.AddEntries(add, metadata=MANAGER.metadata(), timeout=DEADLINE_S)).list_version

    async def watch(self, resume_token: str = "") -> AsyncIterator[alert_pb2.WatchAlertsResponse]:
        """Batches of alerts, the empty first one included, until the caller has enough."""
        request = alert_pb2.WatchAlertsRequest(access=INVESTIGATION, resume_token=resume_token)
        call = alert_pb2_grpc.AlertServiceStub(self.channel).WatchAlerts(request, metadata=OFFICER.metadata())
        try:
            async for batch in call:
                yield batch
        finally:
            call.cancel()

    async def look_up(
        self, plate: str, *, days: float = 1.0, trace: tuple[tuple[str, str], ...] = ()
    ) -> sighting_pb2.LookupPlateResponse:
        """An audited look-up of the last days. Raises grpc.aio.AioRpcError when it is refused.

        trace: metadata that names the trace, as services.common.trace.metadata() makes it.
        """
        now = datetime.now(UTC)
        window = plate_pb2.TimeWindow()
        getattr(window, "from").FromDatetime(now - timedelta(days=days))
        window.until.FromDatetime(now + timedelta(minutes=5))
        request = sighting_pb2.LookupPlateRequest(access=INVESTIGATION, plate=plate, window=window)
        stub = sighting_pb2_grpc.SightingServiceStub(self.channel)
        return await stub.LookupPlate(request, metadata=(*OFFICER.metadata(), *trace), timeout=DEADLINE_S)

    async def look_up_when_back(self, plate: str, *, patience_s: float = 30.0) -> sighting_pb2.LookupPlateResponse:
        """The same, asked again while services find each other after a restart. Raises TimeoutError."""
        async with asyncio.timeout(patience_s):
            while True:
                try:
                    return await self.look_up(plate)
                except grpc.aio.AioRpcError as refused:
                    if refused.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise
                    await asyncio.sleep(0.2)

    async def search_log(self, **wanted: Any) -> audit_pb2.SearchEntriesResponse:
        """What an auditor finds by actor, plate or case_reference; newest first."""
        request = audit_pb2.SearchEntriesRequest(access=OVERSIGHT, page_size=500, **wanted)
        stub = audit_pb2_grpc.AuditServiceStub(self.channel)
        return await stub.SearchEntries(request, metadata=AUDITOR.metadata(), timeout=DEADLINE_S)
