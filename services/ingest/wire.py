"""The contract's messages and the values of this service, both ways, with checks of shape."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import camera_pb2, ingest_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.common.errors import Invalid, Refusal, Unavailable
from services.ingest import shapes
from services.ingest.camera import Camera, Location
from services.ingest.errors import PageTokenInvalid
from services.ingest.frame import Acknowledgement, Capture, Direction, Submission

MAX_SEQUENCE = 2**63 - 1
MAX_UNCERTAINTY = timedelta(hours=1)
MAX_SPEED_KMH = 1000.0
MAX_LANES = 32
DIRECTIONS = frozenset(int(direction) for direction in Direction)
MAX_PAGE, DEFAULT_PAGE = 500, 100
UNAVAILABLE_DELAY_S = 1.0


def decode_submission(request: ingest_pb2.SubmitFrameRequest) -> Submission:
    """A frame. Raises Invalid."""
    if not request.HasField("capture"):
        raise Invalid("the frame does not say where and when it was taken", field="capture")
    return Submission(_capture(request.capture), request.picture, request.backfill)


def encode_acknowledgement(taken: Acknowledgement) -> ingest_pb2.SubmitFrameResponse:
    """The acknowledgement."""
    return ingest_pb2.SubmitFrameResponse(frame_id=str(taken.frame_id), sha256=taken.sha256, duplicate=taken.duplicate)


def encode_acknowledged(capture: plate_pb2.Capture, taken: Acknowledgement) -> ingest_pb2.StreamFramesResponse:
    """The acknowledgement in a stream, for the frame that this capture names."""
    return ingest_pb2.StreamFramesResponse(
        camera_id=capture.camera_id, sequence=capture.sequence, acknowledged=encode_acknowledgement(taken)
    )


def encode_refused(capture: plate_pb2.Capture, refusal: Refusal) -> ingest_pb2.StreamFramesResponse:
    """The refusal in a stream. It says when to send again if sending again can help."""
    refused = ingest_pb2.FrameRefusal(reason=refusal.reason, message=refusal.words)
    delay_s = refusal.retry_delay_s or (UNAVAILABLE_DELAY_S if isinstance(refusal, Unavailable) else None)
    if delay_s is not None:
        refused.retry_delay.FromMilliseconds(int(delay_s * 1000))
    return ingest_pb2.StreamFramesResponse(camera_id=capture.camera_id, sequence=capture.sequence, refused=refused)


def decode_camera(request: camera_pb2.RegisterCameraRequest, default_zone: str) -> Camera:
    """A camera to register. Raises Invalid."""
    if not request.HasField("camera"):
        raise Invalid("there is no camera in the request", field="camera")
    camera = request.camera
    if len(camera.lanes) > MAX_LANES or len(set(camera.lanes)) != len(camera.lanes) or "" in camera.lanes:
        raise Invalid(f"lanes are at most {MAX_LANES} different names", field="camera.lanes")
    return Camera(
        camera_id=shapes.camera_id(camera.camera_id, "camera.camera_id"),
        zone=shapes.zone(camera.zone or default_zone, "camera.zone"),
        name=shapes.text(camera.name, "camera.name", 128),
        site=shapes.text(camera.site, "camera.site", 256),
        location=_location(camera, "camera.location"),
        heading_degrees=shapes.number(camera.heading_degrees, "camera.heading_degrees", 0, 360, below=True),
        lanes=tuple(shapes.text(lane, "camera.lanes", 32) for lane in camera.lanes),
        purpose=shapes.text(camera.purpose, "camera.purpose", 512),
        disabled=camera.disabled,
    )


def decode_camera_id(camera_id: str) -> str:
    """The id of a camera that is asked for. Raises Invalid."""
    return shapes.camera_id(camera_id, "camera_id")


def decode_page(request: camera_pb2.ListCamerasRequest) -> tuple[str, int]:
    """The id after which a page begins, and how many cameras it may hold. Raises Invalid or PageTokenInvalid."""
    if not 0 <= request.page_size <= MAX_PAGE:
        raise Invalid(f"page_size is 1 to {MAX_PAGE}, or 0", field="page_size")
    try:
        after = base64.b64decode(request.page_token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as cause:
        raise PageTokenInvalid("the page token is not one of ours", field="page_token") from cause
    if after and not shapes.CAMERA_ID.fullmatch(after):
        raise PageTokenInvalid("the page token is not one of ours", field="page_token")
    return after, request.page_size or DEFAULT_PAGE


def encode_page(cameras: Sequence[Camera], limit: int) -> camera_pb2.ListCamerasResponse:
    """A page of at most `limit` cameras; one more than that was looked up if there is another page."""
    page = cameras[:limit]
    token = base64.urlsafe_b64encode(page[-1].camera_id.encode()).decode() if len(cameras) > limit else ""
    return camera_pb2.ListCamerasResponse(cameras=[encode_camera(camera) for camera in page], next_page_token=token)


def encode_camera(camera: Camera) -> camera_pb2.Camera:
    """A camera."""
    message = camera_pb2.Camera(
        camera_id=camera.camera_id,
        zone=camera.zone,
        name=camera.name,
        site=camera.site,
        heading_degrees=camera.heading_degrees,
        lanes=camera.lanes,
        purpose=camera.purpose,
        disabled=camera.disabled,
    )
    if camera.location is not None:
        message.location.latitude = camera.location.latitude
        message.location.longitude = camera.location.longitude
    return message


def _capture(capture: plate_pb2.Capture) -> Capture:
    if not 0 < capture.sequence <= MAX_SEQUENCE:
        raise Invalid(f"a sequence is from 1 to {MAX_SEQUENCE}", field="capture.sequence")
    if int(capture.direction) not in DIRECTIONS:
        raise Invalid("the direction is not one of the contract", field="capture.direction")
    return Capture(
        camera_id=shapes.camera_id(capture.camera_id, "capture.camera_id"),
        sequence=capture.sequence,
        captured_at=_time(capture.captured, "capture.captured.time"),
        uncertainty=_uncertainty(capture.captured.uncertainty, "capture.captured.uncertainty"),
        lane=shapes.text(capture.lane, "capture.lane", 32),
        direction=Direction(capture.direction),
        speed_kmh=shapes.number(capture.speed_kmh, "capture.speed_kmh", 0, MAX_SPEED_KMH),
        location=_location(capture, "capture.location"),
        heading_degrees=shapes.number(capture.heading_degrees, "capture.heading_degrees", 0, 360, below=True),
        track_id=shapes.text(capture.track_id, "capture.track_id", 64),
        source_event_id=shapes.text(capture.source_event_id, "capture.source_event_id", 128),
    )


def _time(captured: plate_pb2.CaptureTime, field: str) -> datetime:
    if not captured.HasField("time"):
        raise Invalid("the frame does not say when it was taken", field=field)
    return _datetime(captured.time, field)


def _datetime(stamp: Timestamp, field: str) -> datetime:
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as cause:
        raise Invalid(f"{field} is not a valid time", field=field) from cause


def _uncertainty(duration: Duration, field: str) -> timedelta:
    try:
        uncertainty = duration.ToTimedelta()
    except (ValueError, OverflowError) as cause:
        raise Invalid(f"{field} is not a valid duration", field=field) from cause
    if not timedelta(0) <= uncertainty <= MAX_UNCERTAINTY:
        raise Invalid(f"{field} is from 0 to {MAX_UNCERTAINTY.total_seconds():g} s", field=field)
    return uncertainty


def _location(message: plate_pb2.Capture | camera_pb2.Camera, field: str) -> Location | None:
    if not message.HasField("location"):
        return None
    return Location(
        shapes.number(message.location.latitude, f"{field}.latitude", -90, 90),
        shapes.number(message.location.longitude, f"{field}.longitude", -180, 180),
    )
