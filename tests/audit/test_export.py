"""Redacted exports: they show what is to be shown, hide the rest, and an omission shows."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import audit_pb2 as pb
from hypothesis import given
from hypothesis.strategies import integers

from services.audit import merkle, redacted, redacted_verify, tile
from services.audit.redacted import ENTRIES, MANIFEST, RANGE, TABLE
from services.audit.review import Search
from services.audit.tile import Edge
from services.audit.verify import SourceFailed
from services.common import note, refusals
from tests.audit.keyring import LOG, RECEIPTS, signer
from tests.audit.logs import CASE, OFFICER, PLATE, entry, outcome
from tests.audit.published import TRUST, WITNESS
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
    found[ENTRIES] = "".join(json.dumps(row) + "\n" for row in rows).encode()
    if resigned:
        _resign(found)


def _resign(found: dict[str, bytes], key: object = RECEIPTS, **changes: object) -> None:
    """As the log itself could: a manifest that fits what it now gives out."""
    text = note.parse(found[MANIFEST].decode()).text
    manifest = json.loads(text.split("\n")[1]) | changes
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in found.items() if name != MANIFEST}
    found[MANIFEST] = note.sign(f"{redacted.VERSION}\n{json.dumps(manifest)}\n", key).encode()  # type: ignore[arg-type]


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
    before, after = redacted.ranges(first, last, size)
    peaks = merkle.extend(tile.hashes(before, tiles), first, hashes[first : last + 1])
    at = last + 1
    for (start, end), value in zip(after, tile.hashes(after, tiles), strict=True):
        peaks, at = merkle.joined(peaks, at, end - start, value), end
    assert merkle.root_of_peaks(peaks) == merkle.root(hashes)
