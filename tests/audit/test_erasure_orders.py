"""Erasure by order: two persons, an entry before the deed, nothing that is held, and every crash survived."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from services.audit.erasure.errors import EntryHeld, HoldLifted, OrderClosed, OrderNotFound, RecordKept, SamePerson
from services.audit.erasure.order import Kind, State
from services.audit.erasure.order_store import Step
from services.audit.erasure.server import Parts as Erasure
from services.audit.errors import EntryErased, EntryNotFound, LogAltered
from services.audit.review import Search
from services.common import ids
from services.common.errors import StoreUnavailable
from tests.audit.erasures import AUDITOR, DPO, GROUND, erase, erasing, hold, left, order
from tests.audit.logs import CASE, OFFICER, PLATE, Parts, entry, outcome
from tests.audit.test_privacy import everything

pytestmark = pytest.mark.postgres
MANY_PLATES = entry(plate="", query='{"entries.plate":["3-XYZ-111","3-XYZ-222"]}')


@pytest.fixture
async def erasure(parts: Parts) -> AsyncIterator[Erasure]:
    async with erasing(parts) as made:
        yield made


async def found(parts: Parts, **wanted: Any) -> list[int]:
    page = await parts.review.search(Search(**wanted), page_size=100, page_token="")
    return [opened.index for opened in page.entries]


async def test_two_persons_erase_what_an_entry_says_and_nothing_else(parts: Parts, erasure: Erasure) -> None:
    one = entry()
    await parts.log.append([entry(), one, outcome(one), MANY_PLATES])
    await parts.integrate()
    before = [await parts.store.leaf(index) for index in range(4)]
    done = await erase(erasure, 1, 3)
    assert (done.state, done.targets) == (State.DONE, (1, 3))
    assert [left(parts, index) for index in (1, 3)] == [set(), set()]
    for index in (1, 3):
        with pytest.raises(EntryErased):
            await parts.review.entry(index)
    assert await found(parts, actor=OFFICER, kind="intent") == [0]
    assert await found(parts, plate="3-XYZ-222") == []
    assert (await parts.review.entry(2)).content is not None

    # The leaves are what they were, the log goes on, and every proof holds.
    await parts.integrate()
    assert [await parts.store.leaf(index) for index in range(4)] == before
    size = (await parts.store.standing()).signed_size
    for index in range(size):
        assert await parts.proofs.inclusion(index, size)


async def test_the_log_tells_who_erased_what_and_why_before_it_is_done(parts: Parts, erasure: Erasure) -> None:
    one = entry()
    await parts.log.append([one])
    done = await erase(erasure, 0)
    assert done.logged_index is not None
    assert done.approved_index is not None
    proposal, approval, deed = [
        await parts.review.entry(index) for index in (done.proposed_index, done.approved_index, done.logged_index)
    ]
    assert [opened.leaf.kind for opened in (proposal, approval, deed)] == ["erasure"] * 3
    assert proposal.content is not None
    assert approval.content is not None
    assert deed.content is not None
    assert (proposal.content.actor, approval.content.actor, deed.content.actor) == (
        AUDITOR.person,
        DPO.person,
        DPO.person,
    )
    said = json.loads(deed.content.query)
    assert (said["entries"], said["order"], said["step"]) == ([str(one.id)], GROUND.reference, "erase")
    assert deed.content.reason == GROUND.words
    assert await found(parts, kind="erasure") == [3, 2, 1]


@pytest.mark.parametrize(
    "person",
    [
        "carla.audit",
        "Carla.Audit",
        " carla.audit ",
        "CARLA.AUDIT",
        "carla. audit",
        "\uff43arla.audit",
        "carla.audit\u00a0",
    ],
)
async def test_nobody_approves_what_he_proposed_however_he_writes_himself(
    parts: Parts, erasure: Erasure, person: str
) -> None:
    await parts.log.append([entry()])
    proposed = await order(erasure, 0)
    with pytest.raises(SamePerson):
        await erasure.orders.approve(replace(DPO, person=person), Kind.ERASE, proposed.id)
    assert len(left(parts, 0)) == 3
    assert (await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)).state is State.DONE


async def test_the_database_itself_asks_for_two_persons(parts: Parts, erasure: Erasure) -> None:
    await parts.log.append([entry()])
    await order(erasure, 0)
    with parts.scratch.connect("audit_eraser") as eraser, pytest.raises(psycopg.errors.CheckViolation):
        eraser.execute("UPDATE audit.erasure_order SET state = 'approved', approver = proposer, approved_seq = 1")


async def test_an_order_is_approved_once_in_time_and_as_what_it_is(parts: Parts, erasure: Erasure) -> None:
    await parts.log.append([entry(), entry()])
    with pytest.raises(OrderNotFound):
        await erasure.orders.approve(DPO, Kind.ERASE, ids.uuid7())
    proposed = await order(erasure, 0)
    with pytest.raises(OrderNotFound):
        await erasure.orders.approve(DPO, Kind.LIFT, proposed.id)
    await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)
    with pytest.raises(OrderClosed):
        await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)
    erasure.orders._valid = timedelta(0)
    late = await order(erasure, 1)
    assert (late.is_expired, late.is_open) == (True, False)
    with pytest.raises(OrderClosed, match="in time"):
        await erasure.orders.approve(DPO, Kind.ERASE, late.id)
    assert len(left(parts, 1)) == 3


async def test_what_is_not_there_or_tells_of_the_log_itself_is_not_erased(parts: Parts, erasure: Erasure) -> None:
    await parts.log.append([entry()])
    with pytest.raises(EntryNotFound):
        await order(erasure, 0, 7)
    with pytest.raises(EntryNotFound):
        await erasure.orders.propose_erasure(AUDITOR, (), (ids.uuid7(),), GROUND)
    done = await erase(erasure, 0)
    with pytest.raises(EntryErased):
        await order(erasure, 0)
    assert done.logged_index is not None
    with pytest.raises(RecordKept):
        await order(erasure, done.logged_index)
    with parts.scratch.connect("audit_eraser") as eraser, pytest.raises(psycopg.DatabaseError) as caught:
        eraser.execute("DELETE FROM audit.secret WHERE seq = %s", (done.logged_index,))
    assert caught.value.sqlstate == "AH002"


async def test_entries_are_named_by_id_as_well(parts: Parts, erasure: Erasure) -> None:
    one = entry()
    await parts.log.append([entry(), one])
    proposed = await erasure.orders.propose_erasure(AUDITOR, (), (one.id,), GROUND)
    assert proposed.targets == (1,)


HOLDS = {
    "plate": {"plate": PLATE},
    "officer": {"actor": OFFICER},
    "case": {"case_reference": CASE},
    "range": {"first": 0, "last": 0},
    "window": {"from_ms": 0, "until_ms": 1 << 52},
}


@pytest.mark.parametrize("criteria", HOLDS.values(), ids=HOLDS)
async def test_a_hold_stops_orders_and_whoever_deletes(
    parts: Parts, erasure: Erasure, criteria: dict[str, object]
) -> None:
    await parts.log.append([entry()])
    proposed = await order(erasure, 0)
    number = await hold(erasure, **criteria)
    for attempt in (order(erasure, 0), erasure.orders.approve(DPO, Kind.ERASE, proposed.id)):
        with pytest.raises(EntryHeld, match=f"hold {number}"):
            await attempt
    for table in ("secret", "payload", "tag"):
        with parts.scratch.connect("audit_eraser") as eraser, pytest.raises(psycopg.DatabaseError) as caught:
            eraser.execute(f"DELETE FROM audit.{table} WHERE seq = 0".encode())
        assert caught.value.sqlstate == "AH001"
    assert left(parts, 0) == {"secret", "payload", "tag"}


async def test_a_hold_holds_no_more_than_what_fits(parts: Parts, erasure: Erasure) -> None:
    await parts.log.append([entry(), entry(plate="2AAA111", actor="bob", case_reference="BR/1"), MANY_PLATES])
    await hold(erasure, plate=PLATE)
    assert (await erase(erasure, 1)).state is State.DONE
    await hold(erasure, plate="3XYZ222")
    with pytest.raises(EntryHeld, match="hold 2"):
        await order(erasure, 2)


async def test_a_hold_that_comes_between_approval_and_deed_stops_the_deed_for_good(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await parts.log.append([entry()])
    proposed = await order(erasure, 0)
    log = Step.log

    async def then_hold(step: Step, logged: int) -> None:
        await log(step, logged)
        await hold(erasure, plate=PLATE)

    monkeypatch.setattr(Step, "log", then_hold)
    stopped = await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)
    assert stopped.state is State.STOPPED
    assert left(parts, 0) == {"secret", "payload", "tag"}
    newest = await parts.review.entry((await found(parts, kind="erasure"))[0])
    assert newest.content is not None
    assert json.loads(newest.content.query)["step"] == "stop"
    with pytest.raises(OrderClosed):
        await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)


async def test_a_hold_is_lifted_by_two_persons_and_then_lets_go(parts: Parts, erasure: Erasure) -> None:
    await parts.log.append([entry()])
    number = await hold(erasure, plate=PLATE)
    proposed = await erasure.orders.propose_lift(AUDITOR, number, GROUND)
    with pytest.raises(SamePerson):
        await erasure.orders.approve(replace(DPO, person="CARLA.audit"), Kind.LIFT, proposed.id)
    with parts.scratch.connect("audit_eraser") as eraser, pytest.raises(psycopg.errors.IntegrityError):
        eraser.execute("UPDATE audit.hold SET lifted_by = %s", (proposed.id,))
    with pytest.raises(EntryHeld):
        await order(erasure, 0)
    lifted = await erasure.orders.approve(DPO, Kind.LIFT, proposed.id)
    assert lifted.state is State.DONE
    (listed,) = await erasure.holds.listed(only_standing=False)
    assert listed.is_lifted
    assert listed.criteria is not None
    assert listed.criteria.plate == PLATE
    assert await erasure.holds.listed(only_standing=True) == []
    with pytest.raises(HoldLifted):
        await erasure.orders.propose_lift(AUDITOR, number, GROUND)
    assert (await erase(erasure, 0)).state is State.DONE


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("method", ["approve", "log", "erase"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_after_a_crash_at_any_step_the_deed_is_done_once_and_logged_once(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch, method: str, when: str
) -> None:
    """Before: the entry is in the log and the row is not written; after: the statement was sent and its transaction is lost."""
    await parts.log.append([entry()])
    proposed = await order(erasure, 0)
    real = getattr(Step, method)

    async def dies(step: Step, *given: object) -> None:
        if when == "after":
            await real(step, *given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Step, method, dies)
        with pytest.raises(Killed):
            await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)
    assert left(parts, 0) == {"secret", "payload", "tag"}
    async with erasing(parts) as restarted:
        await restarted.orders.finish_all()
        (listed,) = await restarted.orders.listed()
        if method == "approve":  # nobody was told that it was approved, and it was not
            assert (listed.state, listed.is_open) == (State.PROPOSED, True)
            listed = await restarted.orders.approve(DPO, Kind.ERASE, proposed.id)
    assert listed.state is State.DONE
    assert left(parts, 0) == set()
    steps = [(await parts.review.entry(index)).content for index in await found(parts, kind="erasure")]
    assert [json.loads(content.query)["step"] for content in steps if content].count("erase") == 1


async def test_no_entry_no_erasure(parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch) -> None:
    await parts.log.append([entry()])
    proposed = await order(erasure, 0)

    async def refuses(_: object) -> None:
        raise StoreUnavailable("no")

    with monkeypatch.context() as patch:
        patch.setattr(parts.log, "append", refuses)
        with pytest.raises(StoreUnavailable):
            await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)
    assert left(parts, 0) == {"secret", "payload", "tag"}


async def test_nothing_of_orders_and_holds_is_plain_text(parts: Parts, erasure: Erasure) -> None:
    await parts.log.append([entry()])
    await hold(erasure, plate="2AAA111", actor="sergeant.jones", case_reference="BR/9")
    await erase(erasure, 0)
    rows = list(everything(parts.scratch))
    assert len(rows) > 20
    for secret in (PLATE, OFFICER, "2AAA111", "sergeant.jones", "BR/9", AUDITOR.person, DPO.person, GROUND.words):
        for form in (secret, secret.encode().hex()):
            assert not any(form.encode() in value for value in rows), form


async def test_of_two_who_approve_at_once_one_does(parts: Parts, erasure: Erasure) -> None:
    await parts.log.append([entry()])
    proposed = await order(erasure, 0)
    other = replace(DPO, person="dora.dpo")
    async with erasing(parts) as second:
        answers = await asyncio.gather(
            erasure.orders.approve(DPO, Kind.ERASE, proposed.id),
            second.orders.approve(other, Kind.ERASE, proposed.id),
            return_exceptions=True,
        )
    assert sorted(type(answer).__name__ for answer in answers) == ["Order", "OrderClosed"]
    assert len(await found(parts, kind="erasure")) == 3


async def test_two_replicas_finish_one_order_once(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await parts.log.append([entry()])
    proposed = await order(erasure, 0)

    async def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Step, "log", dies)
        with pytest.raises(Killed):
            await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)
    async with erasing(parts) as second:
        await asyncio.gather(erasure.orders.finish_all(), second.orders.finish_all())
    assert [one.state for one in await erasure.orders.listed()] == [State.DONE]
    assert len(await found(parts, kind="erasure")) == 3


async def test_a_hold_and_an_erasure_at_once_leave_either_a_hold_or_an_erasure(parts: Parts, erasure: Erasure) -> None:
    """The hold that is being placed is waited for; and it waits for the erasure that is being done."""
    await parts.log.append([entry(), entry(plate="2AAA111")])
    insert = "INSERT INTO audit.hold (placed_seq, first_seq, last_seq, fields) VALUES (%s, %s, %s, '{}')"
    delete = "DELETE FROM audit.secret WHERE seq = %s"
    with parts.scratch.connect("audit_eraser", autocommit=False) as one, parts.scratch.connect("audit_eraser") as two:
        one.execute(insert, (5, 0, 0))
        deleting = asyncio.ensure_future(asyncio.to_thread(two.execute, delete, (0,)))
        await asyncio.sleep(0.3)
        assert not deleting.done()
        one.commit()
        with pytest.raises(psycopg.DatabaseError) as caught:
            await deleting
        assert caught.value.sqlstate == "AH001"

        one.execute(delete, (1,))
        placing = asyncio.ensure_future(asyncio.to_thread(two.execute, insert, (6, 1, 1)))
        await asyncio.sleep(0.3)
        assert not placing.done()
        one.commit()
        await placing
    assert ("secret" in left(parts, 0), "secret" in left(parts, 1)) == (True, False)


ADDED = "INSERT INTO audit.erasure_target SELECT order_id, 1 FROM audit.erasure_order"
FORGED = {
    "targets added to an approved order": ADDED,
    "an approval that nobody gave": "UPDATE audit.erasure_order SET state = 'approved', approver = 'x', approved_seq = 0",
    "a proposal as its own approval": (
        "UPDATE audit.erasure_order SET state = 'approved', approver = 'x', approved_seq = proposed_seq"
    ),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
async def test_an_order_that_the_log_does_not_tell_of_is_not_carried_out(
    parts: Parts, erasure: Erasure, monkeypatch: pytest.MonkeyPatch, forged: str
) -> None:
    """Whoever has the eraser's password can write rows, and still cannot make the service erase or log what nobody ordered."""
    await parts.log.append([entry(), entry()])
    proposed = await order(erasure, 0)

    async def dies(*_: object) -> None:
        raise Killed

    if forged == ADDED:
        with monkeypatch.context() as patch:
            patch.setattr(Step, "log", dies)
            with pytest.raises(Killed):
                await erasure.orders.approve(DPO, Kind.ERASE, proposed.id)
    with parts.scratch.connect("audit_eraser") as eraser:
        eraser.execute(forged.encode())
    before = await found(parts, kind="erasure")
    with pytest.raises(LogAltered):
        await erasure.orders.finish_all()
    assert [left(parts, index) for index in (0, 1)] == [{"secret", "payload", "tag"}] * 2
    assert await found(parts, kind="erasure") == before
