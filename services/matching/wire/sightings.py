"""Sightings: batches that come in, questions, and pages that go out."""

from collections.abc import Sequence
from uuid import UUID

from anpr.common.v1 import access_pb2
from anpr.common.v1 import plate_pb2 as common_pb
from anpr.matching.v1 import sighting_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.common import calls, ids, plate
from services.common.errors import Invalid, NotBuilt
from services.matching import zones
from services.matching.query import MAX_CAMERAS, Ground, PlateQuery, Window
from services.matching.sighting import Read, Recorded, Sighting
from services.matching.wire import reads, shape

MAX_READS = 256


def decode_batch(request: pb.RecordSightingsRequest) -> tuple[Read, ...]:
    """1 to 256 reads."""
    if not 1 <= len(request.reads) <= MAX_READS:
        raise Invalid(f"a batch has 1 to {MAX_READS} reads", field="reads")
    return tuple(reads.decode(read) for read in request.reads)


def encode_recorded(batch: Sequence[Read], recorded: Recorded) -> pb.RecordSightingsResponse:
    return pb.RecordSightingsResponse(
        sighting_ids=[str(read.sighting_id) for read in batch],
        recorded=recorded.recorded,
        alerts=recorded.alerts,
    )


def decode_ground(access: access_pb2.AccessContext, context: object) -> Ground:
    """On what ground the caller reads. The door has checked the context already. Raises ZoneForeign when he acts for no zone."""
    call = calls.of(context)
    return Ground(
        intent_id=calls.intent_of(context),
        request_id=call.request_id or calls.intent_of(context),
        zone=zones.of(call.caller),
        purpose=shape.decode_enum(access_pb2.Purpose, access.purpose, "access.purpose", required=True),
        decision_id=_decision(access.decision_id),
    )


def _decision(decision_id: str) -> UUID | None:
    return ids.parse(decision_id, "access.decision_id") if decision_id else None


def decode_lookup(request: pb.LookupPlateRequest, region: str) -> PlateQuery:
    """Raises PlateInvalid, WindowInvalid, Invalid, and NotBuilt when other regions than this one are asked."""
    if any(asked != region for asked in request.regions):
        raise NotBuilt("other regions cannot be asked yet")
    if len(request.camera_ids) > MAX_CAMERAS:
        raise Invalid(f"at most {MAX_CAMERAS} cameras can be named", field="camera_ids")
    return PlateQuery(
        plate=plate.parse(request.plate),
        window=decode_window(request.window),
        cameras=tuple(sorted({shape.name(camera, "camera_ids") for camera in request.camera_ids})),
    )


def decode_window(window: common_pb.TimeWindow) -> Window:
    """Both ends are required."""
    begin: Timestamp = getattr(window, "from")  # a keyword of Python
    if not window.HasField("from") or not window.HasField("until"):
        raise Invalid("the window has a beginning and an end", field="window")
    return Window(shape.time(begin, "window.from"), shape.time(window.until, "window.until"))


def encode_page(sightings: tuple[Sighting, ...], next_page_token: str) -> pb.LookupPlateResponse:
    return pb.LookupPlateResponse(
        sightings=[encode_sighting(sighting) for sighting in sightings], next_page_token=next_page_token
    )


def encode_sighting(sighting: Sighting) -> pb.Sighting:
    return pb.Sighting(
        sighting_id=str(sighting.sighting_id),
        version=sighting.version,
        read=reads.encode(sighting.read),
        list_version=sighting.list_version,
        recorded_at=shape.encode_time(sighting.recorded_at),
    )
