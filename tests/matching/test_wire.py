"""The wire: a read goes through matching's own form and comes out the same."""

from collections.abc import Callable

import pytest
from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import hotlist_pb2
from hypothesis import given
from hypothesis.strategies import (
    DrawFn,
    SearchStrategy,
    binary,
    booleans,
    builds,
    characters,
    composite,
    floats,
    integers,
    just,
    lists,
    none,
    sampled_from,
    text,
    uuids,
)

from services.common.errors import Invalid
from services.matching.store.lookups import ALERTS_A_BATCH
from services.matching.wire import reads
from tests.matching.builders import read

words = text(characters(codec="utf-8", categories=["L", "N", "P"]), max_size=12)
names = words.filter(bool)
shares = floats(0, 1, width=32)
pixels = integers(-(2**31), 2**31 - 1)


def _enum(kind: Callable[[], list[int]]) -> SearchStrategy[int]:
    return sampled_from(kind())


times = builds(
    lambda seconds, micros: {"seconds": seconds, "nanos": micros * 1000},
    integers(0, 4_000_000_000),
    integers(0, 999_999),
)
choices = builds(
    plate_pb2.CharacterChoice, character=characters(codec="utf-8", categories=["Lu", "Nd"]), probability=shares
)
positions = builds(plate_pb2.CharacterPosition, choices=lists(choices, max_size=4))
plates = builds(
    plate_pb2.Plate,
    raw=text(characters(codec="utf-8", exclude_characters="\0"), max_size=32),
    text=text("ABCXYZ0189ÄÖÜ", min_size=1, max_size=16),
    characters=lists(positions, max_size=16),
    countries=lists(builds(plate_pb2.CountryCandidate, country_code=words, series=words, prior=shares), max_size=3),
    confidence=shares,
    box=none() | builds(plate_pb2.Box, x=pixels, y=pixels, width=pixels, height=pixels),
    corners=just([])
    | lists(builds(plate_pb2.Point, x=floats(-1e5, 1e5, width=32), y=floats(0, 1e5, width=32)), min_size=4, max_size=4),
    colour=_enum(plate_pb2.PlateColour.values),
    layout=_enum(plate_pb2.PlateLayout.values),
    unknown_format=booleans(),
)
captures = builds(
    plate_pb2.Capture,
    camera_id=names,
    sequence=integers(0, 2**63 - 1),
    captured=builds(plate_pb2.CaptureTime, time=times, uncertainty=just({"seconds": 1, "nanos": 250_000})),
    lane=words,
    direction=_enum(plate_pb2.Direction.values),
    speed_kmh=floats(0, 400, width=32),
    location=none() | builds(plate_pb2.GeoPoint, latitude=floats(-90, 90), longitude=floats(-180, 180)),
    heading_degrees=floats(0, 360, width=32),
    track_id=words,
    source_event_id=words,
)
vehicles = builds(
    plate_pb2.Vehicle,
    vehicle_class=_enum(plate_pb2.VehicleClass.values),
    class_confidence=shares,
    make=words,
    model=words,
    model_confidence=shares,
    colour=words,
    colour_confidence=shares,
)
images = builds(
    plate_pb2.ImageRef,
    kind=_enum(plate_pb2.ImageKind.values),
    object_key=names,
    sha256=binary(min_size=32, max_size=32),
    size_bytes=integers(0, 2**40),
    content_type=words,
    version_id=words,
)


@composite
def any_read(draw: DrawFn) -> plate_pb2.Read:
    no_read = draw(booleans())
    return plate_pb2.Read(
        read_id=str(draw(uuids())),
        frame_id=str(draw(uuids())),
        region=draw(names),
        zone=draw(names),
        capture=draw(captures),
        plate=None if no_read else draw(plates),
        vehicle=draw(vehicles),
        images=draw(lists(images, max_size=3)),
        engine=draw(builds(plate_pb2.Engine, name=words, version=words, model_sha256=words)),
        no_read=no_read,
        backfill=draw(booleans()),
        adapter_version=draw(words),
        received_at=draw(times),
    )


@given(sent=any_read())
def test_a_read_survives_both_ways(sent: plate_pb2.Read) -> None:
    assert reads.encode(reads.decode(sent)) == sent


@given(sent=any_read())
def test_the_digest_is_of_the_whole_read(sent: plate_pb2.Read) -> None:
    first = reads.decode(sent).digest()
    assert reads.decode(sent).digest() == first
    sent.adapter_version += "x"
    assert reads.decode(sent).digest() != first


def test_a_read_does_not_print_its_plate() -> None:
    assert "1ABC123" not in repr(reads.decode(read("1ABC123")))


@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_plate_has_four_corners_or_none(count: int) -> None:
    sent = read()
    del sent.plate.corners[:]
    sent.plate.corners.extend([plate_pb2.Point(x=1, y=1)] * count)
    with pytest.raises(Invalid, match="four corners"):
        reads.decode(sent)


def test_a_read_is_never_so_large_that_a_batch_of_alerts_would_not_fit_a_message() -> None:
    sent = read()
    sent.images[0].object_key = "\U0001f697" * 1024  # as long as each field may be, and four bytes a character
    del sent.images[1:]
    reads.decode(sent)
    sent.images.extend([sent.images[0]] * 15)
    with pytest.raises(Invalid, match="larger"):
        reads.decode(sent)
    beside = hotlist_pb2.HotlistEntry(note="\U0001f697" * 500, source_reference="\U0001f697" * 128).ByteSize() + 4096
    assert (reads.MAX_READ_BYTES + beside) * ALERTS_A_BATCH < 4 * 1024 * 1024
