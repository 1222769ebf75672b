"""Cameras and frames as messages of the contract."""

from datetime import timedelta
from math import cos, radians

from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import camera_pb2, ingest_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.simulator.cameras import Camera
from services.simulator.frame import Frame

# An invented straight road that runs eastwards from here.
_LATITUDE, _LONGITUDE = 50.9, 4.2
_METRES_PER_DEGREE = 111_320.0
_EAST, _WEST = 90.0, 270.0
CLOCK_UNCERTAINTY = timedelta(milliseconds=50)


def encode_registration(camera: Camera) -> camera_pb2.RegisterCameraRequest:
    """The registration of a simulated camera, in the zone of the service."""
    east = _LONGITUDE + camera.along_m / (_METRES_PER_DEGREE * cos(radians(_LATITUDE)))
    return camera_pb2.RegisterCameraRequest(
        camera=camera_pb2.Camera(
            camera_id=camera.camera_id,
            name=f"Simulated camera {camera.number + 1}",
            site=f"Simulated road, metre {camera.along_m:.0f}",
            location=plate_pb2.GeoPoint(latitude=_LATITUDE, longitude=east),
            heading_degrees=_EAST if camera.looks_along else _WEST,
            lanes=["1", "2"] if camera.wide else ["1"],
            purpose="simulation",
        )
    )


def encode_frame(frame: Frame, *, backfill: bool) -> ingest_pb2.StreamFramesRequest:
    """One frame of a stream."""
    moment, uncertainty = Timestamp(), Duration()
    moment.FromDatetime(frame.captured_at)
    uncertainty.FromTimedelta(CLOCK_UNCERTAINTY)
    capture = plate_pb2.Capture(
        camera_id=frame.camera_id,
        sequence=frame.sequence,
        captured=plate_pb2.CaptureTime(time=moment, uncertainty=uncertainty),
        direction=plate_pb2.DIRECTION_APPROACHING if frame.approaching else plate_pb2.DIRECTION_RECEDING,
    )
    submission = ingest_pb2.SubmitFrameRequest(capture=capture, picture=frame.jpeg, backfill=backfill)
    return ingest_pb2.StreamFramesRequest(frame=submission)
