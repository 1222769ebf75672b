"""`fsck` on a real log: an honest one passes while it grows, and each row that is tampered with is named."""

import asyncio
import json
from datetime import timedelta

import pytest

from services.audit import fsck, fsck_store
from services.audit.erasure.order import Kind
from services.audit.fsck import Report
from services.audit.key_files import FileEpochKeys, FileTagKeys
from tests.audit.erasures import DPO, TABLES, erase, erasing, keep, order
from tests.audit.keyring import LOG, signer
from tests.audit.logs import TAG_KEYS, Parts, database, entry, outcome
from tests.audit.test_erasure_retention import old_and_new
from tests.audit.test_integrator import change
from tests.engines import Scratch

pytestmark = pytest.mark.postgres
SEVERAL = json.dumps({"entries.plate": ["1-ABC-111", "2-ABC-222", "3-ABC-333"]}, separators=(",", ":"))
SHOW = "INSERT INTO audit.published (size, root, note) SELECT size, root, note FROM audit.sth_history"


@pytest.fixture
async def log(parts: Parts) -> Parts:
    """600 entries under two signed heads, both published, and 10 entries beyond."""
    await parts.integrator.verify()
    for count in (100, 200):
        for _ in range(count // 100):
            asked = [entry(unit="unit-1", purpose="judicial_offence") for _ in range(49)]
            several = entry(plate="", query=SEVERAL)
            await parts.log.append(
                [one for intent in (*asked, several) for one in (intent, outcome(intent, result_count=2))] * 1
            )
        await parts.integrate()
    for _ in range(3):
        await parts.log.append([entry() for _ in range(100)])
    await parts.integrate()
    await parts.log.append([entry() for _ in range(10)])
    change(parts.scratch, SHOW)
    return parts


async def check(parts: Parts, keys: FileTagKeys = TAG_KEYS, key: str = LOG.verifier.name) -> Report:
    async with database(parts.scratch, "audit_reviewer") as reviewer, fsck_store.snapshot(reviewer) as stored:
        return await fsck.check(stored, signer(key).verifier, parts.epoch_keys, keys)


async def numbers(parts: Parts) -> set[int]:
    return {failure.check for failure in (await check(parts)).failures}


def delete(scratch: Scratch, index: int, *tables: str) -> None:
    """As the eraser can without an order."""
    with scratch.connect("audit_eraser") as connection:
        for table in tables:
            connection.execute(f"DELETE FROM audit.{table} WHERE seq = %s".encode(), (index,))


async def test_an_honest_log_holds(log: Parts) -> None:
    report = await check(log)
    assert report.holds, report.failures
    assert (report.size, report.signed, report.erased, report.locked) == (610, 600, 0, 0)
    assert report.kinds == {"intent": 460, "outcome": 150}


async def test_an_empty_log_holds(parts: Parts) -> None:
    assert (await check(parts)).holds
    await parts.integrator.verify()
    assert (await check(parts)).holds


async def test_a_log_that_grows_meanwhile_holds(log: Parts) -> None:
    async def grow() -> None:
        for _ in range(20):
            await log.log.append([entry() for _ in range(20)])
            await log.integrate()

    growing = asyncio.create_task(grow())
    reports = [await check(log) for _ in range(3)]
    await growing
    assert all(report.holds for report in reports), [report.failures for report in reports]


TAMPERED = {
    "last-entry-dropped": ("DELETE FROM audit.entry WHERE seq = 609", {2}),
    "entry-dropped": ("DELETE FROM audit.entry WHERE seq = 20", {2}),
    "head-row-set-back": ("UPDATE audit.head SET next_seq = 605", {1, 14}),
    "clock-of-the-head-row": ("UPDATE audit.head SET last_ms = last_ms - 600000", {1}),
    "leaf-edited": (
        "UPDATE audit.entry SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '\"matching\"', '\"ingest\"'), 'UTF8')"
        " WHERE seq = 20",
        {6, 8, 9, 10, 12},
    ),
    "leaves-swapped": (
        "UPDATE audit.entry e SET leaf = o.leaf FROM audit.entry o WHERE e.seq IN (30, 32) AND o.seq = 62 - e.seq",
        {6, 7, 8, 9, 10, 12},
    ),
    "leaf-not-canonical": (
        "UPDATE audit.entry SET leaf = leaf || ' ' WHERE seq = 605",
        {3, 11, 13},
    ),
    "id-freed": ("DELETE FROM audit.entry_id WHERE seq = 7", {7}),
    "id-moved": ("UPDATE audit.entry_id SET seq = 8 WHERE seq = 7", {7}),
    "id-too-many": ("INSERT INTO audit.entry_id VALUES (gen_random_uuid(), 7)", {7}),
    "tile-edited": ("UPDATE audit.tile SET hashes = overlay(hashes placing '\\x00' from 9) WHERE number = 1", {8}),
    "tile-above-edited": ("UPDATE audit.tile SET hashes = overlay(hashes placing '\\x00' from 9) WHERE level = 1", {8}),
    "tile-cut": ("UPDATE audit.tile SET hashes = substr(hashes, 1, 64) WHERE level = 0 AND number = 2", {8}),
    "tile-missing": ("DELETE FROM audit.tile WHERE level = 0 AND number = 1", {8}),
    "tile-too-many": ("INSERT INTO audit.tile SELECT 5, 9, hashes FROM audit.tile LIMIT 1", {8}),
    "signed-head-forgotten": ("DELETE FROM audit.sth_history WHERE size = 600", {9, 10}),
    "signed-head-of-another-root": ("UPDATE audit.sth_history SET root = sha256('x') WHERE size = 300", {9, 10}),
    "signed-head-unsigned": ("UPDATE audit.sth_history SET note = replace(note, 'A', 'B') WHERE size = 300", {9}),
    "signed-head-of-another-size": (
        "UPDATE audit.sth_history SET note = (SELECT note FROM audit.sth_history WHERE size = 100) WHERE size = 300",
        {9},
    ),
    "current-head-set-back": (
        "UPDATE audit.sth s SET size = h.size, root = h.root, note = h.note FROM audit.sth_history h WHERE h.size = 300",
        {8, 9},
    ),
    "published-head-never-signed": ("DELETE FROM audit.sth_history WHERE size = 300", {10}),
    "published-head-of-another-root": ("UPDATE audit.published SET root = sha256('x') WHERE size = 300", {10}),
    "published-head-beyond": (
        "INSERT INTO audit.published SELECT 700, root, note FROM audit.published WHERE size = 600",
        {14},
    ),
    "payload-gone": ("DELETE FROM audit.payload WHERE seq = 11", {11}),
    "secret-gone": ("DELETE FROM audit.secret WHERE seq = 11", {11}),
    "payload-edited": (
        "UPDATE audit.payload SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE seq = 11",
        {12},
    ),
    "payload-of-another": (
        "UPDATE audit.payload p SET sealed = o.sealed FROM audit.payload o WHERE p.seq = 11 AND o.seq = 13",
        {12},
    ),
    "payload-and-secret-of-another": (
        "WITH s AS (UPDATE audit.secret p SET wrapped = o.wrapped FROM audit.secret o WHERE p.seq = 11 AND o.seq = 13)"
        " UPDATE audit.payload p SET sealed = o.sealed FROM audit.payload o WHERE p.seq = 11 AND o.seq = 13",
        {12},
    ),
    "payload-beyond": ("UPDATE audit.payload SET seq = 9999 WHERE seq = 11", {11, 14}),
    "no-longer-found-by-person": ("UPDATE audit.tag SET actor = NULL WHERE seq = 11", {13}),
    "found-by-another-plate": ("UPDATE audit.tag SET plate = sha256('x') WHERE seq = 11", {13}),
    "found-at-another-time": ("UPDATE audit.tag SET at_ms = at_ms - 1 WHERE seq = 11", {13}),
    "found-with-fewer-results": ("UPDATE audit.tag SET result_count = 1 WHERE seq = 11", {13}),
    "not-found-at-all": ("DELETE FROM audit.tag WHERE seq = 11", {13}),
    "one-plate-of-several-not-found": (
        "DELETE FROM audit.further_plate WHERE seq = 98 AND plate = (SELECT max(plate) FROM audit.further_plate WHERE seq = 98)",
        {13},
    ),
    "plates-of-nothing": (
        "INSERT INTO audit.further_plate SELECT epoch, 9999, plate FROM audit.further_plate LIMIT 1",
        {13, 14},
    ),
    "epoch-key-exchanged": ("UPDATE audit.epoch SET key_check = sha256('x')", {15}),
    "tag-key-exchanged": ("UPDATE audit.epoch SET tag_check = sha256('x')", {15}),
}


@pytest.mark.parametrize("attack", TAMPERED)
async def test_every_row_that_was_tampered_with_is_named(log: Parts, attack: str) -> None:
    statement, expected = TAMPERED[attack]
    change(log.scratch, statement)
    assert await numbers(log) == expected


async def test_what_two_persons_erased_is_counted_and_is_no_fault(log: Parts) -> None:
    async with erasing(log) as erasure:
        await erase(erasure, 98, 7, 8)
    report = await check(log)
    assert (report.holds, report.erased) == (True, 3), report.failures


async def test_an_epoch_that_ended_is_counted_and_is_no_fault(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    await parts.integrator.verify()
    await old_and_new(parts, monkeypatch)
    keep(parts, timedelta(0))
    async with erasing(parts) as erasure:
        await erasure.retention.run(dry=False)
    await parts.integrate()
    report = await check(parts)
    assert (report.holds, report.erased, report.locked) == (True, 2, 0), report.failures


async def test_an_erasure_that_nobody_ordered_is_named(log: Parts) -> None:
    async with erasing(log) as erasure:
        await order(erasure, 98)  # proposed, and not approved
        await erase(erasure, 7)
    delete(log.scratch, 98, *TABLES)
    report = await check(log)
    assert [(failure.check, "98" in failure.words) for failure in report.failures] == [(11, True)]
    assert report.erased == 2


async def test_who_erases_the_order_as_well_is_named_for_that(log: Parts) -> None:
    async with erasing(log) as erasure:
        await erase(erasure, 7)
    ordered = (await check(log)).size - 1
    delete(log.scratch, 98, *TABLES)
    change(log.scratch, f"DELETE FROM audit.payload WHERE seq = {ordered}")
    change(log.scratch, f"DELETE FROM audit.secret WHERE seq = {ordered}")
    change(log.scratch, f"DELETE FROM audit.tag WHERE seq = {ordered}")
    report = await check(log)
    assert [failure.check for failure in report.failures] == [11]
    assert str(ordered) in report.failures[0].words


@pytest.mark.parametrize("left", TABLES)
async def test_an_erasure_that_left_something_is_named(log: Parts, left: str) -> None:
    async with erasing(log) as erasure:
        waiting = await order(erasure, 98)
        change(log.scratch, f"CREATE TABLE audit.kept AS SELECT * FROM audit.{left} WHERE seq = 98")
        await erasure.orders.approve(DPO, Kind.ERASE, waiting.id)
    change(log.scratch, f"INSERT INTO audit.{left} SELECT * FROM audit.kept")
    report = await check(log)
    assert {failure.check for failure in report.failures} == {11 if left in ("payload", "secret") else 13}
    assert "98" in report.failures[0].words


async def test_what_lies_under_a_destroyed_key_is_counted_and_no_fault(log: Parts) -> None:
    (path,) = log.epoch_keys._folder.glob("*.key")
    path.unlink()
    report = await check(log)
    assert (report.holds, report.locked, report.erased) == (True, 610, 0), report.failures


async def test_keys_of_another_log_are_told_apart(log: Parts, key_folder: object) -> None:
    assert {failure.check for failure in (await check(log, keys=FileTagKeys(bytes(32)))).failures} == {13, 15}
    assert {failure.check for failure in (await check(log, key="other.example")).failures} == {9, 10}
    assert isinstance(log.epoch_keys, FileEpochKeys)


async def test_a_log_with_everything_wrong_is_reported_in_a_hundred_lines(log: Parts) -> None:
    change(log.scratch, "DELETE FROM audit.tag")
    report = await check(log)
    assert (len(report.failures), report.omitted) == (100, 513)


async def test_nothing_personal_is_in_the_report(log: Parts) -> None:
    change(log.scratch, "UPDATE audit.tag SET actor = sha256('x')")
    text = str((await check(log)).failures)
    assert "ann" not in text
    assert "1XYZ987" not in text
