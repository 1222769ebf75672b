"""What people ask for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.matching.errors import WindowInvalid
from services.matching.sighting import Sighting

MAX_WINDOW = timedelta(days=366)
MAX_CAMERAS = 1000
MAX_PAGE = 500
DEFAULT_PAGE = 100


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of capture time. Raises WindowInvalid when it is empty, reversed or wider than 366 days."""

    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.begin >= self.end:
            raise WindowInvalid("the window ends before it begins", field="window")
        if self.end - self.begin > MAX_WINDOW:
            raise WindowInvalid("the window is wider than 366 days", field="window")


@dataclass(frozen=True, slots=True)
class Ground:
    """On what ground, for which zone and under which intent of the log something is read.

    purpose: its contract name without prefix, in lower case.
    """

    intent_id: UUID
    request_id: UUID
    zone: str
    purpose: str
    decision_id: UUID | None


@dataclass(frozen=True, slots=True)
class PlateQuery:
    """Passages of one plate. `cameras` empty: all."""

    plate: str = field(repr=False)
    window: Window
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the next one begins after this row."""

    captured_at: datetime
    read_id: UUID


@dataclass(frozen=True, slots=True)
class Page:
    """Passages, newest first, and where the next page begins; None when this is the last."""

    sightings: tuple[Sighting, ...]
    next: Place | None


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Alerts of these lists (all when empty) with at least this priority (numerically at most)."""

    hotlists: tuple[str, ...]
    lowest_priority: int
