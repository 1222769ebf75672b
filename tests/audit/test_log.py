import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from services.audit import log, sequencer
from services.audit.entry import Entry
from services.audit.errors import EntryConflict, LogAltered, LogBehind, LogFull
from services.audit.log import MAX_WAITING
from services.common import ids, receipt
from services.common.errors import ClockOff, CommitUnknown, Invalid, StoreUnavailable
from tests.audit.keyring import ORIGIN, RECEIPTS
from tests.audit.logs import Parts, entry, outcome, replica
from tests.engines import Scratch

pytestmark = pytest.mark.postgres


def rows(scratch: Scratch, statement: str = "SELECT seq FROM audit.entry ORDER BY seq") -> list[int]:
    with scratch.connect() as connection:
        return [row[0] for row in connection.execute(statement.encode()).fetchall()]


async def test_an_entry_gets_an_index_and_a_receipt(parts: Parts) -> None:
    (promise,) = await parts.log.append([entry()])
    promised = receipt.verify(promise.note, RECEIPTS.verifier)
    assert (promise.index, promised.index, promised.origin) == (0, 0, ORIGIN)
    assert rows(parts.scratch) == [0]


async def test_the_same_entry_again_gets_the_same_index_and_receipt(parts: Parts) -> None:
    first = entry()
    promise = await parts.log.append([first])
    await parts.log.append([entry()])
    assert await parts.log.append([first]) == promise
    assert rows(parts.scratch) == [0, 1]


@pytest.mark.parametrize("field", ["actor", "plate", "reason", "status"])
async def test_the_same_id_with_another_content_is_a_conflict(parts: Parts, field: str) -> None:
    first = entry()
    await parts.log.append([first])
    with pytest.raises(EntryConflict):
        await parts.log.append([entry(first.id, **{field: "X"})])
    with pytest.raises(EntryConflict):
        await parts.log.append([entry(first.id, system="ingest")])
    assert rows(parts.scratch) == [0]


async def test_a_batch_is_in_order_and_all_or_nothing(parts: Parts) -> None:
    taken = entry()
    await parts.log.append([taken])
    batch = [entry() for _ in range(5)]
    assert [promise.index for promise in await parts.log.append(batch)] == [1, 2, 3, 4, 5]
    with pytest.raises(EntryConflict):
        await parts.log.append([entry(), entry(), entry(taken.id, actor="X")])
    assert rows(parts.scratch) == [0, 1, 2, 3, 4, 5]


async def test_an_outcome_answers_an_intent_in_the_log(parts: Parts) -> None:
    intent = entry()
    await parts.log.append([intent])
    await parts.log.append([outcome(intent)])
    with pytest.raises(Invalid, match="ref names no intent"):
        await parts.log.append([outcome(entry())])
    assert rows(parts.scratch) == [0, 1]


async def test_replicas_that_race_over_the_same_ids_leave_no_gap_and_no_second_index(
    scratch: Scratch, key_folder: Path
) -> None:
    entries = [entry() for _ in range(150)]
    async with (
        replica(scratch, key_folder) as one,
        replica(scratch, key_folder) as two,
        replica(scratch, key_folder) as three,
    ):
        order = [entries, entries[::-1], entries[75:] + entries[:75]]
        calls = [
            replica_.log.append([one_]) for replica_, its in zip((one, two, three), order, strict=True) for one_ in its
        ]
        promises = [promise for (promise,) in await asyncio.gather(*calls)]
    assert rows(scratch) == list(range(150))
    assert rows(scratch, "SELECT seq FROM audit.entry_id ORDER BY seq") == list(range(150))
    by_id: dict[object, set[tuple[int, str]]] = {}
    for one_, promise in zip((one_ for its in order for one_ in its), promises, strict=True):
        by_id.setdefault(one_.id, set()).add((promise.index, promise.note))
    assert sorted(index for found in by_id.values() for index, _ in found) == list(range(150))


async def test_log_time_never_goes_back(parts: Parts) -> None:
    with parts.scratch.connect() as connection:
        connection.execute("UPDATE audit.head SET last_ms = extract(epoch FROM clock_timestamp()) * 1000 + 3000")
        last_ms = connection.execute("SELECT last_ms FROM audit.head").fetchall()[0][0]
    for _ in range(2):
        (promise,) = await parts.log.append([entry()])
        assert receipt.verify(promise.note, RECEIPTS.verifier).time_ms == last_ms


async def test_a_clock_behind_the_log_stops_the_log(parts: Parts) -> None:
    with parts.scratch.connect() as connection:
        connection.execute("UPDATE audit.head SET last_ms = extract(epoch FROM clock_timestamp()) * 1000 + 3600000")
    with pytest.raises(ClockOff, match="behind the log"):
        await parts.log.append([entry()])
    assert rows(parts.scratch) == []


@pytest.mark.parametrize("offset_s", [-2.5, 2.5])
async def test_a_replica_with_a_wrong_clock_refuses_itself(scratch: Scratch, key_folder: Path, offset_s: float) -> None:
    async with replica(scratch, key_folder, clock=lambda: time.time() + offset_s) as wrong:
        with pytest.raises(ClockOff):
            await wrong.log.append([entry()])
    assert rows(scratch) == []
    async with replica(scratch, key_folder) as right:
        assert len(await right.log.append([entry()])) == 1


async def test_a_backend_that_is_killed_again_and_again_loses_and_doubles_nothing(parts: Parts) -> None:
    """Appends go on while somebody ends the connection under them; what was refused is tried again with the same id."""
    killing = asyncio.ensure_future(kill_repeatedly(parts.scratch, times=40))
    entries, promised = list[Entry](), list[int]()
    while not killing.done() or len(entries) < 100:
        entries += [entry() for _ in range(4)]
        promised += await asyncio.gather(*(insist(parts, one) for one in entries[-4:]))
    await killing
    again = [(await parts.log.append([one]))[0].index for one in entries]
    assert again == promised
    assert sorted(promised) == rows(parts.scratch) == list(range(len(entries)))


async def insist(parts: Parts, one: Entry) -> int:
    while True:
        try:
            return (await parts.log.append([one]))[0].index
        except StoreUnavailable:
            await asyncio.sleep(0.001)


async def kill_repeatedly(scratch: Scratch, *, times: int) -> None:
    moments = random.Random(1)
    for _ in range(times):
        await asyncio.sleep(moments.uniform(0.0, 0.05))
        await asyncio.to_thread(terminate, scratch)


def terminate(scratch: Scratch) -> None:
    with scratch.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'audit_appender'"
        )


async def test_a_lost_connection_is_made_again_within_one_append(parts: Parts) -> None:
    await parts.log.append([entry()])
    terminate(parts.scratch)
    (promise,) = await parts.log.append([entry()])
    assert promise.index == 1


async def test_a_second_try_that_finds_nobody_does_not_say_that_nothing_was_done(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one was lost in its commit, and had made it."""
    commit = sequencer.Turn.commit

    async def torn(turn: sequencer.Turn, entries: Sequence[sequencer.Sealed]) -> None:
        await commit(turn, entries)
        if entries:
            monkeypatch.setattr(parts.sequencer, "_dsn", "host=127.0.0.1 port=1")
            raise CommitUnknown("the database was lost while it committed")

    monkeypatch.setattr(sequencer.Turn, "commit", torn)
    one = entry()
    with pytest.raises(CommitUnknown):
        await parts.log.append([one])
    monkeypatch.undo()
    (promise,) = await parts.log.append([one])
    assert (promise.index, rows(parts.scratch)) == (0, [0])


async def test_a_full_queue_refuses_and_recovers(scratch: Scratch, key_folder: Path) -> None:
    async with replica(scratch, key_folder) as parts:
        with scratch.connect(autocommit=False) as blocker:
            blocker.execute("SELECT FROM audit.head FOR UPDATE")
            waiting = [asyncio.ensure_future(parts.log.append([entry() for _ in range(256)])) for _ in range(16)]
            await asyncio.sleep(0)
            with pytest.raises(LogFull):
                await parts.log.append([entry()])
            blocker.rollback()
        done = await asyncio.gather(*waiting)
        assert sorted(promise.index for promises in done for promise in promises) == list(range(MAX_WAITING))
        assert len(await parts.log.append([entry()])) == 1


async def test_who_hangs_up_before_the_write_leaves_nothing(parts: Parts) -> None:
    with parts.scratch.connect(autocommit=False) as blocker:
        blocker.execute("SELECT FROM audit.head FOR UPDATE")
        first = asyncio.ensure_future(parts.log.append([entry()]))
        await asyncio.sleep(0.05)
        second = asyncio.ensure_future(parts.log.append([entry()]))
        await asyncio.sleep(0.05)
        second.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await second
        blocker.rollback()
    await first
    await parts.log.append([entry()])
    assert rows(parts.scratch) == [0, 1]


async def test_who_names_an_entry_that_was_destroyed_is_refused_and_the_log_goes_on(parts: Parts) -> None:
    one = entry()
    await parts.log.append([one])
    with parts.scratch.connect() as connection:
        connection.execute("UPDATE audit.entry SET leaf = leaf || ' '")
    for _ in range(2):
        with pytest.raises(LogAltered):
            await parts.log.append([outcome(one)])
        await parts.log.append([entry()])
    assert rows(parts.scratch) == [0, 1, 2]


async def test_nothing_is_taken_while_the_tree_is_too_far_behind(parts: Parts) -> None:
    await parts.log.append([entry()])
    late = ids.uuid7()
    with parts.scratch.connect() as connection:
        text = connection.execute("SELECT convert_from(leaf, 'UTF8') FROM audit.entry").fetchall()[0][0]
        time_ms = int(text.split('"t":')[1].split(",")[0])
        old = text.replace(f'"t":{time_ms}', f'"t":{time_ms - 301_000}').encode()
        connection.execute("UPDATE audit.entry SET leaf = %s", (old,))
    with pytest.raises(LogBehind):
        await parts.watch.check()
    with pytest.raises(LogBehind):
        await parts.log.append([entry(late)])
    await parts.integrator.step()
    await parts.watch.check()
    assert (await parts.log.append([entry(late)]))[0].index == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "IDLE_S", 0.05)
    monkeypatch.setattr(log, "UNCONFIRMED_S", 0.5)


async def until_writes(parts: Parts, wanted: bool) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await parts.log.verify_writes()
                writes = True
            except StoreUnavailable:
                writes = False
            if writes is wanted:
                return
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("impatient")
async def test_a_log_that_cannot_be_written_is_told_though_it_can_be_read_and_nobody_appends(parts: Parts) -> None:
    await parts.log.append([entry()])
    await parts.log.verify_writes()
    with parts.scratch.connect(autocommit=False) as other:
        other.execute("SELECT FROM audit.head FOR UPDATE")
        await until_writes(parts, False)
        await parts.watch.check()
    await until_writes(parts, True)
    assert rows(parts.scratch, "SELECT next_seq FROM audit.head") == [1], "what shows it adds nothing"


async def test_entries_that_stand_for_themselves_do_not_refuse_each_other(parts: Parts) -> None:
    first = entry()
    await parts.log.append([first])
    taken, orphan = replace(first, content=replace(first.content, actor="bob")), outcome(entry())
    intent = entry()
    answers = await parts.log.append_each([entry(), taken, intent, outcome(intent), orphan, first])
    indexes = [one.appended.index if one.appended else None for one in answers]
    assert indexes == [1, None, 2, 3, None, 0]
    assert [one.refusal.reason for one in answers if one.refusal] == ["ENTRY_CONFLICT", "FIELD_INVALID"]
