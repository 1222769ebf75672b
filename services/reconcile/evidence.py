"""What is read of the database, as values."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import date, datetime
from uuid import UUID

SMALL = 1000  # sightings
LOOKUP, ALERTS = "lookup_plate", "alerts_between"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the ledger of queries, in the order of its columns."""

    ledger_id: int
    intent_id: UUID
    request_id: UUID
    function_name: str
    who: str
    zone: str
    purpose: str
    decision_id: UUID | None
    subject_sha256: bytes | None = field(repr=False)
    window_from: datetime | None
    window_until: datetime | None
    camera_ids: list[str] | None
    row_count: int
    at: datetime

    def digest(self) -> bytes:
        """SHA-256 over all columns."""
        values = [value.hex() if isinstance(value, bytes) else value for value in astuple(self)]
        return hashlib.sha256(json.dumps(values, default=str).encode()).digest()

    @property
    def at_ms(self) -> int:
        return int(self.at.timestamp() * 1000)

    def covers(self, day: date) -> bool:
        """Whether the query may have read the partition of this day."""
        if self.window_from is None or self.window_until is None:
            return False
        return self.window_from.date() <= day <= self.window_until.date()

    def is_about(self, plate: str) -> bool:
        """Whether this plate, in normal form, was looked up."""
        return self.subject_sha256 == hashlib.sha256(f"{self.intent_id}/{plate}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Partition:
    """Counters of the sightings of a day. live: estimated rows; by_plate, by_camera, by_key: scans of the three indexes;
    key_tuples: what scans of the key gave; whole: scans of the table from end to end; inserted: rows."""

    live: int
    whole: int
    inserted: int
    by_plate: int
    by_camera: int
    by_key: int
    key_tuples: int

    @property
    def is_judged(self) -> bool:
        """Small tables are read from end to end by honest queries too: that is quicker than an index."""
        return self.live >= SMALL


NONE = Partition(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What PostgreSQL counted. calls: by function of matching; reset: when the counters were last set back."""

    started: str
    reset: str
    calls: Mapping[str, int]
    partitions: Mapping[str, Partition]
    sessions: frozenset[str]
