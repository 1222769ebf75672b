"""Protobuf to domain and back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from anpr.audit.v1 import audit_pb2 as pb
from anpr.common.v1 import access_pb2, plate_pb2
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.timestamp_pb2 import Timestamp

from services.audit import entry, jcs
from services.audit.entry import Content, Entry
from services.audit.errors import WindowInvalid
from services.audit.exporter import Wanted
from services.audit.jcs import JcsInvalid
from services.audit.log import MAX_BATCH, Answer, Appended
from services.audit.proofs import MAX_LEAVES, Consistency, Inclusion
from services.audit.release import Release
from services.audit.review import Opened, Page, Search
from services.common import ids
from services.common.errors import Invalid, Refusal

MAX_TEXT = 1024
MAX_QUERY_BYTES = 64 * 1024
MAX_PAGE, DEFAULT_PAGE = 500, 100
END_OF_TIME_S = 253_402_300_800  # the year 10000
KINDS = {
    pb.ENTRY_KIND_INTENT: entry.INTENT,
    pb.ENTRY_KIND_OUTCOME: entry.OUTCOME,
    pb.ENTRY_KIND_DENIED: entry.DENIED,
}
RELEASES = {
    pb.RELEASE_INTEGRATED: Release.INTEGRATED,
    pb.RELEASE_WITNESSED: Release.WITNESSED,
}
STORED_KINDS: Mapping[Any, str] = {
    number: name.removeprefix("ENTRY_KIND_").lower() for name, number in pb.EntryKind.items() if number
}
DIGEST = re.compile(r"(?:[0-9a-f]{64})?")
WORD = re.compile(r"[A-Z_]{0,64}")
TEXTS = ("actor", "unit", "zone", "client", "rpc", "plate", "status", "refusal", "policy")
PLAIN = ("system", "rpc", "status")
SEARCHED = ("actor", "plate", "case_reference", "unit", "decision_id", "system", "rpc", "status")
ACCESS_TEXTS = ("case_reference", "reason", "decision_id", "on_behalf_of", "request_id")


def decode_entries(batch: Sequence[pb.EntryFields], system: str) -> list[Entry]:
    """1 to 256 entries that this system hands in."""
    if not 1 <= len(batch) <= MAX_BATCH:
        raise Invalid(f"a batch has 1 to {MAX_BATCH} entries", field="fields")
    return [decode_entry(fields, system) for fields in batch]


@dataclass(frozen=True, slots=True)
class Decoded:
    """An entry of a batch in which each stands for itself; or why it is none."""

    entry: Entry | None = None
    refusal: Refusal | None = None


def decode_each(batch: Sequence[pb.EntryFields], system: str) -> list[Decoded]:
    """1 to 256 entries that this system hands in, each for itself."""
    if not 1 <= len(batch) <= MAX_BATCH:
        raise Invalid(f"a batch has 1 to {MAX_BATCH} entries", field="fields")
    return [_decoded(fields, system) for fields in batch]


def _decoded(fields: pb.EntryFields, system: str) -> Decoded:
    try:
        return Decoded(decode_entry(fields, system))
    except Refusal as refusal:
        return Decoded(refusal=refusal)


def decode_entry(fields: pb.EntryFields, system: str) -> Entry:
    """An entry that this system hands in. Who asks for what is taken as it is: an odd attempt must be logged as it was made."""
    if fields.kind not in KINDS:
        raise Invalid("the kind of the entry is not known", field="kind")
    if fields.system != system or not entry.SYSTEM.fullmatch(system):
        raise Invalid("system is not the name of the calling service", field="system")
    kind = KINDS[fields.kind]
    return Entry(_entry_id(fields), kind, _ref(fields, kind), system, _content(fields))


def _entry_id(fields: pb.EntryFields) -> UUID:
    entry_id = ids.parse(fields.id, "id")
    if entry_id.version != 7:
        raise Invalid("id is no UUIDv7", field="id")
    return entry_id


def _ref(fields: pb.EntryFields, kind: str) -> UUID | None:
    if (kind == entry.OUTCOME) != bool(fields.ref) and kind != entry.DENIED:
        raise Invalid("an outcome names its intent, and an intent names none", field="ref")
    return ids.parse(fields.ref, "ref") if fields.ref else None


def _content(fields: pb.EntryFields) -> Content:
    for message, names, prefix in ((fields, TEXTS, ""), (fields.access, ACCESS_TEXTS, "access.")):
        for name in names:
            if len(getattr(message, name)) > MAX_TEXT:
                raise Invalid(f"{prefix}{name} is longer than {MAX_TEXT} characters", field=prefix + name)
    verify_stored(fields.rpc, "rpc")  # of the texts that lie in plain text, the only one without a form of its own
    _verify_outcome(fields)
    _verify_query(fields.query)
    return Content(
        **{name: getattr(fields, name) for name in TEXTS},
        **{name: getattr(fields.access, name) for name in ACCESS_TEXTS},
        purpose=_word(access_pb2.Purpose, fields.access.purpose, "PURPOSE_"),
        legal_ground=_word(access_pb2.LegalGround, fields.access.legal_ground, "LEGAL_GROUND_"),
        roles=tuple(_word(access_pb2.Role, role, "ROLE_") for role in fields.roles),
        query=fields.query,
        result_count=fields.result_count,
        result_digest=fields.result_digest,
        page=fields.page,
    )


def _verify_outcome(fields: pb.EntryFields) -> None:
    if not 0 <= fields.result_count < jcs.LIMIT:
        raise Invalid("result_count is negative or 2^53 or more", field="result_count")
    if fields.page < 0:
        raise Invalid("page is negative", field="page")
    if not DIGEST.fullmatch(fields.result_digest):
        raise Invalid("result_digest is not 64 hexadecimal digits", field="result_digest")
    for name in ("status", "refusal"):
        if not WORD.fullmatch(getattr(fields, name)):
            raise Invalid(f"{name} is not a word in capitals", field=name)
    if len(fields.roles) > len(access_pb2.Role.values()):
        raise Invalid("there are more roles than the contract has", field="roles")


def _verify_query(query: str) -> None:
    data = query.encode()
    if len(data) > MAX_QUERY_BYTES:
        raise Invalid("query is too long", field="query")
    try:
        if query:
            jcs.decode_object(data)
    except JcsInvalid as cause:
        raise Invalid("query is not canonical JSON (docs/audit-format.md)", field="query") from cause


def encode_appended(appended: Appended, release: Release) -> pb.AppendResponse:
    """The answer to an append."""
    return pb.AppendResponse(
        index=appended.index, note=appended.note, leaf=appended.leaf, release=f"RELEASE_{release.name}"
    )


def encode_batch(appended: Sequence[Appended], releases: Sequence[Release]) -> pb.AppendBatchResponse:
    """The answer to a batch that is there as a whole."""
    return pb.AppendBatchResponse(
        receipts=[encode_appended(one, release) for one, release in zip(appended, releases, strict=True)]
    )


def encode_answer(answer: Answer, release: Release) -> pb.AppendResponse:
    """The answer to an append among others."""
    return encode_refusal(answer.refusal) if answer.appended is None else encode_appended(answer.appended, release)


def encode_refusal(refusal: Refusal | None) -> pb.AppendResponse:
    """The answer to an append that was refused among others."""
    return pb.AppendResponse(refusal=refusal.reason if refusal else "INTERNAL")


def decode_release(release: pb.Release) -> Release:
    """What is waited for."""
    if release not in RELEASES:
        raise Invalid("a head is awaited as integrated or witnessed", field="release")
    return RELEASES[release]


def encode_entry(opened: Opened) -> pb.Entry:
    """An entry with what it says, if that was not erased."""
    encoded = pb.Entry(index=opened.index, leaf=opened.data, time=_timestamp(opened.leaf.time_ms))
    if opened.content is not None:
        encoded.fields.CopyFrom(_fields(opened, opened.content))
    return encoded


def _fields(opened: Opened, content: Content) -> pb.EntryFields:
    leaf = opened.leaf
    return pb.EntryFields(
        id=str(leaf.id),
        kind=next((kind for kind, word in STORED_KINDS.items() if word == leaf.kind), pb.ENTRY_KIND_UNSPECIFIED),
        ref=str(leaf.ref) if leaf.ref else "",
        system=leaf.system,
        **{name: getattr(content, name) for name in TEXTS},
        roles=[_number(access_pb2.Role, role, "ROLE_") for role in content.roles],
        access=access_pb2.AccessContext(
            **{name: getattr(content, name) for name in ACCESS_TEXTS},
            purpose=_number(access_pb2.Purpose, content.purpose, "PURPOSE_"),
            legal_ground=_number(access_pb2.LegalGround, content.legal_ground, "LEGAL_GROUND_"),
        ),
        query=content.query,
        result_count=content.result_count,
        result_digest=content.result_digest,
        page=content.page,
    )


def encode_page(page: Page) -> pb.SearchEntriesResponse:
    """A page of a search."""
    return pb.SearchEntriesResponse(
        entries=[encode_entry(opened) for opened in page.entries], next_page_token=page.next_token
    )


def encode_inclusion(proof: Inclusion) -> pb.GetInclusionProofResponse:
    """An inclusion proof."""
    return pb.GetInclusionProofResponse(path=proof.path, leaf_hash=proof.leaf_hash, checkpoint=proof.checkpoint)


def encode_consistency(proof: Consistency) -> pb.GetConsistencyProofResponse:
    """A consistency proof."""
    return pb.GetConsistencyProofResponse(path=proof.path, checkpoint=proof.checkpoint)


def decode_search(request: pb.SearchEntriesRequest) -> Search:
    """What is searched for."""
    if request.kind and request.kind not in STORED_KINDS:
        raise Invalid("the kind of the entry is not known", field="kind")
    for name in SEARCHED:
        if len(getattr(request, name)) > MAX_TEXT:
            raise Invalid(f"{name} is longer than {MAX_TEXT} characters", field=name)
    for name in PLAIN:
        verify_stored(getattr(request, name), name)
    for name in ("least_results", "most_results"):
        if not 0 <= getattr(request, name) < jcs.LIMIT:
            raise Invalid(f"{name} is negative or 2^53 or more", field=name)
    from_ms, until_ms = _window(request.window) if request.HasField("window") else (None, None)
    return Search(
        **{name: getattr(request, name) for name in SEARCHED},
        purpose=_word(access_pb2.Purpose, request.purpose, "PURPOSE_"),
        kind=STORED_KINDS.get(request.kind),
        from_ms=from_ms,
        until_ms=until_ms,
        least_results=request.least_results if request.HasField("least_results") else None,
        most_results=request.most_results if request.HasField("most_results") else None,
    )


def verify_stored(text: str, name: str) -> None:
    """Raises Invalid for a text that the database cannot hold, and so cannot find: one with a zero character."""
    if "\0" in text:
        raise Invalid(f"{name} holds a zero character", field=name)


def decode_page_size(size: int) -> int:
    """Entries on a page."""
    return _limited(size, "page_size", largest=MAX_PAGE, default=DEFAULT_PAGE)


def decode_export(request: pb.ExportEntriesRequest) -> Wanted:
    """A range of entries and the fields to show."""
    shown = tuple(request.disclosed)
    if len(set(shown)) != len(shown) or not set(entry.FIELDS).issuperset(shown):
        raise Invalid("disclosed names fields of an entry (docs/audit-format.md), each once", field="disclosed")
    access = request.access  # which the door has checked
    declared = Content(
        **{name: getattr(access, name) for name in ACCESS_TEXTS},
        purpose=_word(access_pb2.Purpose, access.purpose, "PURPOSE_"),
        legal_ground=_word(access_pb2.LegalGround, access.legal_ground, "LEGAL_GROUND_"),
    )
    return Wanted(decode_position(request.first, "first"), decode_position(request.last, "last"), shown, declared)


def decode_leaf_count(count: int) -> int:
    """Leaves in an answer."""
    return _limited(count, "count", largest=MAX_LEAVES, default=MAX_LEAVES)


def decode_position(position: int, name: str) -> int:
    """An index or a size."""
    if position < 0:
        raise Invalid(f"{name} is negative", field=name)
    return position


def _limited(value: int, name: str, *, largest: int, default: int) -> int:
    if not 0 <= value <= largest:
        raise Invalid(f"{name} is 1 to {largest}, or 0 for {default}", field=name)
    return value or default


def _window(window: plate_pb2.TimeWindow) -> tuple[int, int]:
    if not window.HasField("from") or not window.HasField("until"):
        raise WindowInvalid("a window has a beginning and an end", field="window")
    from_ms, until_ms = (_milliseconds(bound) for bound in (getattr(window, "from"), window.until))
    if from_ms >= until_ms:
        raise WindowInvalid("the window is empty or reversed", field="window")
    return from_ms, until_ms


def _milliseconds(bound: Timestamp) -> int:
    """Rounded up, so that from <= t < until means the same for times in whole milliseconds; never into the year 10000."""
    if not 0 <= bound.seconds < END_OF_TIME_S or not 0 <= bound.nanos < 1_000_000_000:
        raise WindowInvalid("a bound of the window is no time", field="window")
    return min(bound.seconds * 1000 - -bound.nanos // 1_000_000, END_OF_TIME_S * 1000 - 1)


def _timestamp(ms: int) -> Timestamp:
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def _word(enum: EnumTypeWrapper, number: int, prefix: str) -> str:
    """The name in lower case without prefix; "" for the unspecified value; the number of a value without a name."""
    if number == 0:
        return ""
    return _words(enum, prefix).get(number) or str(number)


@cache
def _words(enum: EnumTypeWrapper, prefix: str) -> dict[int, str]:
    return {number: name.removeprefix(prefix).lower() for name, number in enum.items()}


def _number(enum: EnumTypeWrapper, word: str, prefix: str) -> Any:  # an enum value of the message that is being built
    if not word:
        return 0
    return int(word) if word.lstrip("-").isdigit() else enum.Value(prefix + word.upper())
