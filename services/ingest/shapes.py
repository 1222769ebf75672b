"""Checks of single fields. Each gives the value back, or raises Invalid naming the field."""

import math
import re

from services.common.errors import Invalid

# Ids become parts of object names: they begin with a letter or a digit, so that none is `.` or `..`.
CAMERA_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
ZONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def camera_id(value: str, field: str) -> str:
    """An id of a camera."""
    if not CAMERA_ID.fullmatch(value):
        raise Invalid(f"{field} is 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit", field=field)
    return value


def zone(value: str, field: str) -> str:
    """An id of a zone."""
    if not ZONE.fullmatch(value):
        raise Invalid(f"{field} is 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit", field=field)
    return value


def text(value: str, field: str, limit: int) -> str:
    """One line for people, perhaps empty."""
    if len(value) > limit or (value and not value.isprintable()):
        raise Invalid(f"{field} is at most {limit} printable characters", field=field)
    return value


def number(value: float, field: str, low: float, high: float, *, below: bool = False) -> float:
    """A number from `low` to `high`, or below `high`; never NaN."""
    if not math.isfinite(value) or not low <= value <= high or (below and value == high):
        raise Invalid(f"{field} is from {low:g} to {'below ' if below else ''}{high:g}", field=field)
    return value
