"""Flags from the log to the verdict, through the service."""

import asyncio
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from anpr.audit.v1 import oversight_pb2 as pb
from grpc import StatusCode

from services.audit.oversight.by import By
from services.audit.oversight.errors import AlreadyDecided, OversightFails
from services.common import refusals
from services.common.caller import Caller
from services.common.database import StoreFault
from services.common.errors import StoreUnavailable
from tests.audit.logs import CASE, OFFICER, PLATE, running
from tests.audit.oversight.serving import AUDITOR, OTHER_SUPERVISOR, SUPERVISOR, Oversight
from tests.audit.test_integrator import change
from tests.audit.test_privacy import everything

pytestmark = pytest.mark.postgres

HOUSEHOLD = f"officer,plate,relation\n{OFFICER},{PLATE},own\n"
DENIED = (StatusCode.PERMISSION_DENIED, "ROLE_NOT_PERMITTED")
NOT_FOUND = (StatusCode.NOT_FOUND, "ENTRY_NOT_FOUND")
INVALID = (StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
REASON = "looked up after a theft that was reported"


def verdict(
    flag: pb.Flag, *, verdict: str = "JUSTIFIED", seen: str = "OPEN", reason: str = REASON
) -> pb.ReviewFlagRequest:
    return pb.ReviewFlagRequest(
        flag_id=flag.flag_id, verdict=f"FLAG_STATE_{verdict}", seen=f"FLAG_STATE_{seen}", reason=reason
    )


async def flagged(desk: Oversight) -> pb.Flag:
    """A flag of an officer of unit-1 who looked an own vehicle up."""
    await desk.know("HOUSEHOLD", HOUSEHOLD)
    await desk.look_up()
    assert await desk.run() == 1
    (flag,) = await desk.flags()
    return flag


async def test_a_look_up_of_an_own_vehicle_is_flagged_and_explained(desk: Oversight) -> None:
    await desk.know("HOUSEHOLD", HOUSEHOLD)
    (intent,) = await desk.look_up()
    assert await desk.run() == 1
    (flag,) = await desk.flags()
    assert (flag.rule, flag.rule_version, flag.state) == ("own_vehicle", 1, pb.FLAG_STATE_OPEN)
    assert (list(flag.officers), flag.unit) == ([OFFICER], "unit-1")
    for words in (OFFICER, PLATE, CASE, "own vehicle"):
        assert words in flag.explanation
    (index,) = flag.entries
    assert (await desk.parts.review.entry(index)).leaf.id == intent.id


async def test_a_second_run_makes_no_second_flag(desk: Oversight) -> None:
    flag = await flagged(desk)
    size = (await desk.parts.store.standing()).next_index
    again = await desk.ask("RunRules", pb.RunRulesRequest(first=0, last=size - 1))
    assert (again.first, again.next, again.raised) == (0, size, 0)
    assert await desk.run() == 0
    change(desk.parts.scratch, "UPDATE audit.oversight_position SET next_seq = 0")
    assert await desk.run() == 0
    assert [one.flag_id for one in await desk.flags()] == [flag.flag_id]


async def test_the_ranges_in_which_the_rules_run_make_no_difference(desk: Oversight) -> None:
    for number in range(8):
        await desk.look_up(case_reference=f"BR/2026/{number:04}", actor=f"officer-{number % 2}")
    size = (await desk.parts.store.standing()).next_index
    for first in range(size):
        await desk.pieces.runner.again(By(), first, first)
    alone = {flag.flag_id for flag in await desk.flags()}
    assert len(alone) == 2
    await desk.run()
    assert {flag.flag_id for flag in await desk.flags()} == alone


async def test_what_becomes_known_later_is_found_by_another_run(desk: Oversight) -> None:
    await desk.look_up()
    assert await desk.run() == 0
    await desk.know("HOUSEHOLD", HOUSEHOLD)
    assert (await desk.ask("RunRules", pb.RunRulesRequest(first=0, last=1))).raised == 1


async def test_a_run_is_an_entry_of_the_log(desk: Oversight) -> None:
    await flagged(desk)
    found = [await desk.parts.review.entry(index) for index in range((await desk.parts.store.standing()).next_index)]
    (run,) = [
        one for one in found if one.leaf.kind == "review" and one.content and one.content.rpc.endswith("RunRules")
    ]
    assert run.content is not None
    assert (run.content.actor, run.content.result_count) == ("carla.audit", 1)
    for words in ('"first":0', '"own_vehicle/1"', '"volume/1"', '"raised":1'):
        assert words in run.content.query


async def test_the_rules_run_by_themselves_and_rest_when_there_is_nothing_new(desk: Oversight) -> None:
    await desk.look_up(5, reason="test")
    size = (await desk.parts.store.standing()).next_index
    await desk.pieces.runner.catch_up()
    await desk.pieces.runner.catch_up()
    await desk.pieces.runner.catch_up()
    assert (await desk.parts.store.standing()).next_index == size + 1, "one run, one entry, and no run about that"
    assert [flag.rule for flag in await desk.flags()] == ["placeholder_reason"]


async def test_of_two_runs_at_once_one_counts(desk: Oversight) -> None:
    await desk.look_up(5, reason="test")
    runs = await asyncio.gather(*(desk.pieces.runner.step(By()) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(run, BaseException) and run.next == 10 for run in runs) == 1
    assert all(isinstance(run, AlreadyDecided) or not isinstance(run, BaseException) for run in runs)
    with desk.parts.scratch.connect() as connection:
        counted = "SELECT count FROM audit.tally WHERE dimension = 'kind' AND word = 'intent'"
        assert connection.execute(counted).fetchall() == [(5,)]
    assert len(await desk.flags()) == 1


async def test_a_log_that_cannot_be_written_raises_no_flag(desk: Oversight) -> None:
    await desk.look_up(reason="test")
    with desk.parts.scratch.connect() as connection:
        connection.execute("REVOKE INSERT ON audit.entry FROM audit_appender")
    with pytest.raises(StoreUnavailable):
        await desk.pieces.runner.step(By())
    with desk.parts.scratch.connect() as connection:
        assert connection.execute("SELECT count(*) FROM audit.flag").fetchall() == [(0,)]
        assert connection.execute("SELECT next_seq FROM audit.oversight_position").fetchall() == [(0,)]


async def test_a_flag_is_justified_and_then_referred_and_both_stay(desk: Oversight) -> None:
    flag = await flagged(desk)
    answer = await desk.ask("ReviewFlag", verdict(flag), SUPERVISOR)
    assert answer.flag.state == pb.FLAG_STATE_JUSTIFIED
    answer = await desk.ask(
        "ReviewFlag", verdict(flag, verdict="REFERRED", seen="JUSTIFIED", reason="no report of a theft")
    )
    told = [(one.verdict, one.reviewer, one.reason) for one in answer.flag.verdicts]
    assert told == [
        (pb.FLAG_STATE_JUSTIFIED, "sue.super", REASON),
        (pb.FLAG_STATE_REFERRED, "carla.audit", "no report of a theft"),
    ]
    for one in answer.flag.verdicts:
        logged = await desk.parts.review.entry(one.index)
        assert logged.content is not None
        assert (logged.leaf.kind, logged.content.actor) == ("review", one.reviewer)
        assert f'"flag_id":"{flag.flag_id}"' in logged.content.query
    rules = {rule.name: rule for rule in (await desk.ask("ListRules", pb.ListRulesRequest())).rules}
    assert (rules["own_vehicle"].open, rules["own_vehicle"].justified, rules["own_vehicle"].referred) == (0, 0, 1)
    assert dict(rules["repeated_plate"].thresholds) == {"lookups": 3, "days": 14}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"verdict": "OPEN"}, INVALID),
        ({"verdict": "UNSPECIFIED"}, INVALID),
        ({"seen": "UNSPECIFIED"}, INVALID),
        ({"seen": "JUSTIFIED"}, (StatusCode.ALREADY_EXISTS, "ENTRY_CONFLICT")),
        ({"reason": "ok"}, INVALID),
        ({"reason": "x" * 1001}, INVALID),
    ],
    ids=str,
)
async def test_a_verdict_that_makes_no_sense_changes_nothing(
    desk: Oversight, changes: dict[str, str], refused: tuple[StatusCode, str]
) -> None:
    flag = await flagged(desk)
    assert await desk.refusal("ReviewFlag", verdict(flag, **changes)) == refused
    assert (await desk.flags())[0].state == pb.FLAG_STATE_OPEN
    assert not (await desk.ask("GetFlag", pb.GetFlagRequest(flag_id=flag.flag_id))).flag.verdicts


async def test_an_unknown_state_is_refused(desk: Oversight) -> None:
    flag = await flagged(desk)
    request = pb.ReviewFlagRequest(flag_id=flag.flag_id, verdict=99, seen=pb.FLAG_STATE_OPEN, reason=REASON)  # type: ignore[arg-type]
    assert await desk.refusal("ReviewFlag", request) == INVALID
    assert await desk.refusal("ListFlags", pb.ListFlagsRequest(state=99)) == INVALID  # type: ignore[arg-type]


async def test_who_decides_second_is_told(desk: Oversight) -> None:
    flag = await flagged(desk)
    answers = await asyncio.gather(
        *(desk.ask("ReviewFlag", verdict(flag, verdict=state)) for state in ("JUSTIFIED", "REFERRED") * 3),
        return_exceptions=True,
    )
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    with desk.parts.scratch.connect() as connection:
        assert connection.execute("SELECT count(*) FROM audit.flag_verdict").fetchall() == [(1,)]
        # No entry of the log tells of a verdict that was not given.
        tagged = "SELECT count(*) FROM audit.tag WHERE kind = 'review' AND rpc LIKE '%%ReviewFlag'"
        assert connection.execute(tagged).fetchall() == [(1,)]


@pytest.mark.parametrize("person", [OFFICER, OFFICER.upper()])
@pytest.mark.parametrize("role", ["auditor", "supervisor"])
async def test_nobody_decides_about_himself(desk: Oversight, person: str, role: str) -> None:
    flag = await flagged(desk)
    oneself = Caller("desk-1", person, "unit-1", "local", frozenset({role}))
    assert await desk.refusal("ReviewFlag", verdict(flag), oneself) == DENIED


async def test_for_whom_one_was_looked_up_does_not_decide_either(desk: Oversight) -> None:
    await desk.know("HOUSEHOLD", HOUSEHOLD)
    await desk.look_up(actor="officer-9", on_behalf_of=OFFICER)
    await desk.run()
    (flag,) = await desk.flags()
    oneself = Caller("desk-1", OFFICER, "unit-1", "local", frozenset({"supervisor"}))
    assert await desk.refusal("ReviewFlag", verdict(flag), oneself) == DENIED


async def test_a_supervisor_sees_the_own_unit_only(desk: Oversight) -> None:
    flag = await flagged(desk)
    assert [one.flag_id for one in await desk.flags(SUPERVISOR)] == [flag.flag_id]
    assert await desk.flags(OTHER_SUPERVISOR) == []
    assert await desk.refusal("GetFlag", pb.GetFlagRequest(flag_id=flag.flag_id), OTHER_SUPERVISOR) == NOT_FOUND
    assert await desk.refusal("ReviewFlag", verdict(flag), OTHER_SUPERVISOR) == NOT_FOUND
    unknown = pb.GetFlagRequest(flag_id="0197f000-0000-7000-8000-000000000000")
    assert await desk.refusal("GetFlag", unknown) == NOT_FOUND
    nowhere = Caller("desk-3", "nora.nowhere", "", "local", frozenset({"supervisor"}))
    assert await desk.refusal("ListFlags", pb.ListFlagsRequest(), nowhere) == DENIED


async def test_a_flag_that_was_moved_to_another_unit_in_the_database_is_not_shown_there(desk: Oversight) -> None:
    await flagged(desk)
    await desk.look_up(actor="officer-2", unit="unit-2", reason="test", plate="1AAA111")
    await desk.run()
    moved = "UPDATE audit.flag_content SET unit = (SELECT unit FROM audit.flag_content ORDER BY unit LIMIT 1)"
    change(desk.parts.scratch, moved)
    refused = {await outcome_of(desk, who) for who in (SUPERVISOR, OTHER_SUPERVISOR)}
    assert refused == {"LOG_ALTERED", "nothing"}


async def outcome_of(desk: Oversight, who: Caller) -> str:
    """What a supervisor gets."""
    try:
        return "flags" if await desk.flags(who) else "nothing"
    except grpc.aio.AioRpcError as error:
        return refusals.reason(error)


@pytest.mark.parametrize("role", ["officer", "admin", "service", "dpo"])
async def test_nobody_else_decides(desk: Oversight, role: str) -> None:
    who = Caller("desk-1", "somebody", "unit-1", "local", frozenset({role}))
    assert await desk.refusal("ReviewFlag", pb.ReviewFlagRequest(), who) == DENIED


async def test_flags_are_found_by_officer_state_and_rule_and_come_in_pages(desk: Oversight) -> None:
    for number in range(5):
        await desk.look_up(actor=f"officer-{number}", reason="test", plate=f"1AAA11{number}")
    await desk.run()
    assert [list(flag.officers) for flag in await desk.flags(officer="Officer-3")] == [["officer-3"]]
    assert await desk.flags(rule="own_vehicle") == []
    assert await desk.flags(state=pb.FLAG_STATE_REFERRED) == []
    first = await desk.ask("ListFlags", pb.ListFlagsRequest(page_size=3))
    second = await desk.ask("ListFlags", pb.ListFlagsRequest(page_size=3, page_token=first.next_page_token))
    assert [len(page.flags) for page in (first, second)] == [3, 2]
    assert len({flag.flag_id for page in (first, second) for flag in page.flags}) == 5
    assert not second.next_page_token
    for token in ("x", first.next_page_token[:-4] + "AAAA"):
        refused = await desk.refusal("ListFlags", pb.ListFlagsRequest(page_size=3, page_token=token))
        assert refused == (StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")
    other = pb.ListFlagsRequest(page_token=first.next_page_token, rule="own_vehicle")
    assert await desk.refusal("ListFlags", other) == (StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")


async def test_open_flags_become_overdue(desk: Oversight) -> None:
    flag = await flagged(desk)
    assert await desk.flags(overdue_days=14) == []
    aged = int((datetime.now(UTC) - timedelta(days=15)).timestamp() * 1000)
    change(desk.parts.scratch, "UPDATE audit.flag SET raised_ms = %s", aged)
    assert [one.flag_id for one in await desk.flags(overdue_days=14)] == [flag.flag_id]
    await desk.ask("ReviewFlag", verdict(flag))
    assert await desk.flags(overdue_days=14) == []


async def test_nothing_of_a_flag_lies_in_plain_text(desk: Oversight) -> None:
    await desk.know("PROTECTED", "plate,label\n2AAA111,mayor of the town\n")
    flag = await flagged(desk)
    await desk.ask("ReviewFlag", verdict(flag), SUPERVISOR)
    found = list(everything(desk.parts.scratch))
    assert any(b"own_vehicle" in value for value in found), "the flags are among what is searched"
    for secret in (OFFICER, PLATE, CASE, "unit-1", "sue.super", "theft", "mayor", "2AAA111", "north"):
        for form in (secret, secret.upper(), secret.encode().hex()):
            assert not any(form.encode() in value for value in found), form


async def test_an_erasure_takes_along_what_a_flag_says(desk: Oversight) -> None:
    flag = await flagged(desk)
    (index,) = flag.entries
    with desk.parts.scratch.connect("audit_eraser") as connection:
        connection.execute("DELETE FROM audit.secret WHERE epoch = %s AND seq = %s", (await epoch(desk, index), index))
    (left,) = await desk.flags()
    assert (left.flag_id, left.rule, list(left.entries)) == (flag.flag_id, "own_vehicle", [index])
    assert (list(left.officers), left.unit, left.explanation) == ([], "", "")
    assert await desk.flags(officer=OFFICER) == []
    assert await desk.flags(SUPERVISOR) == []
    assert await desk.refusal("ReviewFlag", verdict(flag)) == (StatusCode.NOT_FOUND, "ENTRY_ERASED")
    with desk.parts.scratch.connect() as connection:
        for table in ("flag_content", "flag_officer"):
            assert connection.execute(f"SELECT count(*) FROM audit.{table}".encode()).fetchall() == [(0,)]


async def test_what_a_flag_says_cannot_be_read_from_a_backup_without_the_erased_entry(desk: Oversight) -> None:
    flag = await flagged(desk)
    (index,) = flag.entries
    with desk.parts.scratch.connect() as connection:
        kept = connection.execute("SELECT * FROM audit.flag_content").fetchall()
        connection.execute("DELETE FROM audit.secret WHERE seq = %s", (index,))
        connection.execute("INSERT INTO audit.flag_content VALUES (%s, %s, %s, %s)", kept[0])
    assert [one.explanation for one in await desk.flags()] == [""]


async def epoch(desk: Oversight, index: int) -> str:
    return (await desk.parts.review.entry(index)).leaf.epoch


async def test_an_entry_that_was_altered_stops_no_rule(desk: Oversight) -> None:
    await desk.look_up(reason="test")
    await desk.look_up(reason="test", actor="officer-2")
    change(desk.parts.scratch, "UPDATE audit.payload SET sealed = sealed || 'x' WHERE seq < 2")
    assert await desk.run() == 1
    (flag,) = await desk.flags()
    assert list(flag.officers) == ["officer-2"]


async def test_a_busy_day_is_judged_when_it_is_over(desk: Oversight) -> None:
    begin = datetime(2026, 11, 2, 8, tzinfo=UTC)
    for day in range(8):
        desk.clock.go(begin + timedelta(days=day))
        for number in range(3):
            await desk.look_up(2 + number, actor=f"peer-{number}", plate="")
        await desk.look_up(35 if day == 7 else 3, actor=OFFICER, plate="")
    await desk.run()
    assert await desk.flags(rule="volume") == [], "the day is not over"
    desk.clock.go(begin + timedelta(days=8))
    await desk.look_up(actor="peer-1", plate="")
    await desk.run()
    (flag,) = await desk.flags(rule="volume")
    assert list(flag.officers) == [OFFICER]
    assert "made 35 look-ups on one day (UTC). Of 24 days" in flag.explanation
    assert len(flag.entries) == 35
    assert AUDITOR.unit not in flag.explanation


async def test_a_run_that_was_broken_off_after_its_entry_is_repeated_and_makes_no_double(desk: Oversight) -> None:
    await desk.look_up(reason="test")
    with desk.parts.scratch.connect() as connection:
        connection.execute("REVOKE UPDATE (next_seq) ON audit.oversight_position FROM audit_reviewer")
        connection.execute(
            "GRANT UPDATE (one) ON audit.oversight_position TO audit_reviewer"
        )  # it can still lock the row
        with pytest.raises(StoreFault):
            await desk.pieces.runner.step(By())
        assert connection.execute("SELECT count(*) FROM audit.flag").fetchall() == [(0,)]
        connection.execute("GRANT UPDATE (next_seq) ON audit.oversight_position TO audit_reviewer")
        await desk.pieces.runner.step(By())
        assert connection.execute("SELECT count(*) FROM audit.flag").fetchall() == [(1,)]
        counted = "SELECT count FROM audit.tally WHERE dimension = 'kind' AND word = 'intent'"
        assert connection.execute(counted).fetchall() == [(1,)]
        told = "SELECT count(*) FROM audit.tag WHERE kind = 'review'"
        assert connection.execute(told).fetchall() == [(2,)], "the entry of the run that was broken off stays"


async def test_a_fault_in_the_rules_is_told_by_their_health_and_goes_with_its_cause(desk: Oversight) -> None:
    await desk.look_up(reason="test")
    desk.pieces.runner._every_s = 0.01
    with desk.parts.scratch.connect() as connection:
        connection.execute("REVOKE INSERT ON audit.flag FROM audit_reviewer")
        async with running(desk.pieces.runner.run) as task:
            await until(desk, fails=True)
            await desk.look_up(reason="test", actor="officer-2")  # the log goes on
            connection.execute("GRANT INSERT ON audit.flag TO audit_reviewer")
            await until(desk, fails=False)
            assert not task.done()
            async with asyncio.timeout(10):
                while len(await desk.flags()) < 2:
                    await asyncio.sleep(0.02)


async def until(desk: Oversight, *, fails: bool) -> None:
    """Waits for this health of the rules."""
    while True:
        try:
            await desk.pieces.runner.verify_works()
        except OversightFails:
            if fails:
                return
        else:
            if not fails:
                return
        await asyncio.sleep(0.01)
