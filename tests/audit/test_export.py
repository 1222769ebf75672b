"""Redacted exports: they show what is to be shown, hide the rest, and an omission shows."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import audit_pb2 as pb
from hypothesis import given
from hypothesis.strategies import integers

from services.audit import merkle, redacted_form, redacted_verify, tile
from services.audit.entry import decode_leaf
from services.audit.redacted_form import ENTRIES, MANIFEST, RANGE, TABLE, VERSION
from services.audit.review import Search
from services.audit.tile import Edge
from services.audit.verify import SourceFailed
from services.common import note, refusals
from tests.audit.keyring import LOG, RECEIPTS, signer
from tests.audit.logs import CASE, OFFICER, PLATE, entry, outcome
from tests.audit.published import TRUST, WITNESS
from tests.audit.test_integrator import change
from tests.audit.test_publisher import KEY, publisher, witness
from tests.audit.test_server import AUDITOR, WHY, Service, audit  # noqa: F401 - a fixture
from tests.audit.test_tree_verify import STANDALONE
from tests.engines import Scratch

pytestmark = pytest.mark.postgres
SHOWN = ("purpose", "reason", "result_count", "roles")


@pytest.fixture
async def log(audit: Service, scratch: Scratch, tmp_path: Path) -> Service:  # noqa: F811
    """A log of 300 entries that is published."""
    parts = audit.parts
    said: dict[str, Any] = {"purpose": "judicial_offence", "reason": "=cmd()|stolen\u202e", "roles": ("officer",)}
    for _ in range(3):
        asked = [entry(**said) for _ in range(50)]
        await parts.log.append([one for intent in asked for one in (intent, outcome(intent, result_count=3, **said))])
    await parts.integrate()
    async with witness(tmp_path / "w", WITNESS) as watching, publisher(scratch, None, watching.client) as publishing:
        await publishing.step()
    return audit


async def export(log: Service, first: int, last: int, shown: tuple[str, ...] = SHOWN) -> bytes:
    request = pb.ExportEntriesRequest(access=WHY, first=first, last=last, disclosed=shown)
    stream = log.stub.ExportEntries(request, metadata=AUDITOR.metadata())
    return b"".join([chunk.chunk async for chunk in stream])


def alone(file: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    keys = ("--key", LOG.verifier.encode(), "--witness-key", WITNESS.verifier.encode())
    command = [sys.executable, "-I", "-S", str(STANDALONE), str(file), *keys, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def failures(file: Path) -> list[str]:
    try:
        return list(redacted_verify.verify(file, TRUST, [RECEIPTS.verifier]).failures)
    except SourceFailed as cause:
        return [str(cause)]


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 299), (17, 99), (255, 256), (299, 299)])
async def test_an_export_proves_itself_to_both_verifiers(log: Service, tmp_path: Path, first: int, last: int) -> None:
    file = tmp_path / "e.zip"
    file.write_bytes(await export(log, first, last))
    checked = redacted_verify.verify(file, TRUST, [RECEIPTS.verifier])
    assert (checked.failures, checked.first, checked.last, checked.size) == ((), first, last, 300)
    assert (checked.witnesses, checked.shown) == ((KEY.verifier.name,), SHOWN)
    done = alone(file, "--receipts-key", RECEIPTS.verifier.encode())
    assert (done.returncode, done.stdout[:5], done.stderr) == (0, "PASS:", "")


async def test_what_is_not_shown_is_nowhere_in_it(log: Service) -> None:
    for name, data in files(await export(log, 0, 99)).items():
        for secret in (OFFICER, PLATE, CASE):
            assert secret.encode() not in data, name
            assert b64encode(secret.encode())[:-2] not in data, name
    assert OFFICER.encode() in files(await export(log, 0, 99, ("actor",)))[ENTRIES]


async def test_the_table_is_no_program_for_a_spreadsheet(log: Service) -> None:
    rows = list(csv.DictReader(io.StringIO(files(await export(log, 0, 9))[TABLE].decode())))
    assert [int(row["index"]) for row in rows] == list(range(10))
    assert {row["reason"] for row in rows} == {"'=cmd()|stolen\\u202e"}
    assert {row["result_count"] for row in rows} == {"0", "3"}


async def test_that_it_was_exported_is_in_the_log_before_it_leaves(log: Service) -> None:
    data = await export(log, 3, 5)
    found = (await log.parts.review.search(Search(kind="export"), page_size=10, page_token="")).entries
    (one,) = found
    assert one.content is not None
    assert one.content.actor == AUDITOR.person
    assert (one.content.case_reference, one.content.purpose) == (WHY.case_reference, "oversight")
    said = json.loads(one.content.query)
    assert (said["first"], said["last"], said["disclosed"]) == (3, 5, list(SHOWN))
    assert said["manifest"] == hashlib.sha256(note.parse(files(data)[MANIFEST].decode()).text.encode()).hexdigest()


async def test_an_erased_entry_is_in_it_as_its_leaf(log: Service, scratch: Scratch, tmp_path: Path) -> None:
    with scratch.connect("audit_eraser") as connection:
        connection.execute("DELETE FROM audit.secret WHERE seq = 4")
        connection.execute("DELETE FROM audit.payload WHERE seq = 4")
    file = tmp_path / "e.zip"
    file.write_bytes(await export(log, 0, 9))
    assert redacted_verify.verify(file, TRUST).erased == 1
    assert (failures(file), alone(file).returncode) == ([], 0)


Edit = Callable[[dict[str, bytes]], object]


def _rows(found: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found[ENTRIES].splitlines()]


def _put(found: dict[str, bytes], rows: list[dict[str, Any]], *, resigned: bool = True) -> None:
    found[ENTRIES] = "".join(_canonical(row) + "\n" for row in rows).encode()
    found[TABLE] = _table(rows)
    if resigned:
        _resign(found)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _table(rows: list[dict[str, Any]]) -> bytes:
    """The table that fits these rows, whatever they say: what is found is the rows themselves."""
    told = [
        (
            int(row["index"]),
            decode_leaf(b64decode(row["leaf"])),
            {n: found["value"] for n, found in row["shown"].items()},
        )
        for row in rows
        if "shown" in row
    ]
    try:
        return redacted_form.table(told, SHOWN).encode()
    except KeyError:
        return b""


def _resign(found: dict[str, bytes], key: object = RECEIPTS, **changes: object) -> None:
    """As the log itself could: a manifest that fits what it now gives out."""
    text = note.parse(found[MANIFEST].decode()).text
    manifest = json.loads(text.split("\n")[1]) | changes
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in found.items() if name != MANIFEST}
    found[MANIFEST] = note.sign(f"{VERSION}\n{_canonical(manifest)}\n", key).encode()  # type: ignore[arg-type]


def _other(found: dict[str, bytes], name: str, data: bytes) -> None:
    found[name] = data
    _resign(found)


def _omitted(found: dict[str, bytes]) -> None:
    rows = _rows(found)
    _put(found, [*rows[:5], *rows[6:]])


def _omitted_and_renumbered(found: dict[str, bytes]) -> None:
    rows = _rows(found)
    del rows[5]
    for index, row in enumerate(rows):
        row["index"] = index + 10
    _put(found, rows)
    _resign(found, last=18, count=9)


def _change(change: Callable[[list[dict[str, Any]]], object]) -> Edit:
    def edit(found: dict[str, bytes]) -> None:
        rows = _rows(found)
        change(rows)
        _put(found, rows)

    return edit


def _other_leaf(rows: list[dict[str, Any]]) -> None:
    rows[3]["leaf"] = rows[4]["leaf"]


def _hidden_as_another(rows: list[dict[str, Any]]) -> None:
    hidden = rows[3]["hidden"]
    hidden["actor"], hidden["plate"] = hidden["plate"], hidden["actor"]


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {"index": row["index"], "leaf": row["leaf"]}


def _beyond(found: dict[str, bytes]) -> None:
    """The range, and then as many entries again, of which the head knows nothing."""
    rows = _rows(found)
    _put(found, [*rows, *({**row, "index": 290 + row["index"]} for row in rows)])
    _resign(found, last=309, first=290, count=20)


def _before(found: dict[str, bytes]) -> None:
    rows = _rows(found)
    _put(found, [{**rows[3], "index": -1}, *({**row, "index": row["index"] - 10} for row in rows)])
    _resign(found, first=-1, last=9, count=11)


ATTACKS: dict[str, Edit] = {
    "omitted-entry": _omitted,
    "omitted-entry-and-renumbered": _omitted_and_renumbered,
    "swapped-entries": _change(lambda rows: rows.insert(0, rows.pop(1))),
    "edited-value": _change(lambda rows: rows[3]["shown"]["purpose"].update(value="oversight")),
    "edited-salt": _change(lambda rows: rows[3]["shown"]["purpose"].update(salt=b64encode(bytes(32)).decode())),
    "edited-count": _change(lambda rows: rows[3]["shown"]["result_count"].update(value=True)),
    "other-leaf": _change(_other_leaf),
    "field-passed-off-as-another": _change(_hidden_as_another),
    "field-left-out": _change(lambda rows: rows[3]["hidden"].pop("actor")),
    "field-shown-less": _change(lambda rows: rows[3]["shown"].pop("purpose")),
    "edited-file": lambda found: found.update({TABLE: found[TABLE] + b"x"}),
    "edited-proof": lambda found: _other(found, RANGE, found[RANGE].replace(b'"before":["', b'"before":["A')),
    "proof-without-a-hash": lambda found: _other(
        found, RANGE, json.dumps({"before": [], "after": json.loads(found[RANGE])["after"]}).encode()
    ),
    "manifest-signed-by-another": lambda found: _resign(found, signer("other.example/receipts")),
    "larger-range-claimed": lambda found: _resign(found, last=30),
    "other-fields-claimed": lambda found: _resign(found, disclosed=["purpose"]),
    "other-size-signed": lambda found: found.update(
        {"checkpoint": found["checkpoint"].replace(b"\n300\n", b"\n301\n")}
    ),
    "no-entries": lambda found: _put(found, []),
    "entries-beyond-the-head": _beyond,
    "entry-before-the-first": _before,
    "erased-entry-that-says-something": _change(
        lambda rows: rows.__setitem__(
            3, {**_bare(rows[3]), "erased": True, "shown": {"purpose": {"value": "oversight"}}}
        )
    ),
    "erased-entry-that-is-not": _change(lambda rows: rows.__setitem__(3, {**_bare(rows[3]), "erased": False})),
    "line-that-says-more": _change(lambda rows: rows[3].update(plate="1XYZ987")),
    "field-that-says-more": _change(lambda rows: rows[3]["shown"]["purpose"].update(also="oversight")),
    "field-said-twice": lambda found: _other(
        found, ENTRIES, found[ENTRIES].replace(b'"value":"judicial', b'"value":"oversight","value":"judicial', 1)
    ),
    "line-written-in-another-way": lambda found: _other(
        found, ENTRIES, found[ENTRIES].replace(b'"index":', b'"index": ')
    ),
    "index-that-is-no-integer": _change(lambda rows: rows[3].update(index=13.0)),
    "table-that-says-something-else": lambda found: _other(
        found, TABLE, found[TABLE].replace(b"judicial_offence", b"administrative_2", 1)
    ),
    "table-with-a-line-less": lambda found: _other(found, TABLE, b"".join(found[TABLE].splitlines(keepends=True)[:-1])),
    "manifest-of-another-head": lambda found: _resign(found, size=299),
    "manifest-that-says-more": lambda found: _resign(found, note="all of it"),
    "one-file-more": lambda found: _other(found, "read-me.html", b"x"),
    "file-outside": lambda found: found.update({"../outside": b"x"}),
    "one-file-less": lambda found: found.pop(TABLE),
    "proof-of-hashes-that-are-none": lambda found: _other(found, RANGE, b'{"after":["AA=="],"before":["AA=="]}'),
    "proof-without-bottom": lambda found: _other(found, RANGE, b"[" * 100_000),
    "number-without-end": lambda found: _other(found, ENTRIES, b'{"index":' + b"9" * 5000 + b"}\n"),
    "no-json": lambda found: _other(found, ENTRIES, b"x\n"),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_every_tampering_with_an_export_is_found_by_both_verifiers(
    log: Service, tmp_path: Path, attack: str
) -> None:
    found = files(await export(log, 10, 19))
    ATTACKS[attack](found)
    file = tmp_path / "e.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in found.items():
            archive.writestr(name, data)
    assert failures(file) != []
    done = alone(file, "--receipts-key", RECEIPTS.verifier.encode())
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (1, "", "FAIL")


async def test_what_a_person_wrote_does_not_break_an_export(log: Service, scratch: Scratch, tmp_path: Path) -> None:
    odd = 'a\u2028b\u0085c \u202e\U000e0041 "quoted", and\r\nmore\x00'
    await log.parts.log.append([entry(reason=odd), entry(reason=" =1+1"), entry(reason="\uff1d1", roles=("-x", "y"))])
    await log.parts.integrate()
    async with witness(tmp_path / "w", WITNESS) as watching, publisher(scratch, None, watching.client) as publishing:
        await publishing.step()
    file = tmp_path / "e.zip"
    file.write_bytes(await export(log, 298, 302))
    assert (failures(file), alone(file).returncode) == ([], 0)
    rows = list(csv.DictReader(io.StringIO(files(file.read_bytes())[TABLE].decode(), newline="")))
    assert [row["reason"] for row in rows][-3:] == [
        'a\\u2028b\\u0085c \\u202e\\ue0041 "quoted", and\\u000d\\u000amore\\u0000',
        "' =1+1",
        "'\uff1d1",
    ]
    assert rows[-1]["roles"] == "'-x y"


async def test_a_damaged_file_is_no_export(log: Service, tmp_path: Path) -> None:
    whole = await export(log, 10, 19)
    directory = whole.index(b"PK\x01\x02")
    damaged = {
        "empty": b"",
        "cut": whole[:-30],
        "encrypted": bytes(byte | (at == directory + 8) for at, byte in enumerate(whole)),
        "packed-in-another-way": whole[: directory + 10] + b"\x63\0" + whole[directory + 12 :],
        "packed-wrongly": whole[: 30 + len(ENTRIES)] + b"\xff\xff\xff" + whole[33 + len(ENTRIES) :],
    }
    for name, data in damaged.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceFailed):
            redacted_verify.verify(tmp_path / name, TRUST)
        done = alone(tmp_path / name)
        assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (1, "", "FAIL"), name


async def test_a_file_that_swells_is_not_unpacked(log: Service, tmp_path: Path) -> None:
    file = tmp_path / "e.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files(await export(log, 10, 19)).items():
            if name != TABLE:
                archive.writestr(name, data)
        with archive.open(TABLE, "w") as table:
            for _ in range(300):
                table.write(bytes(1 << 20))
    assert failures(file) != []
    assert "too long" in alone(file).stdout


async def test_a_key_for_receipts_of_another_log_is_refused(log: Service, tmp_path: Path) -> None:
    found = files(await export(log, 10, 19))
    other = signer("other.example/receipts")
    _resign(found, other)
    file = tmp_path / "e.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in found.items():
            archive.writestr(name, data)
    assert redacted_verify.verify(file, TRUST, [other.verifier]).failures == (
        "the key for receipts is that of another log",
    )
    assert alone(file, "--receipts-key", other.verifier.encode()).returncode == 1


async def test_a_tile_that_was_tampered_with_makes_no_export(log: Service, scratch: Scratch) -> None:
    change(
        scratch, "UPDATE audit.tile SET hashes = overlay(hashes placing '\\x00' from 9) WHERE level = 0 AND number = 0"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await export(log, 10, 19)
    assert refusals.reason(refused.value) == "LOG_ALTERED"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"first": 5, "last": 4}, "FIELD_INVALID"),
        ({"first": -1, "last": 4}, "FIELD_INVALID"),
        ({"first": 0, "last": 300}, "ENTRY_NOT_FOUND"),
        ({"first": 0, "last": 10_000}, "FIELD_INVALID"),
        ({"first": 0, "last": 4, "disclosed": ["secret"]}, "FIELD_INVALID"),
        ({"first": 0, "last": 4, "disclosed": ["unit", "unit"]}, "FIELD_INVALID"),
    ],
)
async def test_what_cannot_be_exported_is_refused_and_no_export_is_logged(
    log: Service, asked: dict[str, Any], reason: str
) -> None:
    stream = log.stub.ExportEntries(pb.ExportEntriesRequest(access=WHY, **asked), metadata=AUDITOR.metadata())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.read()
    assert refusals.reason(refused.value) == reason
    assert not (await log.parts.review.search(Search(kind="export"), page_size=1, page_token="")).entries


async def test_an_altered_entry_is_not_exported(log: Service, scratch: Scratch) -> None:
    with scratch.connect() as connection:
        connection.execute("UPDATE audit.payload SET sealed = sealed || 'x' WHERE seq = 4")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await export(log, 0, 9)
    assert refusals.reason(refused.value) == "LOG_ALTERED"


@given(size=integers(1, 600), first=integers(0, 599), last=integers(0, 599))
def test_any_range_leads_to_the_root(size: int, first: int, last: int) -> None:
    first, last = sorted((first % size, last % size))
    hashes = [merkle.leaf_hash(b"%d" % number) for number in range(size)]
    tiles: dict[tuple[int, int], bytes] = {}
    for one in Edge().extended(hashes)[1]:
        tiles[one.level, one.number] = one.hashes
    before, after = redacted_form.ranges(first, last, size)
    peaks = merkle.extend(tile.hashes(before, tiles), first, hashes[first : last + 1])
    at = last + 1
    for (start, end), value in zip(after, tile.hashes(after, tiles), strict=True):
        peaks, at = merkle.joined(peaks, at, end - start, value), end
    assert merkle.root_of_peaks(peaks) == merkle.root(hashes)
