"""Statistics through the service: whole months, counted once, and the small ones suppressed."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from anpr.audit.v1 import oversight_pb2 as pb
from grpc import StatusCode

from services.audit.oversight import statistics
from services.audit.oversight.errors import MonthInvalid
from services.common.caller import Caller
from tests.audit.logs import entry
from tests.audit.oversight.serving import SUPERVISOR, Oversight

pytestmark = pytest.mark.postgres
INVALID = (StatusCode.INVALID_ARGUMENT, "WINDOW_INVALID")


async def two_months(desk: Oversight) -> None:
    desk.clock.go(datetime(2026, 9, 30, 23, 50, tzinfo=UTC))
    await desk.look_up(6, purpose="judicial_offence", legal_ground="technical_database")
    desk.clock.go(datetime(2026, 10, 5, tzinfo=UTC))
    said: dict[str, Any] = {"legal_ground": "technical_database"}
    await desk.look_up(30, purpose="judicial_offence", **said)
    await desk.look_up(20, purpose="judicial_traffic", unit="unit-2", **said)
    await desk.look_up(3, purpose="administrative_2", unit="unit-3", reason="test", **said)
    await desk.look_up(9, purpose="judicial_offence", zone="south", unit="unit-4", **said)
    desk.clock.go(datetime(2026, 11, 2, tzinfo=UTC))
    await desk.look_up(7, purpose="judicial_offence", **said)


async def tables(desk: Oversight, first: str, last: str) -> dict[str, dict[str, dict[str, int | None]]]:
    answer = await desk.ask("GetStatistics", pb.GetStatisticsRequest(first_month=first, last_month=last))
    return {
        month.month: {
            table.dimension: {cell.name: None if cell.suppressed else cell.count for cell in table.cells}
            for table in month.tables
        }
        for month in answer.months
    }


async def test_whole_months_are_counted_and_small_counts_are_not_told(desk: Oversight) -> None:
    await two_months(desk)
    await desk.run()
    october = (await tables(desk, "2026-10", "2026-10"))["2026-10"]
    assert october["kind"] == {"intent": 62, "outcome": 62}
    assert october["status"] == {"OK": 62}
    assert october["legal_ground"] == {"technical_database": 62}
    assert october["purpose"]["administrative_2"] is None
    assert sorted(map(str, october["purpose"].values())) in (["20", "None", "None"], ["39", "None", "None"])
    assert october["zone"] == {"north": 53, "south": 9}
    assert october["unit"]["south/unit-4"] == 9
    assert october["unit"]["north/unit-3"] is None
    assert list(october["unit"].values()).count(None) == 2
    assert (await tables(desk, "2026-09", "2026-09"))["2026-09"]["kind"] == {"intent": 6, "outcome": 6}


async def test_windows_that_overlap_tell_the_same(desk: Oversight) -> None:
    await two_months(desk)
    await desk.run()
    both, one = await tables(desk, "2026-09", "2026-10"), await tables(desk, "2026-10", "2026-10")
    assert both["2026-10"] == one["2026-10"] == (await tables(desk, "2026-10", "2026-10"))["2026-10"]


async def test_the_numbers_are_those_of_the_entries(desk: Oversight) -> None:
    await two_months(desk)
    await desk.run()
    october = (await tables(desk, "2026-10", "2026-10"))["2026-10"]
    counted: Counter[str] = Counter()
    for index in range((await desk.parts.store.standing()).next_index):
        opened = await desk.parts.review.entry(index)
        at = datetime.fromtimestamp(opened.leaf.time_ms / 1000, UTC)
        if opened.content and opened.leaf.kind == "intent" and (at.year, at.month) == (2026, 10):
            counted[opened.content.purpose] += 1
    assert {name: count for name, count in october["purpose"].items() if count} == {
        name: count for name, count in counted.items() if october["purpose"][name] is not None
    }


async def test_flags_are_counted_in_the_month_in_which_they_were_raised(desk: Oversight) -> None:
    await two_months(desk)
    await desk.run()
    with desk.parts.scratch.connect() as connection:
        raised = round(datetime(2026, 10, 6, tzinfo=UTC).timestamp() * 1000)
        connection.execute("UPDATE audit.flag SET raised_ms = %s", (raised,))
        for number in range(6):
            connection.execute(
                "INSERT INTO audit.flag (flag_id, rule, rule_version, raised_ms) VALUES (gen_random_uuid(), %s, 1, %s)",
                ("off_shift", raised + number),
            )
    october = (await tables(desk, "2026-10", "2026-10"))["2026-10"]
    assert october["flags_raised"] == {}, "one of placeholder_reason, which six of off_shift cannot hide"
    assert october["flags_upheld"] == {}


async def test_a_month_that_is_not_over_or_not_counted_is_not_told(desk: Oversight) -> None:
    now = datetime.now(UTC)
    await desk.look_up(6)
    running = pb.GetStatisticsRequest(first_month=f"{now:%Y-%m}", last_month=f"{now:%Y-%m}")
    assert await desk.refusal("GetStatistics", running) == INVALID


async def test_a_month_that_was_not_counted_is_not_told(desk: Oversight) -> None:
    await two_months(desk)
    october = pb.GetStatisticsRequest(first_month="2026-10", last_month="2026-10")
    assert await desk.refusal("GetStatistics", october) == INVALID
    await desk.run()
    await desk.ask("GetStatistics", october, SUPERVISOR)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-10", "2026-09"), ("2026-13", "2026-13"), ("", ""), ("2020-01", "2023-01"), ("2026-1", "2026-2")],
)
def test_what_is_no_window_of_months_is_refused(first: str, last: str) -> None:
    with pytest.raises(MonthInvalid):
        statistics.between(first, last)


def test_months_follow_each_other_over_years() -> None:
    assert list(statistics.between("2026-11", "2027-02")) == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert statistics.bounds("2026-12")[1] == statistics.bounds("2027-01")[0]


@pytest.mark.parametrize("role", ["officer", "admin", "service", "peer_region"])
async def test_nobody_else_is_told(desk: Oversight, role: str) -> None:
    who = Caller("x", "somebody", "unit-1", "local", frozenset({role}))
    refused = (StatusCode.PERMISSION_DENIED, "ROLE_NOT_PERMITTED")
    assert await desk.refusal("GetStatistics", pb.GetStatisticsRequest(), who) == refused


async def test_odd_content_stops_no_count(desk: Oversight) -> None:
    odd: dict[str, Any] = {
        "query": '{"camera_ids":7,"pattern":["x"],"window.from":"never","window.until":5}',
        "purpose": "99",
    }
    await desk.parts.log.append([entry(**odd, rpc="x" * 900, zone="\u202e", unit="\0")])
    assert await desk.run() == 0
