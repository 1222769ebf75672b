"""Frames: what a camera sends, what is kept of it, and what is answered."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from services.ingest.camera import Location


class Direction(IntEnum):
    """Direction of travel as seen by the camera; the numbers are those of the contract."""

    UNKNOWN = 0
    APPROACHING = 1
    RECEDING = 2


@dataclass(frozen=True, slots=True)
class Capture:
    """Where and when a picture was taken. `location` is None for a camera that does not move."""

    camera_id: str
    sequence: int
    captured_at: datetime
    uncertainty: timedelta
    lane: str
    direction: Direction
    speed_kmh: float
    location: Location | None
    heading_degrees: float
    track_id: str
    source_event_id: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A frame at the door. `backfill`: the source says that it held it back."""

    capture: Capture
    picture: bytes = field(repr=False)
    backfill: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """What the bytes are that the camera sent. `sha256`: 32 bytes over them."""

    sha256: bytes
    size_bytes: int
    content_type: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Deposit:
    """Where the encrypted bytes lie, and their key, wrapped under the key-encryption key that `kek_id` names."""

    object_key: str
    version_id: str
    wrapped_key: bytes = field(repr=False)
    kek_id: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that is durable once its row is committed."""

    frame_id: UUID
    zone: str
    capture: Capture
    backfill: bool
    received_at: datetime
    picture: Picture
    deposit: Deposit


@dataclass(frozen=True, slots=True)
class Holder:
    """The frame that holds a sequence of a camera."""

    frame_id: UUID
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The promise that a frame is durable. `duplicate`: it was already."""

    frame_id: UUID
    sha256: bytes
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The one reading of a frame. `reads`: bytes that matching is sent, again and again if need be; `read_count` of them.

    `reason`: why the picture could not be read (an ErrorReason), empty when the engine answered.
    """

    reads: bytes = field(repr=False)
    read_count: int
    engine: str
    engine_version: str
    model_sha256: str
    reason: str = ""
