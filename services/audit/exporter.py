"""Gives a range of entries out, redacted; that it was done is an entry of its own before the first byte leaves."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.audit import checkpoint, redacted, tile
from services.audit.entry import Content, Entry
from services.audit.errors import EntryNotFound, LogAltered
from services.audit.log import Log
from services.audit.redacted import MAX_ENTRIES, Export
from services.audit.review import Disclosed, Review
from services.audit.store import Store
from services.audit.tile import TileInvalid
from services.common import ids, ledger, note
from services.common.caller import Caller
from services.common.errors import Invalid
from services.common.note import Signer

SYSTEM, KIND = "audit", "export"
CHUNK_BYTES = 3 * 1024 * 1024
OPENED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: entries first <= index <= last, and the names of the fields to show."""

    first: int
    last: int
    shown: tuple[str, ...]


class Exporter:
    """signer: with the log's key for receipts."""

    def __init__(self, store: Store, review: Review, log: Log, signer: Signer) -> None:
        self._store, self._review, self._log, self._signer = store, review, log, signer

    async def export(self, wanted: Wanted, who: Caller, request_id: UUID | None) -> AsyncGenerator[bytes, None]:
        """The file, in pieces. Raises Invalid, EntryNotFound, SizeNotSigned, LogAltered, and what appending raises."""
        made = await self._make(wanted)
        await self._log.append([_entry(wanted, who, request_id, made)])
        for start in range(0, len(made.data), CHUNK_BYTES):
            yield made.data[start : start + CHUNK_BYTES]

    async def _make(self, wanted: Wanted) -> Export:
        if not 0 <= wanted.first <= wanted.last or wanted.last - wanted.first >= MAX_ENTRIES:
            raise Invalid(f"an export has 1 to {MAX_ENTRIES} entries", field="last")
        head = await self._store.published_head(None)
        size = checkpoint.parse(note.parse(head).text).size
        if wanted.last >= size:
            raise EntryNotFound("no entry under the published head has this index", index=wanted.last, size=size)
        entries = await self._entries(wanted)
        before, after = redacted.ranges(wanted.first, wanted.last, size)
        tiles = await self._store.tiles(tile.places([*before, *after]))
        try:
            return await asyncio.to_thread(redacted.make, entries, wanted.shown, head, size, tiles, self._signer)
        except TileInvalid as cause:
            raise LogAltered("the log cannot prove this range", first=wanted.first, last=wanted.last) from cause

    async def _entries(self, wanted: Wanted) -> Sequence[Disclosed]:
        hits = await self._store.stored(wanted.first, wanted.last)
        if [hit.index for hit in hits] != list(range(wanted.first, wanted.last + 1)):
            raise LogAltered("entries are missing", first=wanted.first, last=wanted.last)
        found = []
        for count, hit in enumerate(hits, start=1):
            found.append(self._review.disclosed(hit))
            if count % OPENED_AT_ONCE == 0:
                await asyncio.sleep(0)
        return found


def _entry(wanted: Wanted, who: Caller, request_id: UUID | None, made: Export) -> Entry:
    said: dict[str, str | int | list[str]] = {
        "first": wanted.first,
        "last": wanted.last,
        "disclosed": list(wanted.shown),
        "manifest": made.digest,
    }
    content = Content(
        actor=who.person,
        unit=who.unit,
        zone=who.zone,
        client=who.system,
        roles=tuple(sorted(who.roles)),
        request_id=str(request_id or ""),
        query=ledger.canonical(said),
        result_count=wanted.last - wanted.first + 1,
    )
    return Entry(ids.uuid7(), KIND, None, SYSTEM, content)
