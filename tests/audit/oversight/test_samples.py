"""Samples through the service: drawn once, and justified by the supervisor of the unit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from anpr.audit.v1 import oversight_pb2 as pb
from grpc import StatusCode

from services.audit.oversight.week import draw, week
from services.common.caller import Caller
from tests.audit.logs import OFFICER, PLATE
from tests.audit.oversight.serving import OTHER_SUPERVISOR, SUPERVISOR, Oversight
from tests.audit.oversight.test_week import head
from tests.audit.test_integrator import change
from tests.audit.test_privacy import everything

pytestmark = pytest.mark.postgres

WEEK = week("2026-W47")
DURING = datetime.fromtimestamp(WEEK.begin_ms / 1000, UTC) + timedelta(days=2)
MONDAY_S = WEEK.end_ms // 1000
WHY = "stolen car, report BR.55.004711"


async def a_week(desk: Oversight) -> None:
    """Look-ups before, during and after the week, and a head that a witness cosigned after it."""
    desk.clock.go(DURING - timedelta(days=7))
    await desk.look_up(2)
    desk.clock.go(DURING)
    await desk.look_up(12)
    await desk.look_up(3, unit="unit-2", actor="officer-2")
    await desk.look_up(1, unit="", actor="officer-3")
    desk.clock.go(DURING + timedelta(days=7))
    await desk.look_up(2)
    published(desk, 40, MONDAY_S + 60)


def published(desk: Oversight, size: int, at: int) -> None:
    shown = head(size, ("w.one", at))
    with desk.parts.scratch.connect() as connection:
        connection.execute(
            "INSERT INTO audit.published (size, root, note, cosigned_by) VALUES (%s, %s, %s, %s)",
            (size, bytes(32), shown.note, list(shown.cosigned_by)),
        )


async def drawn(desk: Oversight, who: Caller | None = None) -> pb.DrawSampleResponse:
    request = pb.DrawSampleRequest(week=WEEK.name)
    answer: pb.DrawSampleResponse = await (
        desk.ask("DrawSample", request, who) if who else desk.ask("DrawSample", request)
    )
    return answer


async def test_a_sample_is_what_an_auditor_computes_from_seed_and_units(desk: Oversight) -> None:
    await a_week(desk)
    answer = await drawn(desk)
    assert (answer.size, answer.of_each_unit) == (40, 5)
    opened = [await desk.parts.review.entry(index) for index in range(40)]
    units: dict[str, list[int]] = {}
    for one in opened:
        if one.leaf.kind == "intent" and WEEK.begin_ms <= one.leaf.time_ms < WEEK.end_ms and one.content:
            units.setdefault(one.content.unit, []).append(one.index)
    assert {unit: len(indexes) for unit, indexes in units.items()} == {"unit-1": 12, "unit-2": 3, "": 1}
    expected = sorted(index for of_unit in draw(answer.seed, units).values() for index in of_unit)
    assert list(answer.indexes) == expected
    assert len(expected) == 5 + 3 + 1


async def test_a_week_is_drawn_once_whatever_is_published_later(desk: Oversight) -> None:
    await a_week(desk)
    first = await drawn(desk)
    published(desk, 36, MONDAY_S + 5)
    again = await drawn(desk)
    assert (again.seed, list(again.indexes)) == (first.seed, list(first.indexes))
    with desk.parts.scratch.connect() as connection:
        tagged = "SELECT count(*) FROM audit.tag WHERE kind = 'review' AND rpc LIKE '%%DrawSample'"
        assert connection.execute(tagged).fetchall() == [(1,)]


async def test_the_draw_is_in_the_log_with_its_seed(desk: Oversight) -> None:
    await a_week(desk)
    answer = await drawn(desk)
    with desk.parts.scratch.connect() as connection:
        ((index,),) = connection.execute("SELECT seq FROM audit.sample_draw").fetchall()
    logged = await desk.parts.review.entry(index)
    assert logged.content is not None
    assert f'"seed":"{answer.seed.hex()}"' in logged.content.query


async def test_without_a_cosignature_from_after_the_week_nothing_is_drawn(desk: Oversight) -> None:
    desk.clock.go(DURING)
    await desk.look_up(12)
    desk.clock.go(DURING + timedelta(days=7))
    await desk.look_up()
    published(desk, 24, MONDAY_S - 1)
    published(desk, 23, MONDAY_S + 1)
    assert await desk.refusal("DrawSample", pb.DrawSampleRequest(week=WEEK.name)) == (
        StatusCode.NOT_FOUND,
        "SIZE_NOT_SIGNED",
    )


@pytest.mark.parametrize("name", ["2026-W99", "2999-W01", "", "2026-W47'"])
async def test_a_week_that_is_none_or_not_over_is_not_drawn(desk: Oversight, name: str) -> None:
    refused = (StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
    assert await desk.refusal("DrawSample", pb.DrawSampleRequest(week=name)) == refused


def justification(index: int, **changes: str) -> pb.JustifySampleRequest:
    said: dict[str, Any] = {"week": WEEK.name, "index": index, "justification": WHY, **changes}
    return pb.JustifySampleRequest(**said)


async def test_a_supervisor_justifies_look_ups_of_the_own_unit_once(desk: Oversight) -> None:
    await a_week(desk)
    own = list((await drawn(desk, SUPERVISOR)).indexes)
    assert len(own) == 5
    answer = await desk.ask("JustifySample", justification(own[0]), SUPERVISOR)
    logged = await desk.parts.review.entry(answer.index)
    assert logged.content is not None
    assert (logged.leaf.kind, logged.content.actor, logged.content.reason) == ("review", "sue.super", WHY)
    listed = {
        one.lookup.index: one for one in (await desk.ask("ListSamples", pb.ListSamplesRequest(), SUPERVISOR)).samples
    }
    assert set(listed) == set(own)
    done = listed[own[0]]
    assert (done.justified_by, done.justification, done.justification_index) == ("sue.super", WHY, answer.index)
    assert (done.lookup.fields.actor, done.lookup.fields.plate) == (OFFICER, PLATE)
    still = await desk.ask("ListSamples", pb.ListSamplesRequest(only_open=True), SUPERVISOR)
    assert {one.lookup.index for one in still.samples} == set(own[1:])
    again = await desk.refusal("JustifySample", justification(own[0]), SUPERVISOR)
    assert again == (StatusCode.ALREADY_EXISTS, "ENTRY_CONFLICT")


async def test_who_may_not_justify_changes_nothing(desk: Oversight) -> None:
    await a_week(desk)
    index = (await drawn(desk, SUPERVISOR)).indexes[0]
    oneself = Caller("desk-1", OFFICER, "unit-1", "local", frozenset({"supervisor"}))
    denied = (StatusCode.PERMISSION_DENIED, "ROLE_NOT_PERMITTED")
    missing = (StatusCode.NOT_FOUND, "ENTRY_NOT_FOUND")
    auditor = Caller("oversight-1", "carla.audit", "unit-1", "local", frozenset({"auditor"}))
    assert await desk.refusal("JustifySample", justification(index), oneself) == denied
    assert await desk.refusal("JustifySample", justification(index), OTHER_SUPERVISOR) == missing
    assert await desk.refusal("JustifySample", justification(index), auditor) == denied
    assert await desk.refusal("JustifySample", justification(0), SUPERVISOR) == missing, "it is not in the sample"
    assert await desk.refusal("JustifySample", justification(index, week="2026-W46"), SUPERVISOR) == missing
    short = justification(index, justification="ok")
    assert (await desk.refusal("JustifySample", short, SUPERVISOR))[1] == "FIELD_INVALID"
    with desk.parts.scratch.connect() as connection:
        assert connection.execute("SELECT count(*) FROM audit.sample_justification").fetchall() == [(0,)]


async def test_samples_become_overdue(desk: Oversight) -> None:
    await a_week(desk)
    await drawn(desk)
    assert not (await desk.ask("ListSamples", pb.ListSamplesRequest(overdue_days=30))).samples
    change(desk.parts.scratch, "UPDATE audit.sample_draw SET at_ms = at_ms - 30 * 86400000::bigint")
    assert len((await desk.ask("ListSamples", pb.ListSamplesRequest(overdue_days=30))).samples) == 9


async def test_a_sampled_look_up_that_was_erased_is_shown_as_such(desk: Oversight) -> None:
    await a_week(desk)
    index = (await drawn(desk, SUPERVISOR)).indexes[0]
    with desk.parts.scratch.connect() as connection:
        connection.execute("DELETE FROM audit.payload WHERE seq = %s", (index,))
        connection.execute("DELETE FROM audit.secret WHERE seq = %s", (index,))
    listed = {one.lookup.index: one for one in (await desk.ask("ListSamples", pb.ListSamplesRequest())).samples}
    assert not listed[index].lookup.HasField("fields")
    assert (await desk.refusal("JustifySample", justification(index), SUPERVISOR))[0] == StatusCode.NOT_FOUND


async def test_nothing_of_a_sample_lies_in_plain_text(desk: Oversight) -> None:
    await a_week(desk)
    index = (await drawn(desk, SUPERVISOR)).indexes[0]
    await desk.ask("JustifySample", justification(index), SUPERVISOR)
    found = list(everything(desk.parts.scratch))
    assert any(b"2026-W47" in value for value in found), "the samples are among what is searched"
    for secret in (OFFICER, PLATE, "unit-1", "sue.super", WHY):
        assert not any(secret.encode() in value or secret.encode().hex().encode() in value for value in found), secret
