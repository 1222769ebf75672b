"""The reads of one frame, as the bytes that are committed once and then sent until matching has stored them.

Bytes, because a retry must send what was committed, whatever this program has become in between.
"""

from collections.abc import Sequence

from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import sighting_pb2
from anpr.recognition.v1 import recognition_pb2

from services.common import ids
from services.ingest.frame import Capture, Frame, Result

ADAPTER_VERSION = "anpr.ingest.v1/1"


def encode(frame: Frame, region: str, response: recognition_pb2.RecognizeResponse) -> Result:
    """What the engine saw in the frame. No plate at all is one record too: a no-read."""
    reads = [_read(frame, region, ordinal, plate) for ordinal, plate in enumerate(response.plates)]
    return _result(reads or [_no_read(frame, region)], response.engine)


def encode_unreadable(frame: Frame, region: str, reason: str) -> Result:
    """The record that the frame could not be looked at, and why."""
    return _result([_no_read(frame, region)], plate_pb2.Engine(), reason)


def _result(reads: Sequence[plate_pb2.Read], engine: plate_pb2.Engine, reason: str = "") -> Result:
    for read in reads:
        read.engine.CopyFrom(engine)
    return Result(
        reads=sighting_pb2.RecordSightingsRequest(reads=reads).SerializeToString(deterministic=True),
        read_count=len(reads),
        engine=engine.name,
        engine_version=engine.version,
        model_sha256=engine.model_sha256,
        reason=reason,
    )


def _read(frame: Frame, region: str, ordinal: int, plate: plate_pb2.Plate) -> plate_pb2.Read:
    read = _record(frame, region, ordinal)
    read.plate.CopyFrom(plate)
    return read


def _no_read(frame: Frame, region: str) -> plate_pb2.Read:
    read = _record(frame, region, 0)
    read.no_read = True
    return read


def _record(frame: Frame, region: str, ordinal: int) -> plate_pb2.Read:
    record = plate_pb2.Read(
        read_id=str(ids.read_id(frame.frame_id, ordinal)),
        frame_id=str(frame.frame_id),
        region=region,
        zone=frame.zone,
        capture=encode_capture(frame.capture),
        images=[
            plate_pb2.ImageRef(
                kind=plate_pb2.IMAGE_KIND_FRAME,
                object_key=frame.deposit.object_key,
                sha256=frame.picture.sha256,
                size_bytes=frame.picture.size_bytes,
                content_type=frame.picture.content_type,
                version_id=frame.deposit.version_id,
            )
        ],
        backfill=frame.backfill,
        adapter_version=ADAPTER_VERSION,
    )
    record.received_at.FromDatetime(frame.received_at)
    return record


def encode_capture(capture: Capture) -> plate_pb2.Capture:
    """Where and when, as the contract says it."""
    message = plate_pb2.Capture(
        camera_id=capture.camera_id,
        sequence=capture.sequence,
        lane=capture.lane,
        direction=plate_pb2.Direction.Name(capture.direction),
        speed_kmh=capture.speed_kmh,
        heading_degrees=capture.heading_degrees,
        track_id=capture.track_id,
        source_event_id=capture.source_event_id,
    )
    message.captured.time.FromDatetime(capture.captured_at)
    message.captured.uncertainty.FromTimedelta(capture.uncertainty)
    if capture.location is not None:
        message.location.latitude = capture.location.latitude
        message.location.longitude = capture.location.longitude
    return message
