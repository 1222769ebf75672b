"""Identifiers: UUIDv7 for things made here (RFC 9562), UUIDv5 for things derived from others."""

import secrets
import threading
import time
from functools import lru_cache
from uuid import UUID, uuid5

from services.common.errors import Invalid

# Namespaces of our own, made once at random.
READ_NAMESPACE = UUID("7d0f9c52-6b0e-4c0a-9a55-3f4f2f3f0b11")
SIGHTING_NAMESPACE = UUID("b1a3f7a4-52c8-4d6f-8a39-0f6c1f0f6a72")
ALERT_NAMESPACE = UUID("3e9d4d1b-9a27-4f43-8a55-9d1c3f7c2b90")

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A UUIDv7: milliseconds, then a counter that only rises within this process, then randomness."""
    global _last  # noqa: PLW0603 - monotony within the process is the point
    with _lock:
        ticks = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = ticks
    milliseconds, fraction = ticks >> 12, ticks & 0xFFF
    value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return UUID(int=value)


def made_at_s(id_: UUID) -> float:
    """When a UUIDv7 was made, in seconds since 1970, by the clock of its maker."""
    return (id_.int >> 80) / 1000


def read_id(frame_id: UUID, ordinal: int) -> UUID:
    """The id of the read with this ordinal (from 0) in a frame."""
    return uuid5(READ_NAMESPACE, f"{frame_id}/{ordinal}")


@lru_cache(maxsize=4096)  # asked for twice while a read is recorded
def sighting_id(first_read: UUID) -> UUID:
    """The id of the passage that begins with this read."""
    return uuid5(SIGHTING_NAMESPACE, str(first_read))


def alert_id(entry_id: UUID, read: UUID) -> UUID:
    """The id of the alert that this entry raises on this read."""
    return uuid5(ALERT_NAMESPACE, f"{entry_id}/{read}")


def parse(text: str, field: str) -> UUID:
    """The UUID in canonical form. Raises Invalid naming the field."""
    try:
        value = UUID(text)
    except ValueError:
        raise Invalid(f"{field} is not a UUID", field=field) from None
    if str(value) != text:
        raise Invalid(f"{field} is not in the canonical form of a UUID", field=field)
    return value
