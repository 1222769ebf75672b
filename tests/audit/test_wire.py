from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from anpr.audit.v1 import audit_pb2 as pb
from anpr.common.v1 import access_pb2, plate_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.audit import jcs, wire
from services.audit.entry import Leaf
from services.audit.errors import WindowInvalid
from services.audit.review import Opened, Page
from services.common.errors import Invalid
from tests.audit.test_jcs import keys, texts

ID, REF = "0197f000-0000-7000-8000-000000000001", "0197f000-0000-7000-8000-000000000000"
OPEN_ENUM = st.integers(0, 40)

fields = st.builds(
    pb.EntryFields,
    id=st.just(ID),
    kind=st.just(pb.ENTRY_KIND_OUTCOME),
    ref=st.just(REF),
    system=st.just("matching"),
    actor=texts,
    unit=texts,
    zone=texts,
    client=texts,
    roles=st.lists(OPEN_ENUM.filter(bool), max_size=4),
    access=st.builds(
        access_pb2.AccessContext,
        purpose=OPEN_ENUM,
        legal_ground=OPEN_ENUM,
        case_reference=texts,
        reason=texts,
        decision_id=texts,
        on_behalf_of=texts,
        request_id=texts,
    ),
    rpc=texts,
    plate=texts,
    query=st.just("") | st.dictionaries(keys, texts, max_size=3).map(lambda value: jcs.encode(value).decode()),
    status=st.sampled_from(["", "OK", "PERMISSION_DENIED"]),
    refusal=st.sampled_from(["", "ROLE_NOT_PERMITTED"]),
    result_count=st.integers(0, 2**53 - 1),
    result_digest=st.sampled_from(["", "ab" * 32]),
    page=st.integers(0, 2**31 - 1),
    policy=texts,
)


def opened(message: pb.EntryFields) -> Opened:
    given = wire.decode_entry(message, message.system)
    leaf = Leaf(bytes(32), given.id, given.kind, "2026-11/std", given.ref, given.system, 1790000000123)
    return Opened(7, leaf.encode(), leaf, given.content)


@given(message=fields)
def test_what_a_service_says_comes_back_to_the_auditor(message: pb.EntryFields) -> None:
    encoded = wire.encode_entry(opened(message))
    assert encoded.fields == message
    assert (encoded.index, encoded.time.ToMilliseconds()) == (7, 1790000000123)


def test_words_are_lower_case_names_and_unknown_values_numbers() -> None:
    access = access_pb2.AccessContext(purpose="PURPOSE_JUDICIAL_OFFENCE", legal_ground=99)  # type: ignore[arg-type]
    message = pb.EntryFields(
        id=ID, kind="ENTRY_KIND_INTENT", system="matching", access=access, roles=["ROLE_HOTLIST_MANAGER"]
    )
    content = wire.decode_entry(message, "matching").content
    assert (content.purpose, content.legal_ground, content.roles) == ("judicial_offence", "99", ("hotlist_manager",))


def test_an_erased_entry_has_no_fields() -> None:
    found = opened(pb.EntryFields(id=ID, kind="ENTRY_KIND_INTENT", system="matching"))
    erased = Opened(found.index, found.data, found.leaf, None)
    response = wire.encode_page(Page((found, erased), "next"))
    assert [entry.HasField("fields") for entry in response.entries] == [True, False]
    assert response.next_page_token == "next"
    assert response.entries[1].leaf == found.data


def intent(**changes: Any) -> pb.EntryFields:
    return pb.EntryFields(**{"id": ID, "kind": pb.ENTRY_KIND_INTENT, "system": "matching", **changes})


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (intent(id=""), "id"),
        (intent(id="x"), "id"),
        (intent(id=ID.upper()), "id"),
        (intent(id="7d0f9c52-6b0e-4c0a-9a55-3f4f2f3f0b11"), "id"),
        (intent(kind=0), "kind"),
        (intent(kind=9), "kind"),
        (intent(system=""), "system"),
        (intent(system="ingest"), "system"),
        (intent(ref=REF), "ref"),
        (intent(kind=pb.ENTRY_KIND_OUTCOME), "ref"),
        (intent(kind=pb.ENTRY_KIND_OUTCOME, ref="x"), "ref"),
        (intent(kind=pb.ENTRY_KIND_DENIED, ref="x"), "ref"),
        (intent(actor="a" * 1025), "actor"),
        (intent(access=access_pb2.AccessContext(reason="a" * 1025)), "access.reason"),
        (intent(roles=[1] * 15), "roles"),
        (intent(query="{}x"), "query"),
        (intent(query="[]"), "query"),
        (intent(query='{"a": 1}'), "query"),
        (intent(query='{"a":1.5}'), "query"),
        (intent(query='{"a":"' + "b" * 65536 + '"}'), "query"),
        (intent(result_count=-1), "result_count"),
        (intent(result_count=2**53), "result_count"),
        (intent(result_digest="ab"), "result_digest"),
        (intent(result_digest="AB" * 32), "result_digest"),
        (intent(status="ok"), "status"),
        (intent(refusal="a b"), "refusal"),
        (intent(page=-1), "page"),
    ],
)
def test_an_entry_that_is_not_well_formed_is_refused(message: pb.EntryFields, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        wire.decode_entry(message, "matching")
    assert caught.value.facts == {"field": field}


@pytest.mark.parametrize("count", [0, 257])
def test_a_batch_has_1_to_256_entries(count: int) -> None:
    with pytest.raises(Invalid, match="1 to 256"):
        wire.decode_entries([intent()] * count, "matching")


def test_a_search_is_read() -> None:
    window = plate_pb2.TimeWindow(until=Timestamp(seconds=20, nanos=1))
    getattr(window, "from").FromMilliseconds(10_500)
    request = pb.SearchEntriesRequest(actor="anna", kind="ENTRY_KIND_DENIED", window=window)
    found = wire.decode_search(request)
    assert (found.actor, found.plate, found.kind) == ("anna", "", "denied")
    assert (found.from_ms, found.until_ms) == (10_500, 20_001)


def test_the_last_moment_that_can_be_written_is_still_a_moment() -> None:
    last = window(Timestamp(seconds=1), Timestamp(seconds=253_402_300_799, nanos=999_999_999))
    until_ms = wire.decode_search(pb.SearchEntriesRequest(window=last)).until_ms
    assert until_ms is not None
    assert datetime.fromtimestamp(until_ms / 1000, UTC).year == 9999


def window(from_: Timestamp | None, until: Timestamp | None) -> plate_pb2.TimeWindow:
    made = plate_pb2.TimeWindow(until=until)
    if from_ is not None:
        getattr(made, "from").CopyFrom(from_)
    return made


@pytest.mark.parametrize(
    "bad",
    [
        window(None, None),
        window(Timestamp(seconds=1), None),
        window(None, Timestamp(seconds=1)),
        window(Timestamp(seconds=2), Timestamp(seconds=2)),
        window(Timestamp(seconds=3), Timestamp(seconds=2)),
        window(Timestamp(seconds=-1), Timestamp(seconds=2)),
        window(Timestamp(seconds=1), Timestamp(seconds=2**60)),
        window(Timestamp(seconds=1, nanos=-5), Timestamp(seconds=2)),
    ],
)
def test_a_window_that_is_none_is_refused(bad: plate_pb2.TimeWindow) -> None:
    with pytest.raises(WindowInvalid):
        wire.decode_search(pb.SearchEntriesRequest(window=bad))


@pytest.mark.parametrize(
    ("decode", "argument"),
    [
        (wire.decode_page_size, -1),
        (wire.decode_page_size, 501),
        (wire.decode_leaf_count, -1),
        (wire.decode_leaf_count, 1001),
        (lambda value: wire.decode_position(value, "index"), -1),
        (lambda value: wire.decode_search(pb.SearchEntriesRequest(kind=value)), 9),
        (lambda value: wire.decode_search(pb.SearchEntriesRequest(actor="a" * value)), 1025),
    ],
)
def test_a_number_out_of_range_is_refused(decode: Callable[[int], object], argument: int) -> None:
    with pytest.raises(Invalid):
        decode(argument)


def test_zero_means_the_default() -> None:
    assert (wire.decode_page_size(0), wire.decode_page_size(500)) == (100, 500)
    assert (wire.decode_leaf_count(0), wire.decode_leaf_count(1)) == (1000, 1)


def test_the_id_of_an_entry_is_kept() -> None:
    assert wire.decode_entry(intent(), "matching").id == UUID(ID)
