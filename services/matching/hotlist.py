"""Hotlists: the vehicles that are looked for."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.common.errors import Invalid

ID = re.compile(r"[a-z0-9._-]{1,64}")
MAX_ENTRIES = 1000
MAX_HOTLISTS = 1000  # of a zone: they are told in one message, and a watch may name them all
MAX_VALIDITY = timedelta(days=366)
MAX_NOTE_CHARACTERS = 500
MAX_REFERENCE_CHARACTERS = 128
FORMULA = ("=", "+", "-", "@")  # a spreadsheet runs a cell that begins so


@dataclass(frozen=True, slots=True)
class Hotlist:
    """A list of one zone. category and legal_ground: contract names without prefix, in lower case; priority: 0 is the highest."""

    hotlist_id: str
    zone: str
    name: str
    category: str
    priority: int
    owner: str
    source: str
    legal_ground: str
    review_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be. plate: normalised; valid_from None: no lower bound. Raises Invalid when it cannot be stored as it is."""

    plate: str = field(repr=False)
    valid_from: datetime | None
    valid_until: datetime
    note: str = field(repr=False)
    source_reference: str = field(repr=False)

    def __post_init__(self) -> None:
        if self.valid_from is not None and self.valid_from >= self.valid_until:
            raise Invalid("valid_from is not earlier than valid_until", field="valid_until")
        verify_text(self.note, "note", MAX_NOTE_CHARACTERS)
        verify_text(self.source_reference, "source_reference", MAX_REFERENCE_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands on its list."""

    entry_id: UUID
    content: NewEntry
    added_version: int


@dataclass(frozen=True, slots=True)
class Added:
    """Entries that were added, and the list version from which they are matched."""

    entry_ids: tuple[UUID, ...]
    list_version: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. An entry that the file changes is taken off and added anew: it counts on both sides."""

    added: int
    unchanged: int
    removed: int
    list_version: int


def verify_id(hotlist_id: str) -> None:
    """Raises Invalid unless this can be the id of a hotlist."""
    if not ID.fullmatch(hotlist_id):
        raise Invalid("a hotlist id is 1 to 64 characters of a-z 0-9 . _ -", field="hotlist_id")


def verify_text(text: str, name: str, limit: int) -> None:
    """Raises Invalid unless this is one line of text that people and spreadsheets can be shown."""
    if len(text) > limit:
        raise Invalid(f"{name} is longer than {limit} characters", field=name)
    if not text.isprintable():
        raise Invalid(f"{name} holds a character that cannot be printed", field=name)
    if text.startswith(FORMULA):
        raise Invalid(f"{name} begins like a formula of a spreadsheet", field=name)


def verify_until(valid_until: datetime, now: datetime) -> None:
    """Raises Invalid unless an entry that is added now may be valid until then."""
    if not now < valid_until <= now + MAX_VALIDITY:
        raise Invalid("valid_until is not within the next 366 days", field="valid_until")
