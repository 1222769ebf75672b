"""Checks of shape that several messages need."""

import math
from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.timestamp_pb2 import Timestamp

from services.common.errors import Invalid
from services.matching.query import DEFAULT_PAGE, MAX_PAGE

MAX_ID_CHARACTERS = 128
MAX_TEXT_CHARACTERS = 256


def text(value: str, field: str, limit: int = MAX_TEXT_CHARACTERS) -> str:
    """A printable text of at most `limit` characters."""
    if len(value) > limit or not value.isprintable():
        raise Invalid(f"{field} is at most {limit} printable characters", field=field)
    return value


def name(value: str, field: str, limit: int = MAX_ID_CHARACTERS) -> str:
    """A printable text that is not empty."""
    if not value:
        raise Invalid(f"{field} is missing", field=field)
    return text(value, field, limit)


def number(value: float, field: str, low: float, high: float) -> float:
    """A finite number within bounds."""
    if not math.isfinite(value) or not low <= value <= high:
        raise Invalid(f"{field} is not between {low:g} and {high:g}", field=field)
    return value


def share(value: float, field: str) -> float:
    """A probability."""
    return number(value, field, 0, 1)


def time(value: Timestamp, field: str) -> datetime:
    """A moment, in UTC, to the microsecond."""
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"{field} is no time", field=field) from None


def span(value: Duration, field: str, longest: timedelta) -> timedelta:
    """A length of time that is not negative."""
    try:
        found = value.ToTimedelta()
    except (ValueError, OverflowError):
        found = timedelta(-1)
    if not timedelta(0) <= found <= longest:
        raise Invalid(f"{field} is not between 0 and {longest.total_seconds():g} s", field=field)
    return found


def decode_enum(kind: EnumTypeWrapper, value: int, field: str, *, required: bool = False) -> str:
    """The name of a value without the prefix of its kind, in lower case, such as "red_on_white"."""
    if value not in kind.values() or (required and not value):
        raise Invalid(f"{field} is not one of its values", field=field)
    return kind.Name(value).removeprefix(_prefix(kind)).lower()


def encode_enum(kind: EnumTypeWrapper, word: str) -> int:
    """The value of a name as `decode_enum` gives it."""
    return kind.Value(_prefix(kind) + word.upper())


def _prefix(kind: EnumTypeWrapper) -> str:
    return kind.Name(0).removesuffix("UNSPECIFIED")


def encode_time(value: datetime | None) -> Timestamp | None:
    """None stays None: protobuf takes that for absent."""
    if value is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(value)
    return stamp


def page_size(value: int) -> int:
    """How many rows a page has: 100 when the caller does not say."""
    if not 0 <= value <= MAX_PAGE:
        raise Invalid(f"page_size is between 1 and {MAX_PAGE}", field="page_size")
    return value or DEFAULT_PAGE
