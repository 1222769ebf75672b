"""The RPCs of matching."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Never

from anpr.matching.v1 import (
    alert_pb2,
    alert_pb2_grpc,
    decision_pb2_grpc,
    hotlist_pb2,
    hotlist_pb2_grpc,
    sighting_pb2,
    sighting_pb2_grpc,
)

from services.common import calls
from services.common.errors import NotBuilt
from services.matching.lister import Lister
from services.matching.reader import Reader
from services.matching.recorder import Recorder
from services.matching.watcher import Watcher
from services.matching.wire import alerts, hotlists, shape, sightings


def _not_built(words: str) -> Callable[..., Awaitable[Never]]:
    async def refuse(*_: object) -> Never:
        raise NotBuilt(words)

    return refuse


class Sightings(sighting_pb2_grpc.SightingServiceServicer):
    """Stores sightings, and looks them up."""

    def __init__(self, recorder: Recorder, reader: Reader, region: str) -> None:
        self._recorder, self._reader, self._region = recorder, reader, region

    async def RecordSightings(
        self, request: sighting_pb2.RecordSightingsRequest, _context: object
    ) -> sighting_pb2.RecordSightingsResponse:
        batch = sightings.decode_batch(request)
        return sightings.encode_recorded(batch, await self._recorder.record(batch))

    async def LookupPlate(
        self, request: sighting_pb2.LookupPlateRequest, context: object
    ) -> sighting_pb2.LookupPlateResponse:
        ground = sightings.decode_ground(request.access, context)
        query, limit = sightings.decode_lookup(request, self._region), shape.page_size(request.page_size)
        found, token = await self._reader.passages(ground, query, limit=limit, token=request.page_token)
        return sightings.encode_page(found, token)

    SearchSightings = _not_built("search by pattern is not built yet")
    TrackVehicle = _not_built("tracks are not built yet")
    CrossSearch = _not_built("cross search is not built yet")
    FindConvoys = _not_built("convoys are not built yet")
    FindClones = _not_built("clones are not built yet")


class Hotlists(hotlist_pb2_grpc.HotlistServiceServicer):
    """Maintains hotlists."""

    def __init__(self, lister: Lister, zone: str) -> None:
        self._lister, self._zone = lister, zone

    async def CreateHotlist(
        self, request: hotlist_pb2.CreateHotlistRequest, context: object
    ) -> hotlist_pb2.CreateHotlistResponse:
        wanted = hotlists.decode_hotlist(request.hotlist, self._zone)
        created = await self._lister.create(calls.of(context).caller, wanted)
        return hotlist_pb2.CreateHotlistResponse(hotlist=hotlists.encode_hotlist(created))

    async def ListHotlists(
        self, _request: hotlist_pb2.ListHotlistsRequest, context: object
    ) -> hotlist_pb2.ListHotlistsResponse:
        found, version = await self._lister.hotlists(calls.of(context).caller)
        return hotlists.encode_hotlists(found, version)

    async def AddEntries(
        self, request: hotlist_pb2.AddEntriesRequest, context: object
    ) -> hotlist_pb2.AddEntriesResponse:
        entries = hotlists.decode_entries(request.entries)
        added = await self._lister.add(calls.of(context).caller, hotlists.decode_id(request.hotlist_id), entries)
        return hotlists.encode_added(added)

    async def RemoveEntries(
        self, request: hotlist_pb2.RemoveEntriesRequest, context: object
    ) -> hotlist_pb2.RemoveEntriesResponse:
        hotlist, entries = hotlists.decode_id(request.hotlist_id), hotlists.decode_removal(request)
        version = await self._lister.remove(calls.of(context).caller, hotlist, entries)
        return hotlist_pb2.RemoveEntriesResponse(list_version=version)

    async def ListEntries(
        self, request: hotlist_pb2.ListEntriesRequest, context: object
    ) -> hotlist_pb2.ListEntriesResponse:
        found, token = await self._lister.entries(
            calls.of(context).caller,
            hotlists.decode_id(request.hotlist_id),
            plate=hotlists.decode_plate(request.plate),
            limit=shape.page_size(request.page_size),
            token=request.page_token,
        )
        return hotlists.encode_entries(found, token)

    async def ImportEntries(
        self, request_iterator: AsyncIterator[hotlist_pb2.ImportEntriesRequest], context: object
    ) -> hotlist_pb2.ImportEntriesResponse:
        first, chunks = await hotlists.decode_import(request_iterator)
        declared = hotlists.decode_declared(first)
        imported = await self._lister.bring_in(
            calls.of(context).caller, first.hotlist_id, declared, chunks, replace=first.replace
        )
        return hotlists.encode_imported(imported)


class Alerts(alert_pb2_grpc.AlertServiceServicer):
    """Delivers alerts."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    async def WatchAlerts(
        self, request: alert_pb2.WatchAlertsRequest, context: object
    ) -> AsyncGenerator[alert_pb2.WatchAlertsResponse, None]:
        ground, query = sightings.decode_ground(request.access, context), alerts.decode_watch(request)
        async with aclosing(self._watcher.watch(ground, query, request.resume_token)) as batches:
            async for batch, token in batches:
                yield alerts.encode_batch(batch, token)

    VerifyAlert = _not_built("verdicts are not built yet")
    DisposeAlert = _not_built("dispositions are not built yet")


class Decisions(decision_pb2_grpc.DecisionServiceServicer):
    """Keeps decisions of the prosecutor."""

    RecordDecision = _not_built("decisions are not built yet")
    GetDecision = _not_built("decisions are not built yet")
    RevokeDecision = _not_built("decisions are not built yet")
