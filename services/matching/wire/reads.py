"""Reads, both ways. What is decoded and encoded again is the same read, apart from nanoseconds."""

import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta

from anpr.common.v1 import plate_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from services.common import ids, plate
from services.common.errors import Invalid
from services.matching.sighting import Image, Read
from services.matching.wire import shape

MAX_SEQUENCE = 2**63 - 1  # PostgreSQL's bigint
MAX_RAW_CHARACTERS = 128  # the contract says 32; a read is not lost because its reader saw more separators
MAX_ALTERNATIVES = 40
MAX_COUNTRIES = 32
MAX_IMAGES = 16
# A hundred alerts with such a read are less than the 4 MiB that clients take: one that no message holds would stop every watch.
MAX_READ_BYTES = 32 * 1024
MAX_UNCERTAINTY = timedelta(days=1)
SHA256_BYTES = 32


def decode(read: pb.Read) -> Read:
    """Raises Invalid naming the field that has the wrong shape."""
    if read.ByteSize() > MAX_READ_BYTES:
        raise Invalid(f"a read is larger than {MAX_READ_BYTES:,} bytes", field="reads")
    if read.no_read == read.HasField("plate"):
        raise Invalid("a read has a plate, or says that there was none", field="plate")
    capture, seen = read.capture, read.plate
    choices, probabilities = _choices(seen.characters)
    return Read(
        read_id=ids.parse(read.read_id, "read_id"),
        frame_id=ids.parse(read.frame_id, "frame_id"),
        region=shape.name(read.region, "region"),
        zone=shape.name(read.zone, "zone"),
        received_at=shape.time(read.received_at, "received_at"),
        backfill=read.backfill,
        adapter_version=shape.text(read.adapter_version, "adapter_version"),
        camera_id=shape.name(capture.camera_id, "capture.camera_id"),
        sequence=_sequence(capture.sequence),
        captured_at=_captured_at(capture),
        uncertainty=shape.span(capture.captured.uncertainty, "capture.captured.uncertainty", MAX_UNCERTAINTY),
        lane=shape.text(capture.lane, "capture.lane"),
        direction=shape.decode_enum(pb.Direction, capture.direction, "capture.direction"),
        speed_kmh=shape.number(capture.speed_kmh, "capture.speed_kmh", 0, 1000),
        location=_location(capture),
        heading_degrees=shape.number(capture.heading_degrees, "capture.heading_degrees", -360, 360),
        track_id=shape.text(capture.track_id, "capture.track_id"),
        source_event_id=shape.text(capture.source_event_id, "capture.source_event_id"),
        no_read=read.no_read,
        raw=_raw(seen.raw),
        plate=None if read.no_read else _text(seen.text),
        choices=choices,
        probabilities=probabilities,
        country_codes=tuple(shape.text(country.country_code, "plate.countries") for country in _countries(seen)),
        country_series=tuple(shape.text(country.series, "plate.countries") for country in seen.countries),
        country_priors=tuple(shape.share(country.prior, "plate.countries") for country in seen.countries),
        confidence=shape.share(seen.confidence, "plate.confidence"),
        box=(seen.box.x, seen.box.y, seen.box.width, seen.box.height) if seen.HasField("box") else (),
        corners=_corners(seen.corners),
        colour=shape.decode_enum(pb.PlateColour, seen.colour, "plate.colour"),
        layout=shape.decode_enum(pb.PlateLayout, seen.layout, "plate.layout"),
        unknown_format=seen.unknown_format,
        vehicle_class=shape.decode_enum(pb.VehicleClass, read.vehicle.vehicle_class, "vehicle.vehicle_class"),
        class_confidence=shape.share(read.vehicle.class_confidence, "vehicle.class_confidence"),
        make=shape.text(read.vehicle.make, "vehicle.make"),
        model=shape.text(read.vehicle.model, "vehicle.model"),
        model_confidence=shape.share(read.vehicle.model_confidence, "vehicle.model_confidence"),
        vehicle_colour=shape.text(read.vehicle.colour, "vehicle.colour"),
        vehicle_colour_confidence=shape.share(read.vehicle.colour_confidence, "vehicle.colour_confidence"),
        images=_images(read.images),
        engine_name=shape.text(read.engine.name, "engine.name"),
        engine_version=shape.text(read.engine.version, "engine.version"),
        engine_sha256=shape.text(read.engine.model_sha256, "engine.model_sha256"),
    )


def _sequence(sequence: int) -> int:
    if sequence > MAX_SEQUENCE:
        raise Invalid("capture.sequence is larger than 2^63 - 1", field="capture.sequence")
    return sequence


def _captured_at(capture: pb.Capture) -> datetime:
    if not capture.captured.HasField("time"):
        raise Invalid("capture.captured.time is missing", field="capture.captured.time")
    return shape.time(capture.captured.time, "capture.captured.time")


def _location(capture: pb.Capture) -> tuple[float, ...] | None:
    if not capture.HasField("location"):
        return None
    return (
        shape.number(capture.location.latitude, "capture.location.latitude", -90, 90),
        shape.number(capture.location.longitude, "capture.location.longitude", -180, 180),
    )


def _raw(raw: str) -> str:
    """Kept as the reader saw it, whatever that is; only what PostgreSQL cannot store is refused."""
    if len(raw) > MAX_RAW_CHARACTERS or "\0" in raw:
        raise Invalid(f"plate.raw is at most {MAX_RAW_CHARACTERS} characters", field="plate.raw")
    return raw


def _text(text: str) -> str:
    if plate.normalise(text) != text:
        raise Invalid("plate.text is not normalised", field="plate.text")
    return text


def _choices(positions: Iterable[pb.CharacterPosition]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    rows = [position.choices for position in positions]
    flat = list(itertools.chain.from_iterable(rows))
    if len(rows) > plate.MAX_CHARACTERS or any(len(row) > MAX_ALTERNATIVES for row in rows):
        raise Invalid("plate.characters has too many positions or alternatives", field="plate.characters")
    if any(len(choice.character) != 1 or not choice.character.isprintable() for choice in flat):
        raise Invalid("a choice in plate.characters is one character", field="plate.characters")
    words = tuple("".join(choice.character for choice in row) for row in rows)
    return words, tuple(shape.share(choice.probability, "plate.characters") for choice in flat)


def _countries(seen: pb.Plate) -> Iterable[pb.CountryCandidate]:
    if len(seen.countries) > MAX_COUNTRIES:
        raise Invalid(f"plate.countries has more than {MAX_COUNTRIES} candidates", field="plate.countries")
    return seen.countries


def _corners(corners: Iterable[pb.Point]) -> tuple[float, ...]:
    flat = [shape.number(value, "plate.corners", -1e6, 1e6) for corner in corners for value in (corner.x, corner.y)]
    if len(flat) not in (0, 8):
        raise Invalid("plate.corners has four corners", field="plate.corners")
    return tuple(flat)


def _images(images: Iterable[pb.ImageRef]) -> tuple[Image, ...]:
    found = tuple(_image(image) for image in images)
    if len(found) > MAX_IMAGES:
        raise Invalid(f"a read has at most {MAX_IMAGES} images", field="images")
    return found


def _image(image: pb.ImageRef) -> Image:
    if len(image.sha256) != SHA256_BYTES or image.size_bytes < 0:
        raise Invalid("an image has a SHA-256 of 32 bytes and a size", field="images")
    return Image(
        kind=shape.decode_enum(pb.ImageKind, image.kind, "images.kind"),
        object_key=shape.name(image.object_key, "images.object_key", 1024),
        sha256=image.sha256.hex(),
        size_bytes=image.size_bytes,
        content_type=shape.text(image.content_type, "images.content_type"),
        version_id=shape.text(image.version_id, "images.version_id"),
    )


def encode(read: Read) -> pb.Read:
    """The read as it was sent."""
    return pb.Read(
        read_id=str(read.read_id),
        frame_id=str(read.frame_id),
        region=read.region,
        zone=read.zone,
        capture=_encode_capture(read),
        plate=None if read.no_read else _encode_plate(read),
        vehicle=_encode_vehicle(read),
        images=[_encode_image(image) for image in read.images],
        engine=pb.Engine(name=read.engine_name, version=read.engine_version, model_sha256=read.engine_sha256),
        no_read=read.no_read,
        backfill=read.backfill,
        adapter_version=read.adapter_version,
        received_at=shape.encode_time(read.received_at),
    )


def _encode_capture(read: Read) -> pb.Capture:
    uncertainty = Duration()
    uncertainty.FromTimedelta(read.uncertainty)
    location = pb.GeoPoint(latitude=read.location[0], longitude=read.location[1]) if read.location else None
    return pb.Capture(
        camera_id=read.camera_id,
        sequence=read.sequence,
        captured=pb.CaptureTime(time=shape.encode_time(read.captured_at), uncertainty=uncertainty),
        lane=read.lane,
        direction=shape.encode_enum(pb.Direction, read.direction),  # type: ignore[arg-type]
        speed_kmh=read.speed_kmh,
        location=location,
        heading_degrees=read.heading_degrees,
        track_id=read.track_id,
        source_event_id=read.source_event_id,
    )


def _encode_plate(read: Read) -> pb.Plate:
    return pb.Plate(
        raw=read.raw,
        text=read.plate,
        characters=_encode_choices(read),
        countries=[
            pb.CountryCandidate(country_code=code, series=series, prior=prior)
            for code, series, prior in zip(read.country_codes, read.country_series, read.country_priors, strict=True)
        ],
        confidence=read.confidence,
        box=pb.Box(x=read.box[0], y=read.box[1], width=read.box[2], height=read.box[3]) if read.box else None,
        corners=[pb.Point(x=x, y=y) for x, y in zip(read.corners[::2], read.corners[1::2], strict=True)],
        colour=shape.encode_enum(pb.PlateColour, read.colour),  # type: ignore[arg-type]
        layout=shape.encode_enum(pb.PlateLayout, read.layout),  # type: ignore[arg-type]
        unknown_format=read.unknown_format,
    )


def _encode_choices(read: Read) -> list[pb.CharacterPosition]:
    probabilities = iter(read.probabilities)
    return [
        pb.CharacterPosition(
            choices=[pb.CharacterChoice(character=character, probability=next(probabilities)) for character in word]
        )
        for word in read.choices
    ]


def _encode_vehicle(read: Read) -> pb.Vehicle:
    return pb.Vehicle(
        vehicle_class=shape.encode_enum(pb.VehicleClass, read.vehicle_class),  # type: ignore[arg-type]
        class_confidence=read.class_confidence,
        make=read.make,
        model=read.model,
        model_confidence=read.model_confidence,
        colour=read.vehicle_colour,
        colour_confidence=read.vehicle_colour_confidence,
    )


def _encode_image(image: Image) -> pb.ImageRef:
    return pb.ImageRef(
        kind=shape.encode_enum(pb.ImageKind, image.kind),  # type: ignore[arg-type]
        object_key=image.object_key,
        sha256=bytes.fromhex(image.sha256),
        size_bytes=image.size_bytes,
        content_type=image.content_type,
        version_id=image.version_id,
    )
