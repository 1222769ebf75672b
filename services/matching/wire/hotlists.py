"""Hotlists and entries, both ways."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from anpr.common.v1 import access_pb2
from anpr.matching.v1 import hotlist_pb2 as pb

from services.common import ids, plate
from services.common.errors import Invalid
from services.matching.hotlist import MAX_ENTRIES, Added, Entry, Hotlist, Imported, NewEntry, verify_id, verify_text
from services.matching.upload import Declared
from services.matching.wire import shape

MAX_CHUNK_BYTES = 1024 * 1024


def decode_hotlist(hotlist: pb.Hotlist, own_zone: str) -> Hotlist:
    """The zone is that of the service when none is named."""
    verify_id(hotlist.hotlist_id)
    for name, text, limit in (("name", hotlist.name, 128), ("owner", hotlist.owner, 128)):
        verify_text(shape.name(text, f"hotlist.{name}"), f"hotlist.{name}", limit)
    verify_text(hotlist.source, "hotlist.source", 128)
    if not 0 <= hotlist.priority <= 100:
        raise Invalid("hotlist.priority is between 0 and 100", field="hotlist.priority")
    has_review = hotlist.HasField("review_at")
    return Hotlist(
        hotlist_id=hotlist.hotlist_id,
        zone=shape.text(hotlist.zone, "hotlist.zone", 64) or own_zone,
        name=hotlist.name,
        category=shape.decode_enum(pb.HotlistCategory, hotlist.category, "hotlist.category", required=True),
        priority=hotlist.priority,
        owner=hotlist.owner,
        source=hotlist.source,
        legal_ground=shape.decode_enum(
            access_pb2.LegalGround, hotlist.legal_ground, "hotlist.legal_ground", required=True
        ),
        review_at=shape.time(hotlist.review_at, "hotlist.review_at") if has_review else None,
    )


def encode_hotlist(hotlist: Hotlist) -> pb.Hotlist:
    return pb.Hotlist(
        hotlist_id=hotlist.hotlist_id,
        name=hotlist.name,
        category=shape.encode_enum(pb.HotlistCategory, hotlist.category),  # type: ignore[arg-type]
        priority=hotlist.priority,
        owner=hotlist.owner,
        source=hotlist.source,
        legal_ground=shape.encode_enum(access_pb2.LegalGround, hotlist.legal_ground),  # type: ignore[arg-type]
        zone=hotlist.zone,
        review_at=shape.encode_time(hotlist.review_at),
    )


def decode_id(hotlist_id: str) -> str:
    """The id of a hotlist."""
    verify_id(hotlist_id)
    return hotlist_id


def decode_entries(entries: Sequence[pb.HotlistEntry]) -> tuple[tuple[UUID, NewEntry], ...]:
    """1 to 1,000 entries, each with an id of its own: the caller's, or a new one."""
    _verify_count(len(entries), "entries")
    return tuple((_entry_id(entry.entry_id), _decode_entry(entry)) for entry in entries)


def _entry_id(entry_id: str) -> UUID:
    return ids.parse(entry_id, "entries.entry_id") if entry_id else ids.uuid7()


def _decode_entry(entry: pb.HotlistEntry) -> NewEntry:
    if not entry.HasField("valid_until"):
        raise Invalid("valid_until is missing", field="entries.valid_until")
    has_begin = entry.HasField("valid_from")
    return NewEntry(
        plate=plate.parse(entry.plate),
        valid_from=shape.time(entry.valid_from, "entries.valid_from") if has_begin else None,
        valid_until=shape.time(entry.valid_until, "entries.valid_until"),
        note=entry.note,
        source_reference=entry.source_reference,
    )


def decode_plate(text: str) -> str:
    """A plate to look for, normalised; empty for all."""
    return plate.parse(text) if text else ""


def encode_entry(entry: Entry) -> pb.HotlistEntry:
    return pb.HotlistEntry(
        entry_id=str(entry.entry_id),
        plate=entry.content.plate,
        valid_from=shape.encode_time(entry.content.valid_from),
        valid_until=shape.encode_time(entry.content.valid_until),
        note=entry.content.note,
        source_reference=entry.content.source_reference,
        added_version=entry.added_version,
    )


def decode_removal(request: pb.RemoveEntriesRequest) -> frozenset[UUID]:
    """1 to 1,000 entry ids."""
    _verify_count(len(request.entry_ids), "entry_ids")
    return frozenset(ids.parse(entry, "entry_ids") for entry in request.entry_ids)


def _verify_count(count: int, field: str) -> None:
    if not 1 <= count <= MAX_ENTRIES:
        raise Invalid(f"{field} has 1 to {MAX_ENTRIES:,} elements", field=field)


def encode_hotlists(hotlists: tuple[Hotlist, ...], version: int) -> pb.ListHotlistsResponse:
    return pb.ListHotlistsResponse(hotlists=[encode_hotlist(hotlist) for hotlist in hotlists], list_version=version)


def encode_added(added: Added) -> pb.AddEntriesResponse:
    return pb.AddEntriesResponse(entry_ids=[str(entry) for entry in added.entry_ids], list_version=added.list_version)


def encode_entries(entries: tuple[Entry, ...], next_page_token: str) -> pb.ListEntriesResponse:
    return pb.ListEntriesResponse(entries=[encode_entry(entry) for entry in entries], next_page_token=next_page_token)


async def decode_import(
    requests: AsyncIterator[pb.ImportEntriesRequest],
) -> tuple[pb.ImportEntriesRequest, AsyncIterator[bytes]]:
    """The first message, and the chunks of the file, that of the first message included."""
    async for first in requests:
        verify_id(first.hotlist_id)
        return first, _chunks(first, requests)
    raise Invalid("the stream of requests is empty")


async def _chunks(first: pb.ImportEntriesRequest, rest: AsyncIterator[pb.ImportEntriesRequest]) -> AsyncIterator[bytes]:
    yield _chunk(first)
    async for request in rest:
        is_first = request.hotlist_id or request.replace or request.size_bytes or request.sha256
        if is_first or request.HasField("access"):
            raise Invalid("only the first message says what is imported", field="hotlist_id")
        yield _chunk(request)


def decode_declared(first: pb.ImportEntriesRequest) -> Declared:
    """What the file will be."""
    return Declared(first.size_bytes, first.sha256)


def _chunk(request: pb.ImportEntriesRequest) -> bytes:
    if len(request.chunk) > MAX_CHUNK_BYTES:
        raise Invalid("a chunk is larger than 1 MiB", field="chunk")
    return request.chunk


def encode_imported(imported: Imported) -> pb.ImportEntriesResponse:
    return pb.ImportEntriesResponse(
        added=imported.added,
        unchanged=imported.unchanged,
        removed=imported.removed,
        list_version=imported.list_version,
    )
