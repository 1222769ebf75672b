"""Gives a range of entries out, redacted; that it was done is an entry of its own before the first byte leaves."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.audit import checkpoint, redacted, redacted_form, tile
from services.audit.entry import Content, Entry
from services.audit.errors import EntryNotFound, LogAltered
from services.audit.log import Log
from services.audit.merkle import ProofInvalid
from services.audit.redacted import MAX_ENTRIES, Export
from services.audit.review import Disclosed, Review
from services.audit.store import Store
from services.audit.tile import TileInvalid
from services.common import ids, ledger
from services.common.caller import Caller
from services.common.errors import Invalid
from services.common.note import Signer

SYSTEM, KIND = "audit", "export"
RPC = "anpr.audit.v1.AuditService.ExportEntries"
CHUNK_BYTES = 3 * 1024 * 1024
OPENED_AT_ONCE = 64
MAX_BYTES = 32 * 1024 * 1024  # of what is stored of the entries: all of it is in memory at once


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: entries first <= index <= last, and names of fields to show. declared: why, in words of `Content`."""

    first: int
    last: int
    shown: tuple[str, ...]
    declared: Content = field(default=Content(), repr=False)


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
        size = checkpoint.unverified(head).size
        if wanted.last >= size:
            raise EntryNotFound("no entry under the published head has this index", index=wanted.last, size=size)
        entries = await self._entries(wanted)
        before, after = redacted_form.ranges(wanted.first, wanted.last, size)
        tiles = await self._store.tiles(tile.places([*before, *after]))
        try:
            return await asyncio.to_thread(redacted.make, entries, wanted.shown, head, size, tiles, self._signer)
        except (TileInvalid, ProofInvalid) as cause:
            raise LogAltered("the log cannot prove this range", first=wanted.first, last=wanted.last) from cause

    async def _entries(self, wanted: Wanted) -> Sequence[Disclosed]:
        found: list[Disclosed] = []
        size_bytes = 0
        for first in range(wanted.first, wanted.last + 1, OPENED_AT_ONCE):
            last = min(first + OPENED_AT_ONCE - 1, wanted.last)
            hits = await self._store.stored(first, last)
            if [hit.index for hit in hits] != list(range(first, last + 1)):
                raise LogAltered("entries are missing", first=first, last=last)
            size_bytes += sum(len(hit.leaf) + len(hit.payload or b"") for hit in hits)
            if size_bytes > MAX_BYTES:
                raise Invalid("these entries are too long for one export: ask for fewer", field="last")
            found += [self._review.disclosed(hit) for hit in hits]
        return found


def _entry(wanted: Wanted, who: Caller, request_id: UUID | None, made: Export) -> Entry:
    said: dict[str, str | int | list[str]] = {
        "first": wanted.first,
        "last": wanted.last,
        "disclosed": list(wanted.shown),
        "manifest": made.digest,
    }
    content = replace(
        wanted.declared,
        actor=who.person,
        unit=who.unit,
        zone=who.zone,
        client=who.system,
        roles=tuple(sorted(who.roles)),
        request_id=str(request_id or ""),
        rpc=RPC,
        query=ledger.canonical(said),
        status="OK",
        result_count=wanted.last - wanted.first + 1,
    )
    return Entry(ids.uuid7(), KIND, None, SYSTEM, content)
