"""Shapes of what comes in, and values both ways."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import camera_pb2, ingest_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis.strategies import (
    booleans,
    builds,
    composite,
    datetimes,
    floats,
    from_regex,
    integers,
    just,
    lists,
    none,
    sampled_from,
    text,
    timedeltas,
)

from services.common import ids
from services.common.errors import Invalid, StoreUnavailable
from services.ingest import reads, wire
from services.ingest.camera import Camera, Location
from services.ingest.errors import Overloaded, PageTokenInvalid, SequenceReused
from services.ingest.frame import Acknowledgement, Capture, Direction
from tests.ingest.parts import camera, capture

camera_ids = from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)
locations = none() | builds(Location, floats(-90, 90), floats(-180, 180))


def lines(limit: int):  # type: ignore[no-untyped-def]
    return text(alphabet=sampled_from("abcXYZ 019-_/éß"), max_size=limit)


captures = builds(
    Capture,
    camera_id=camera_ids,
    sequence=integers(1, 2**63 - 1),
    captured_at=datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=just(UTC)),  # noqa: DTZ001
    uncertainty=timedeltas(timedelta(0), timedelta(hours=1)),
    lane=lines(32),
    direction=sampled_from(Direction),
    speed_kmh=floats(0, 1000, width=32),
    location=locations,
    heading_degrees=floats(0, 360, width=32, exclude_max=True),
    track_id=lines(64),
    source_event_id=lines(128),
)


@given(captures)
def test_a_capture_is_the_same_on_the_way_in_and_out(sent: Capture) -> None:
    message = ingest_pb2.SubmitFrameRequest(capture=reads.encode_capture(sent), picture=b"x", backfill=True)
    decoded = wire.decode_submission(message)
    assert (decoded.capture, decoded.picture, decoded.backfill) == (sent, b"x", True)


@composite
def cameras(draw) -> Camera:  # type: ignore[no-untyped-def]
    return Camera(
        camera_id=draw(camera_ids),
        zone=draw(from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)),
        name=draw(lines(128)),
        site=draw(lines(256)),
        location=draw(locations),
        heading_degrees=draw(floats(0, 360, width=32, exclude_max=True)),
        lanes=tuple(draw(lists(lines(32).filter(bool), unique=True, max_size=5))),
        purpose=draw(lines(512)),
        disabled=draw(booleans()),
    )


@given(cameras())
def test_a_camera_is_the_same_on_the_way_in_and_out(sent: Camera) -> None:
    request = camera_pb2.RegisterCameraRequest(camera=wire.encode_camera(sent))
    assert wire.decode_camera(request, "elsewhere") == sent


def test_a_camera_without_a_zone_gets_that_of_the_service() -> None:
    request = camera_pb2.RegisterCameraRequest(camera=camera_pb2.Camera(camera_id="cam-1"))
    assert wire.decode_camera(request, "zone-one").zone == "zone-one"


def frame(**changes: object) -> ingest_pb2.SubmitFrameRequest:
    message = reads.encode_capture(capture())
    for name, value in changes.items():
        if value is None:
            message.ClearField(name)
        elif isinstance(value, plate_pb2.CaptureTime | plate_pb2.GeoPoint):
            getattr(message, name).CopyFrom(value)
        else:
            setattr(message, name, value)
    return ingest_pb2.SubmitFrameRequest(capture=message, picture=b"x")


def taken(**values: object) -> plate_pb2.CaptureTime:
    given_time = {"time": Timestamp(seconds=1_700_000_000), **values}
    return plate_pb2.CaptureTime(**given_time)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        frame(camera_id=""),
        frame(camera_id=".."),
        frame(camera_id="."),
        frame(camera_id="a/b"),
        frame(camera_id="CAM"),
        frame(camera_id="cam-1\n"),
        frame(camera_id="c" * 65),
        frame(sequence=0),
        frame(sequence=2**63),
        frame(sequence=2**64 - 1),
        frame(captured=None),
        frame(captured=plate_pb2.CaptureTime(uncertainty=Duration(seconds=1))),
        frame(captured=taken(time=Timestamp(seconds=1, nanos=-1))),
        frame(captured=taken(time=Timestamp(seconds=1 << 60))),
        frame(captured=taken(time=Timestamp(seconds=-(1 << 60)))),
        frame(captured=taken(uncertainty=Duration(seconds=-1))),
        frame(captured=taken(uncertainty=Duration(seconds=3601))),
        frame(captured=taken(uncertainty=Duration(seconds=1 << 60))),
        frame(lane="x" * 33),
        frame(lane="1\n2"),
        frame(lane="1\0"),
        frame(track_id="x" * 65),
        frame(source_event_id="x" * 129),
        frame(direction=3),
        frame(direction=-1),
        frame(speed_kmh=math.nan),
        frame(speed_kmh=math.inf),
        frame(speed_kmh=-1),
        frame(speed_kmh=1001),
        frame(heading_degrees=360),
        frame(heading_degrees=math.nan),
        frame(location=plate_pb2.GeoPoint(latitude=90.5)),
        frame(location=plate_pb2.GeoPoint(longitude=math.nan)),
        ingest_pb2.SubmitFrameRequest(picture=b"x"),
    ],
    ids=lambda bad: str(bad.capture).replace("\n", " ")[-60:],
)
def test_a_frame_of_bad_shape_is_refused(bad: ingest_pb2.SubmitFrameRequest) -> None:
    with pytest.raises(Invalid) as refused:
        wire.decode_submission(bad)
    assert refused.value.facts["field"]


def register(**changes: object) -> camera_pb2.RegisterCameraRequest:
    message = wire.encode_camera(camera())
    message.MergeFrom(camera_pb2.Camera(**changes))  # type: ignore[arg-type]
    return camera_pb2.RegisterCameraRequest(camera=message)


@pytest.mark.parametrize(
    "bad",
    [
        camera_pb2.RegisterCameraRequest(),
        register(camera_id=".hidden"),
        register(zone="../other"),
        register(name="x" * 129),
        register(site="two\nlines"),
        register(heading_degrees=360.0),
        register(heading_degrees=-1.0),
        register(lanes=["1"]),  # merged with the lanes 1 and 2 of the camera
        register(lanes=[""]),
        register(lanes=[f"lane {number}" for number in range(40)]),
        register(location=plate_pb2.GeoPoint(latitude=-91)),
    ],
)
def test_a_camera_of_bad_shape_is_refused(bad: camera_pb2.RegisterCameraRequest) -> None:
    with pytest.raises(Invalid):
        wire.decode_camera(bad, "zone-one")


@given(camera_ids, integers(1, 500))
def test_a_page_token_leads_to_the_next_camera(last: str, limit: int) -> None:
    page = wire.encode_page([camera(last)] * (limit + 1), limit)
    assert len(page.cameras) == limit
    request = camera_pb2.ListCamerasRequest(page_size=limit, page_token=page.next_page_token)
    assert wire.decode_page(request) == (last, limit)


def test_the_last_page_has_no_token() -> None:
    assert not wire.encode_page([camera()], 1).next_page_token
    assert wire.decode_page(camera_pb2.ListCamerasRequest()) == ("", wire.DEFAULT_PAGE)


@pytest.mark.parametrize("token", ["a", "!!!!", "Li4=", "QUJD", "\u00e9", "/w=="])
def test_a_foreign_page_token_is_refused(token: str) -> None:
    with pytest.raises(PageTokenInvalid):
        wire.decode_page(camera_pb2.ListCamerasRequest(page_token=token))


@pytest.mark.parametrize("size", [-1, 501])
def test_a_page_of_bad_size_is_refused(size: int) -> None:
    with pytest.raises(Invalid):
        wire.decode_page(camera_pb2.ListCamerasRequest(page_size=size))


def test_a_refusal_in_a_stream_says_when_to_come_back_if_that_helps() -> None:
    of = plate_pb2.Capture(camera_id="cam-1", sequence=3)
    busy = wire.encode_refused(of, Overloaded("too many", retry_delay_s=2.5))
    down = wire.encode_refused(of, StoreUnavailable("down"))
    useless = wire.encode_refused(of, SequenceReused("other bytes"))
    assert (busy.camera_id, busy.sequence, busy.refused.reason) == ("cam-1", 3, "OVERLOADED")
    assert busy.refused.retry_delay.ToMilliseconds() == 2500
    assert down.refused.HasField("retry_delay")
    assert not useless.refused.HasField("retry_delay")


def test_an_acknowledgement_in_a_stream_names_its_frame() -> None:
    one = Acknowledgement(ids.uuid7(), bytes(32), duplicate=True)
    answer = wire.encode_acknowledged(plate_pb2.Capture(camera_id="cam-1", sequence=3), one)
    assert (answer.camera_id, answer.sequence) == ("cam-1", 3)
    assert answer.acknowledged == wire.encode_acknowledgement(one)
