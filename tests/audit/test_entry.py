from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from anpr.audit.v1 import audit_pb2
from anpr.common.v1 import access_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.audit import commitment, entry, jcs, merkle
from services.audit.entry import Content, EntryInvalid, Leaf
from tests.audit.test_jcs import texts

FORMAT_PAGE = Path(__file__).parents[2] / "docs" / "audit-format.md"
COMMITMENT = bytes.fromhex("fc6be98f6556b143f960ed12b717881843dae598b9e8f2be822027dcf4a6b580")
LEAF = Leaf(
    commitment=COMMITMENT,
    id=UUID("0197f000-0000-7000-8000-000000000001"),
    kind="outcome",
    epoch="2026-11/std",
    ref=UUID("0197f000-0000-7000-8000-000000000000"),
    system="search-api",
    time_ms=1790000000123,
)
BYTES = (
    b'{"c":"/Gvpj2VWsUP5YO0StxeIGEPa5Zi56PK+giAn3PSmtYA=","id":"0197f000-0000-7000-8000-000000000001","k":"outcome",'
    b'"ke":"2026-11/std","ref":"0197f000-0000-7000-8000-000000000000","sys":"search-api","t":1790000000123,"v":1}'
)

leaves = st.builds(
    Leaf,
    commitment=st.binary(min_size=32, max_size=32),
    id=st.uuids(),
    kind=st.sampled_from(sorted(entry.KINDS)),
    epoch=st.from_regex(r"20[0-9]{2}-(0[1-9]|1[0-2])/[a-z]{1,5}", fullmatch=True),
    ref=st.none() | st.uuids().filter(lambda one: one.int),
    system=st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
    time_ms=st.integers(0, 2**53 - 1),
)
contents = st.builds(
    Content,
    actor=texts,
    plate=texts,
    reason=texts,
    query=texts,
    page=st.integers(0, 2**31),
    result_count=st.integers(0, 2**53 - 1),
    roles=st.lists(st.sampled_from(["officer", "auditor"]), max_size=2).map(tuple),
)


def test_the_known_answer() -> None:
    assert LEAF.encode() == BYTES
    assert len(BYTES) == 217
    assert merkle.leaf_hash(BYTES).hex() == "6fa32efa41ed697e024006c77d73f5a57b77a59f8263169fbf4449d76382c5da"
    assert entry.decode_leaf(BYTES) == LEAF


def test_the_worked_example_of_the_format_page() -> None:
    content = Content(
        actor="p4711",
        case_reference="BR.55.004711/2026",
        client="terminal-7",
        legal_ground="technical_database",
        plate="1XYZ987",
        purpose="judicial_offence",
        query='{"plate":"1-XYZ-987"}',
        reason="stolen car",
        request_id="0197f000-0000-7000-8000-0000000000aa",
        result_count=3,
        result_digest="ab" * 32,
        roles=("officer",),
        rpc="anpr.matching.v1.SightingService.LookupPlate",
        status="OK",
        unit="unit-1",
        zone="local",
    )
    fields, secret = commitment.encode(content.fields()), bytes(range(32))
    salt = commitment.Salts(secret).of("plate")
    example = replace(LEAF, commitment=commitment.commit(fields, secret), system="matching").encode()
    page = FORMAT_PAGE.read_text()
    for shown in (
        example.decode(),
        salt.hex(),
        commitment.field_hash(salt, "plate", fields["plate"]).hex(),
        commitment.commit(fields, secret).hex(),
        merkle.leaf_hash(example).hex(),
    ):
        assert shown in page
    assert jcs.encode_members(fields).decode() in page.replace("\n     ", "")


@given(leaf=leaves)
def test_a_leaf_is_read_back(leaf: Leaf) -> None:
    assert entry.decode_leaf(leaf.encode()) == leaf


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v":"1"'),
        (b'"t":1790000000123', b'"t":-1'),
        (b'"t":1790000000123', b'"t":true'),
        (b'"t":1790000000123', b'"t":"1790000000123"'),
        (b'"k":"outcome"', b'"k":"rumour"'),
        (b'"k":"outcome"', b'"k":1'),
        (b'"ke":"2026-11/std"', b'"ke":"2026-13/std"'),
        (b'"ke":"2026-11/std"', b'"ke":""'),
        (b'"sys":"search-api"', b'"sys":"Search"'),
        (b'"sys":"search-api"', b'"sys":""'),
        (b"0001", b"000A"),
        (b'"id":"0197f000-', b'"id":"{0197f000-'),
        (b'"id":"0197f000-', b'"id":"0197F000-'),
        (b'"ref":"0197f000-0000-7000-8000-000000000000"', b'"ref":"x"'),
        (b'"ref":"0197f000-0000-7000-8000-000000000000",', b""),
        (b'"ref":', b'"plate":"1ABC234","ref":'),
        (b"/Gvpj2", b"_Gvpj2"),
        (b"SmtYA=", b"SmtYB="),
        (b"/Gvpj2VW", b""),
        (b",", b", "),
        (b'{"c"', b'{"a":1,"c"'),
        (b"}", b"}\n"),
        (BYTES, b"[]"),
        (BYTES, b""),
    ],
)
def test_other_bytes_are_no_leaf(old: bytes, new: bytes) -> None:
    changed = BYTES.replace(old, new)
    assert changed != BYTES
    with pytest.raises(EntryInvalid):
        entry.decode_leaf(changed)


@given(content=contents)
def test_a_content_is_read_back(content: Content) -> None:
    payload = jcs.encode(content.fields())
    assert entry.decode_content(payload) == content
    assert tuple(sorted(content.fields())) == entry.FIELDS


@pytest.mark.parametrize(
    "change",
    [{"actor": 1}, {"page": "1"}, {"page": True}, {"roles": "officer"}, {"roles": [1]}, {"extra": ""}, {"query": {}}],
)
def test_other_fields_are_no_content(change: dict[str, Any]) -> None:
    with pytest.raises(EntryInvalid):
        entry.decode_content(jcs.encode({**Content().fields(), **change}))


def test_a_missing_field_is_no_content() -> None:
    fields = Content().fields()
    del fields["plate"]
    with pytest.raises(EntryInvalid):
        entry.decode_content(jcs.encode(fields))
    with pytest.raises(EntryInvalid):
        entry.decode_content(b'{"actor": ""}')


def test_the_schema_is_that_of_the_contract() -> None:
    """A field that is added to the contract needs a new version of the schema, never a silent change of this one."""
    named = {name for name in audit_pb2.EntryFields.DESCRIPTOR.fields_by_name if name != "access"}
    named |= set(access_pb2.AccessContext.DESCRIPTOR.fields_by_name)
    assert set(entry.FIELDS) == named - {"id", "kind", "ref", "system"}


def test_a_content_does_not_show_persons_and_plates() -> None:
    content = Content(
        actor="anna", plate="1ABC234", case_reference="BR-1", reason="why", query="{}", on_behalf_of="bert"
    )
    for secret in ("anna", "1ABC234", "BR-1", "why", "{}", "bert"):
        assert secret not in repr(content)
