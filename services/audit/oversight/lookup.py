"""A look-up as the rules see it: what was asked, by whom and why, and what came of it once that is known."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from services.audit import tags
from services.audit.entry import DENIED, INTENT, OUTCOME, Content
from services.audit.review import Opened

OWN_SYSTEM = "audit"
SEARCHES = "anpr.matching.v1.SightingService."
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Lookup:
    """One look-up, or one refused attempt. It is of the intent (id, index), and tells what the entry it was read from says.

    entries: indexes it rests on: that of the intent, or the refusal, and that of the outcome where it was read from one.
    from_ms, until_ms: the window of capture times that was asked for, None where none was. results: None before the outcome.
    """

    index: int
    id: UUID
    time_ms: int
    system: str
    content: Content = field(repr=False)
    plates: tuple[str, ...] = field(repr=False)
    entries: tuple[int, ...]
    from_ms: int | None = None
    until_ms: int | None = None
    pattern: str = field(default="", repr=False)
    cameras: int = 0
    results: int | None = None

    @property
    def officer(self) -> str:
        """The person, in the form in which persons are compared."""
        return person(self.content.actor)

    @property
    def is_search(self) -> bool:
        """Whether passages of vehicles were asked for."""
        return self.content.rpc.startswith(SEARCHES)

    @property
    def day(self) -> int:
        """Its day (UTC), in days since 1970."""
        return self.time_ms // DAY_MS

    @property
    def concerned(self) -> tuple[str, ...]:
        """The persons whom a check of this look-up concerns: who asked, and for whom."""
        return tuple(dict.fromkeys(filter(None, (self.officer, person(self.content.on_behalf_of)))))


def person(written: str) -> str:
    """A person's id in the form in which persons are compared: nobody becomes somebody else by capitals or blanks."""
    return written.strip().casefold()


def asked(opened: Opened) -> Lookup | None:
    """The look-up behind an intent, or the attempt behind a refusal; None for another entry, or one that was erased."""
    if opened.leaf.kind not in (INTENT, DENIED) or opened.content is None:
        return None
    return _lookup(opened, opened.content, opened.leaf.id, (opened.index,))


def answered(opened: Opened, intent_index: int) -> Lookup | None:
    """The look-up behind an outcome; None for another entry, an erased one, or a further page of a stream."""
    content, ref = opened.content, opened.leaf.ref
    if opened.leaf.kind != OUTCOME or content is None or ref is None or content.page > 1:
        return None
    return replace(_lookup(opened, content, ref, (intent_index, opened.index)), results=content.result_count)


def _lookup(opened: Opened, content: Content, id_: UUID, entries: tuple[int, ...]) -> Lookup:
    query = json.loads(content.query) if content.query else {}
    cameras = query.get("camera_ids", [])
    pattern = query.get("pattern", "")
    return Lookup(
        index=entries[0],
        id=id_,
        time_ms=opened.leaf.time_ms,
        system=opened.leaf.system,
        content=content,
        plates=tags.plates(content),
        entries=entries,
        from_ms=_moment(query.get("window.from")),
        until_ms=_moment(query.get("window.until")),
        pattern=pattern if isinstance(pattern, str) else "",
        cameras=len(cameras) if isinstance(cameras, list) else 1,
    )


def _moment(text: object) -> int | None:
    """A caller may have sent what is no time, and that is written down as it was."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round(found.timestamp() * 1000) if found.tzinfo else round(found.replace(tzinfo=UTC).timestamp() * 1000)
