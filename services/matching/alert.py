"""Alerts: a sighting fits an entry of a hotlist. An alert is a question, and a late one never alarms."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.common import ids
from services.matching.hotlist import Entry, Hotlist
from services.matching.sighting import Sighting

LATE_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry and a read that fit."""

    entry_id: UUID
    captured_day: date
    read_id: UUID
    captured_at: datetime
    backfill: bool

    @property
    def alert_id(self) -> UUID:
        """The id of the alert on this hit, the same whenever it is found."""
        return ids.alert_id(self.entry_id, self.read_id)

    def is_late(self, now: datetime) -> bool:
        """Whether the vehicle passed too long ago to act on the place."""
        return self.backfill or self.captured_at < now - LATE_AFTER


@dataclass(frozen=True, slots=True)
class Alert:
    """A raised alert, as it is delivered; positions rise by one. late: the vehicle passed too long ago to act on the place."""

    alert_id: UUID
    position: int
    raised_at: datetime
    late: bool
    hotlist: Hotlist
    entry: Entry
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Batch:
    """Alerts in order of position. `position`: all up to there were looked at; `is_last`: and there was no more at that time."""

    alerts: tuple[Alert, ...]
    position: int
    is_last: bool
