"""Reads of invented plates, with every field that a real one has."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.common import ids
from services.matching.sighting import Image, Read

LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"


def invent_plate() -> str:
    """A plate of the Belgian series of 2010."""
    return "12"[random.randrange(2)] + "".join(random.choices(LETTERS, k=3)) + "".join(random.choices(DIGITS, k=3))


def invent_read(plate: str, captured_at: datetime) -> Read:
    """One plate in a frame of its own."""
    frame_id = ids.uuid7()
    return replace(
        _MODEL,
        read_id=ids.read_id(frame_id, 0),
        frame_id=frame_id,
        captured_at=captured_at,
        received_at=captured_at + timedelta(milliseconds=150),
        raw=f"{plate[0]}-{plate[1:4]}-{plate[4:]}",
        plate=plate,
        choices=tuple(f"{character}B8" for character in plate),
        probabilities=(0.97, 0.02, 0.01) * len(plate),
    )


_ANY = ids.uuid7()
_MODEL = Read(
    read_id=_ANY,
    frame_id=_ANY,
    region="local",
    zone="local",
    received_at=datetime.min.replace(tzinfo=UTC),
    backfill=False,
    adapter_version="grpc/1",
    camera_id="camera-1",
    sequence=1,
    captured_at=datetime.min.replace(tzinfo=UTC),
    uncertainty=timedelta(milliseconds=50),
    lane="1",
    direction="approaching",
    speed_kmh=49.3,
    location=(50.85, 4.35),
    heading_degrees=271.5,
    track_id="",
    source_event_id="",
    no_read=False,
    raw="",
    plate="",
    choices=(),
    probabilities=(),
    country_codes=("BE", "FR"),
    country_series=("BE_STD_2010", ""),
    country_priors=(0.97, 0.03),
    confidence=0.987,
    box=(300, 400, 120, 30),
    corners=(300.0, 400.0, 420.0, 400.5, 420.0, 430.0, 300.0, 429.5),
    colour="red_on_white",
    layout="one_line",
    unknown_format=False,
    vehicle_class="car",
    class_confidence=0.8,
    make="",
    model="",
    model_confidence=0.0,
    vehicle_colour="grey",
    vehicle_colour_confidence=0.6,
    images=(Image("frame", "local/camera-1/2026-01-01/frame", "ab" * 32, 151_000, "image/jpeg", "v1"),),
    engine_name="standin",
    engine_version="1",
    engine_sha256="",
)
