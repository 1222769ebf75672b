"""Reference data: formats, versions, and imports through the service."""

from contextlib import suppress
from hashlib import sha256

import pytest
from anpr.audit.v1 import oversight_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode
from hypothesis import given
from hypothesis.strategies import binary, sampled_from

from services.audit.oversight.errors import CsvInvalid
from services.audit.oversight.reference import MAX_BYTES, Kind, Version, in_force, merge, parse
from services.common.caller import Caller
from tests.audit.logs import OFFICER, PLATE
from tests.audit.oversight.serving import Oversight
from tests.audit.oversight.serving import reference as request_of

CSV_INVALID = (StatusCode.INVALID_ARGUMENT, "CSV_INVALID")


@pytest.mark.parametrize(
    ("kind", "file", "rows"),
    [
        (
            Kind.ROSTER,
            "officer,from,until\r\nAnn ,2026-11-23T08:00:00+01:00,2026-11-23T16:00:00+01:00\r\n",
            [("ann", "1795417200000", "1795446000000")],
        ),
        (Kind.HOUSEHOLD, "\ufeffofficer;plate;relation\nann;1-xyz-987;own\n\nann;2-AAA-111;household", None),
        (Kind.COLLEAGUES, "officer\tplate\nann\t1-XYZ-987\nann\t1XYZ987\n", [("ann", "1XYZ987")]),
        (Kind.PROTECTED, 'plate,label\n1-XYZ-987,"mayor, retired"\n', [("1XYZ987", "mayor, retired")]),
    ],
)
def test_a_file_is_read(kind: Kind, file: str, rows: list[tuple[str, ...]] | None) -> None:
    found = parse(kind, file.encode())
    assert list(found) == (rows or [("ann", "1XYZ987", "own"), ("ann", "2AAA111", "household")])


@pytest.mark.parametrize(
    ("kind", "file", "words"),
    [
        (Kind.HOUSEHOLD, "", "lines 1 (the header is not officer,plate,relation)"),
        (Kind.HOUSEHOLD, "officer,plate\n", "lines 1 "),
        (Kind.HOUSEHOLD, "officer,plate,relation\n", "no rows"),
        (Kind.HOUSEHOLD, "officer,plate,relation\nbob,1-XYZ-987,own\nbob,?,own\n", "lines 3 (plate)"),
        (Kind.HOUSEHOLD, "officer,plate,relation\nbob,1-XYZ-987,friend\n", "lines 2 (relation)"),
        (Kind.HOUSEHOLD, "officer,plate,relation\n ,1-XYZ-987,own\n", "lines 2 (officer)"),
        (Kind.HOUSEHOLD, "officer,plate,relation\nbob,1-XYZ-987\n", "lines 2 (number of columns)"),
        (Kind.HOUSEHOLD, 'officer,plate,relation\nbob,"1-XYZ-987,own\n', "lines 2 (quotes)"),
        (Kind.HOUSEHOLD, "officer,plate,relation\nbob\0,1-XYZ-987,own\n", "lines 2 (control character)"),
        (Kind.HOUSEHOLD, f"officer,plate,relation\n{'a' * 2000},1-XYZ-987,own\n", "lines 2 (too long)"),
        (
            Kind.ROSTER,
            "officer,from,until\nbob,2026-11-23T08:00:00,2026-11-23T16:00:00Z\n",
            "lines 2 (from has no time zone)",
        ),
        (Kind.ROSTER, "officer,from,until\nbob,2026-11-23T08:00:00Z,2026-11-23T08:00:00Z\n", "lines 2 (until)"),
        (Kind.ROSTER, "officer,from,until\nbob,2026-11-23T08:00:00Z,2027-11-23T08:00:00Z\n", "lines 2 (until)"),
        (Kind.ROSTER, "officer,from,until\nbob,today,2027-11-23T08:00:00Z\n", "lines 2 (from)"),
    ],
)
def test_a_bad_file_is_refused_with_its_lines_and_without_what_is_in_them(kind: Kind, file: str, words: str) -> None:
    with pytest.raises(CsvInvalid) as caught:
        parse(kind, file.encode())
    assert words in caught.value.words
    assert "bob" not in caught.value.words
    assert "XYZ" not in caught.value.words


def test_at_most_twenty_lines_are_named_and_no_file_is_too_large() -> None:
    with pytest.raises(CsvInvalid) as caught:
        parse(Kind.COLLEAGUES, b"officer,plate\n" + b"ann\n" * 1000)
    assert caught.value.words.count("number of columns") == 20
    with pytest.raises(CsvInvalid, match="larger than 4 MiB"):
        parse(Kind.COLLEAGUES, bytes(MAX_BYTES + 1))


@given(kind=sampled_from(Kind), file=binary(max_size=200))
def test_no_bytes_make_anything_but_rows_or_a_refusal(kind: Kind, file: bytes) -> None:
    columns = {"roster": b"officer,from,until", "protected": b"plate,label", "colleagues": b"officer,plate"}
    with suppress(CsvInvalid):
        parse(kind, columns.get(kind, b"officer,plate,relation") + b"\n" + file)


def test_a_later_version_takes_the_place_of_an_earlier_or_comes_on_top() -> None:
    versions = [
        Version(1, Kind.ROSTER, 100, adds=False),
        Version(2, Kind.ROSTER, 200, adds=True),
        Version(3, Kind.ROSTER, 300, adds=False),
        Version(4, Kind.ROSTER, 200, adds=True),
        Version(5, Kind.PROTECTED, 100, adds=False),
    ]
    at = {time: in_force(versions, Kind.ROSTER, time) for time in (99, 100, 199, 200, 299, 300)}
    assert at == {99: (), 100: (1,), 199: (1,), 200: (1, 2, 4), 299: (1, 2, 4), 300: (3,)}


def test_shifts_are_near_or_far() -> None:
    holds = merge({Kind.ROSTER: [("ann", "100", "200"), ("ann", "300", "400"), ("ann", "50", "350")]})
    assert [holds.nearest_shift("ann", time) for time in (40, 50, 199, 250, 349, 399, 400, 410)] == [
        10,
        0,
        0,
        0,
        0,
        0,
        1,
        11,
    ]
    assert holds.nearest_shift("bob", 100) is None


@pytest.mark.postgres
async def test_an_import_is_a_version_and_an_entry_with_its_hash(desk: Oversight) -> None:
    file = f"officer,plate,relation\n{OFFICER},{PLATE},own\n"
    answer = await desk.know("HOUSEHOLD", file)
    assert (answer.version, answer.rows) == (1, 1)
    logged = await desk.parts.review.entry(answer.index)
    assert logged.content is not None
    assert (logged.leaf.kind, logged.content.actor) == ("review", "carla.audit")
    assert f'"sha256":"{sha256(file.encode()).hexdigest()}"' in logged.content.query
    holds = await desk.pieces.references.at(2_000_000_000_000)
    assert holds.relation(OFFICER, PLATE) == "own"
    assert (await desk.pieces.references.at(1_000_000_000_000)).relation(OFFICER, PLATE) == "", "it does not hold yet"


@pytest.mark.postgres
async def test_an_import_adds_or_replaces(desk: Oversight) -> None:
    for number, adds in ((1, False), (2, True), (3, False)):
        await desk.know("PROTECTED", f"plate,label\n1-AAA-00{number},x\n", adds=adds)
        holds = await desk.pieces.references.at(2_000_000_000_000)
        assert sorted(holds.protected) == {1: ["1AAA001"], 2: ["1AAA001", "1AAA002"], 3: ["1AAA003"]}[number]


@pytest.mark.postgres
async def test_a_bad_import_changes_nothing(desk: Oversight) -> None:
    good = "plate,label\n1-AAA-001,x\n"
    tries = [
        (request_of("PROTECTED", "plate,label\n?,x\n"), CSV_INVALID),
        (request_of("PROTECTED", good, sha256=bytes(32)), (StatusCode.INVALID_ARGUMENT, "UPLOAD_ALTERED")),
        (request_of("PROTECTED", good, sha256=b"x"), (StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")),
        (request_of("UNSPECIFIED", good), (StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")),
        (request_of("PROTECTED", good, valid_from=None), (StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")),
        (
            request_of("PROTECTED", good, valid_from=Timestamp(seconds=-1)),
            (StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"),
        ),
        (request_of("PROTECTED", "x" * (MAX_BYTES + 1)), CSV_INVALID),
    ]
    for request, refused in tries:
        assert await desk.refusal("ImportReference", request) == refused
    with desk.parts.scratch.connect() as connection:
        assert connection.execute("SELECT count(*) FROM audit.reference").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM audit.tag WHERE kind = 'review'").fetchall() == [(0,)]


@pytest.mark.postgres
async def test_four_mebibytes_come_through(desk: Oversight) -> None:
    line = "officer-%06d,1-XYZ-987\n"
    file = "officer,plate\n" + "".join(line % number for number in range((MAX_BYTES - 20) // len(line % 0)))
    assert len(file) > MAX_BYTES - 100
    answer = await desk.know("COLLEAGUES", file)
    assert answer.rows > 100_000


@pytest.mark.postgres
@pytest.mark.parametrize("role", ["officer", "supervisor", "admin", "service"])
async def test_nobody_else_says_what_is_known(desk: Oversight, role: str) -> None:
    who = Caller("x", "somebody", "unit-1", "local", frozenset({role}))
    refused = (StatusCode.PERMISSION_DENIED, "ROLE_NOT_PERMITTED")
    assert await desk.refusal("ImportReference", pb.ImportReferenceRequest(), who) == refused
