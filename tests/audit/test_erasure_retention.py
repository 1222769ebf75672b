"""The end of an epoch: only when its time is over, never under a hold, to the end after any crash, and nobody waits for it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from services.audit import epochs
from services.audit.entry import Entry
from services.audit.epochs import Epochs
from services.audit.erasure import retention
from services.audit.erasure.finisher import Finisher
from services.audit.erasure.retention import Fate, Report
from services.audit.erasure.retention_store import Step
from services.audit.erasure.server import Parts as Erasure
from services.audit.errors import EntryErased
from services.audit.key_files import FileEpochKeys
from services.audit.keys import KeyDestroyed
from services.audit.review import Search
from tests.audit.erasures import AUDITOR, GROUND, erasing, hold, keep, left
from tests.audit.logs import PLATE, TAG_KEYS, Parts, database, entry, replica, running

pytestmark = pytest.mark.postgres
OLD = "2015-03/std"
NO_TIME = timedelta(0)


@pytest.fixture
async def erasure(parts: Parts) -> AsyncIterator[Erasure]:
    async with erasing(parts) as made:
        yield made


@contextmanager
def in_epoch(patch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    with patch.context() as within:
        within.setattr(epochs, "of", lambda _: name)
        yield


async def old_and_new(parts: Parts, patch: pytest.MonkeyPatch) -> list[Entry]:
    """Two entries of an old epoch and one of now."""
    old = [entry(), entry(plate="", query='{"entries.plate":["3-XYZ-111","3-XYZ-222"]}')]
    with in_epoch(patch, OLD):
        await parts.log.append(old)
    await parts.log.append([entry(plate="2AAA111")])
    return old


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def put_back(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def fates(report: Report) -> dict[str, Fate]:
    return {age.epoch: fate for age, fate in report.epochs}


async def test_an_epoch_whose_time_is_over_ends_and_only_that(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch, key_folder: Path
) -> None:
    await old_and_new(parts, monkeypatch)
    now = (await parts.review.entry(2)).leaf.epoch
    keep(parts, NO_TIME)
    dry = await erasure.retention.run(dry=True)
    assert (fates(dry), left(parts, 0)) == ({OLD: Fate.DUE, now: Fate.KEPT}, {"payload", "secret", "tag"})
    ran = await erasure.retention.run(dry=False)
    assert (fates(ran), ran.remains) == ({OLD: Fate.DESTROYED, now: Fate.KEPT}, ())
    for index in (0, 1):
        assert left(parts, index) == set()
        with pytest.raises(EntryErased):
            await parts.review.entry(index)
    assert (await parts.review.entry(2)).content is not None
    assert not parts.epoch_keys.has(OLD)
    assert names(key_folder) == ["2015-03.std.destroyed", f"{now.replace('/', '.')}.key"]

    # The tree stands, and the log tells of it: before, and after.
    await parts.integrate()
    size = (await parts.store.standing()).signed_size
    for index in range(size):
        assert await parts.proofs.inclusion(index, size)
    page = await parts.review.search(Search(system="audit"), page_size=9, page_token="")
    told = [(one.leaf.kind, json.loads(one.content.query)) for one in page.entries if one.content]
    assert told == [
        ("key", {"epoch": OLD, "erasure": 3, "step": "destroyed"}),
        ("erasure", {"epoch": OLD, "first": 0, "last": 1, "step": "epoch"}),
    ]
    assert fates(await erasure.retention.run(dry=False)) == {now: Fate.KEPT}


async def test_ten_years_are_kept_and_an_old_name_makes_no_entry_older(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_and_new(parts, monkeypatch)
    report = await erasure.retention.run(dry=False)
    assert set(fates(report).values()) == {Fate.KEPT}
    ages = {age.epoch: age for age, _ in report.epochs}
    assert ages[OLD].keep == "10 years"
    time_ms = (await parts.review.entry(1)).leaf.time_ms
    assert (ages[OLD].due_ms or 0) >= time_ms + 3652 * 86_400_000


@pytest.mark.parametrize("statement", ["UPDATE audit.retention SET keep = '0'", "DELETE FROM audit.retention"])
async def test_only_the_owner_sets_the_retention_and_without_one_nothing_ends(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    for role in ("audit_eraser", "audit_appender", "audit_reviewer", "audit_integrator"):
        with parts.scratch.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
    await old_and_new(parts, monkeypatch)
    with parts.scratch.connect("audit_owner") as owner:
        owner.execute("DELETE FROM audit.retention")
    report = await erasure.retention.run(dry=False)
    assert set(fates(report).values()) == {Fate.KEPT}
    assert {age.due_ms for age, _ in report.epochs} == {None}


async def test_the_database_drops_no_epoch_that_is_not_due_or_not_logged(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_and_new(parts, monkeypatch)
    with parts.scratch.connect("audit_eraser") as eraser:

        def refused() -> str | None:
            with pytest.raises(psycopg.DatabaseError) as caught:
                eraser.execute("SELECT audit.drop_epoch(%s)", (OLD,))
            return caught.value.sqlstate

        assert refused() == "AR002"
        (age,) = [age for age in await erasure.retention._store.ages() if age.epoch == OLD]
        await erasure.retention._store.plan(age)
        # An entry that exists, of another kind and id, is not the one that must come before.
        eraser.execute("UPDATE audit.epoch_erasure SET state = 'logged', logged_seq = 0")
        assert refused() == "AR002"
    assert left(parts, 0) == {"payload", "secret", "tag"}


async def test_even_when_logged_it_is_not_dropped_before_its_time(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_and_new(parts, monkeypatch)
    (age,) = [age for age in await erasure.retention._store.ages() if age.epoch == OLD]
    await erasure.retention._store.plan(age)
    assert await erasure.retention.finish(OLD) is Fate.KEPT
    assert parts.epoch_keys.has(OLD)
    assert left(parts, 0) == {"payload", "secret", "tag"}


@pytest.mark.parametrize("criteria", [{"plate": "3XYZ222"}, {"first": 1, "last": 1}, {"actor": "ann.peeters.4711"}])
async def test_a_hold_on_one_entry_keeps_its_epoch(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch, criteria: dict[str, object]
) -> None:
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    number = await hold(erasure, **criteria)
    report = await erasure.retention.run(dry=False)
    assert fates(report)[OLD] is Fate.HELD
    assert {age.hold for age, _ in report.epochs if age.epoch == OLD} == {number}
    assert left(parts, 1) == {"payload", "secret", "tag", "further_plate"}
    assert parts.epoch_keys.has(OLD)


async def test_a_hold_that_was_placed_before_an_epoch_opened_reaches_into_it(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await parts.log.append([entry(plate="2AAA111")])
    await hold(erasure, plate=PLATE)
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    with parts.scratch.connect("audit_eraser") as eraser, pytest.raises(psycopg.DatabaseError) as caught:
        eraser.execute("DELETE FROM audit.secret WHERE epoch = %s", (OLD,))  # its tags are not there yet
    assert caught.value.sqlstate == "AH001"
    assert fates(await erasure.retention.run(dry=False))[OLD] is Fate.HELD
    with parts.scratch.connect() as connection:
        assert connection.execute("SELECT count(*) FROM audit.hold_tag WHERE epoch = %s", (OLD,)).fetchone() == (1,)


async def test_a_hold_on_something_else_keeps_nothing(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    await hold(erasure, plate="9ZZZ999", first=2, last=2, case_reference="BR/0")
    assert fates(await erasure.retention.run(dry=False))[OLD] is Fate.DESTROYED


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("what", ["log", "drop", "end", "key"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_after_a_crash_at_any_step_the_epoch_ends_and_is_logged_once(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch, what: str, when: str
) -> None:
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    with monkeypatch.context() as patch:
        if what == "key":
            destroy = parts.epoch_keys.destroy

            def dies(epoch: str) -> None:
                if when == "after":
                    destroy(epoch)
                raise Killed

            patch.setattr(FileEpochKeys, "destroy", lambda _, epoch: dies(epoch))
        else:
            real = getattr(Step, what)

            async def dies_there(step: Step, *given: object) -> None:
                if when == "after":
                    await real(step, *given)
                raise Killed

            patch.setattr(Step, what, dies_there)
        with pytest.raises(Killed):
            await erasure.retention.run(dry=False)
    async with erasing(parts) as restarted:
        await restarted.retention.finish_all()
        report = await restarted.retention.run(dry=False)
    assert (OLD in fates(report), report.remains) == (False, ())
    assert (left(parts, 0), parts.epoch_keys.is_destroyed(OLD)) == (set(), True)
    page = await parts.review.search(Search(system="audit"), page_size=9, page_token="")
    assert [one.leaf.kind for one in page.entries] == ["key", "erasure"]


async def test_what_is_left_is_told(parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch) -> None:
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    key = parts.epoch_keys._key(OLD)
    await erasure.retention.run(dry=False)
    put_back(parts.epoch_keys._folder / "2015-03.std.key", key)
    with parts.scratch.connect() as connection:
        connection.execute("CREATE TABLE audit.secret_2015_03_std (a integer)")
    report = await erasure.retention.run(dry=True)
    assert report.remains == (f"{OLD}: secret_2015_03_std", f"{OLD}: its key")


async def test_a_destroyed_epoch_is_not_opened_again_and_not_called_lost(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    await erasure.retention.run(dry=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    async with database(parts.scratch, "audit_appender") as appender:
        for keys in (parts.epoch_keys, FileEpochKeys(empty)):
            with pytest.raises(KeyDestroyed, match="destroyed"):
                await Epochs(appender, keys, TAG_KEYS).open(OLD)
    assert names(empty) == []


async def test_other_replicas_forget_the_key_though_they_have_read_it(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch, key_folder: Path
) -> None:
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    async with replica(parts.scratch, key_folder) as other:
        assert (await other.review.entry(0)).content is not None
        await erasure.retention.run(dry=False)
        with pytest.raises(EntryErased):
            await other.review.entry(0)
        async with erasing(other) as its:
            other.epoch_keys._read[OLD] = (bytes(32), "")  # as if nothing had been asked since
            await its.retention.finish_all()
        assert OLD not in other.epoch_keys._read


async def test_look_ups_go_on_while_an_epoch_ends(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long search holds the tables; the drop gives up again and again, and nobody waits behind it for long."""
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    monkeypatch.setattr(retention, "PAUSE_S", 0.02)
    waits: list[float] = []

    async def append_on() -> None:
        while True:
            began = time.monotonic()
            await parts.log.append([entry(plate="2AAA111")])
            waits.append(time.monotonic() - began)

    async with running(append_on):
        with parts.scratch.connect("audit_reviewer", autocommit=False) as reader:
            reader.execute("SELECT count(*) FROM audit.tag")
            assert fates(await erasure.retention.run(dry=False))[OLD] is Fate.BUSY
            assert left(parts, 0) == {"payload", "secret", "tag"}
        assert fates(await erasure.retention.run(dry=False)).get(OLD, Fate.DESTROYED) is Fate.DESTROYED
        before = len(waits)
        while len(waits) < before + 5:
            await asyncio.sleep(0.01)
    assert len(waits) > 20
    assert max(waits) < 1.5, max(waits)
    assert left(parts, 0) == set()


async def test_the_finisher_ends_what_is_due_once_a_day_when_told_to(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_and_new(parts, monkeypatch)
    keep(parts, NO_TIME)
    await Finisher(erasure.orders, erasure.retention, daily=False).retain()
    assert parts.epoch_keys.has(OLD)
    daily = Finisher(erasure.orders, erasure.retention, daily=True)
    await daily.retain()
    assert not parts.epoch_keys.has(OLD)
    with in_epoch(monkeypatch, "2015-04/std"):
        await parts.log.append([entry()])
    await daily.retain()
    assert parts.epoch_keys.has("2015-04/std")


async def test_a_proposal_to_erase_outlives_no_epoch(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entry can be read no more: nobody can say what was asked for, and it is not done."""
    with in_epoch(monkeypatch, OLD):
        await parts.log.append([entry()])
        proposed = await erasure.orders.propose_erasure(AUDITOR, (0,), (), GROUND)
    keep(parts, NO_TIME)
    assert fates(await erasure.retention.run(dry=False))[OLD] is Fate.DESTROYED
    with parts.scratch.connect() as connection:
        row = connection.execute("SELECT proposer, approver FROM audit.erasure_order").fetchone()
    assert (row, proposed.is_open) == ((None, None), True)
