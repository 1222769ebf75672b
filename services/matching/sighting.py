"""Sightings: what passed where and when, as it was read."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.common import ids

_ENCODER = json.JSONEncoder(default=str)


@dataclass(frozen=True, slots=True)
class Image:
    """An evidence picture: what it shows, its name and version in the bucket, its SHA-256 in hexadecimal."""

    kind: str
    object_key: str
    sha256: str
    size_bytes: int
    content_type: str
    version_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One plate in one frame, or the record that there was none. The fields are the columns of matching.sighting.

    Enumerations are their contract names without prefix, in lower case, such as "red_on_white". A field that is not known is
    empty, 0 or "unspecified". captured_at, received_at: UTC.
    """

    read_id: UUID
    frame_id: UUID
    region: str
    zone: str
    received_at: datetime
    backfill: bool
    adapter_version: str

    camera_id: str
    sequence: int
    captured_at: datetime
    uncertainty: timedelta
    lane: str
    direction: str
    speed_kmh: float
    location: tuple[float, ...] | None  # latitude, longitude
    heading_degrees: float
    track_id: str
    source_event_id: str

    no_read: bool
    raw: str = field(repr=False)
    plate: str | None = field(repr=False)  # normalised; None when `no_read`
    choices: tuple[str, ...] = field(repr=False)  # per position of the plate its alternatives, such as "B8E"
    probabilities: tuple[float, ...] = field(repr=False)  # of all choices, in that order
    country_codes: tuple[str, ...]
    country_series: tuple[str, ...]
    country_priors: tuple[float, ...]
    confidence: float
    box: tuple[int, ...]  # x, y, width, height
    corners: tuple[float, ...]  # x, y of each
    colour: str
    layout: str
    unknown_format: bool

    vehicle_class: str
    class_confidence: float
    make: str
    model: str
    model_confidence: float
    vehicle_colour: str
    vehicle_colour_confidence: float

    images: tuple[Image, ...]
    engine_name: str
    engine_version: str
    engine_sha256: str

    @property
    def captured_day(self) -> date:
        """The day, in UTC, that the sighting is stored under."""
        return self.captured_at.astimezone(UTC).date()

    @property
    def sighting_id(self) -> UUID:
        """The id of the passage that begins with this read."""
        return ids.sighting_id(self.read_id)

    def digest(self) -> bytes:
        """SHA-256 over all of it: two reads with the same digest are the same."""
        values = [getattr(self, name) for name in self.__slots__]
        return hashlib.sha256(_ENCODER.encode(values).encode()).digest()


@dataclass(frozen=True, slots=True)
class Sighting:
    """A stored passage. list_version: the hotlists it was matched against on arrival."""

    sighting_id: UUID
    version: int
    read: Read
    list_version: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: how many reads were new, and how many alerts they raised."""

    recorded: int
    alerts: int
