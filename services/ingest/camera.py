"""Cameras."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A position on earth, WGS 84, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera as the register of article 25/8 wants it. `location` is None where none was registered."""

    camera_id: str
    zone: str
    name: str
    site: str
    location: Location | None
    heading_degrees: float
    lanes: tuple[str, ...]
    purpose: str
    disabled: bool
