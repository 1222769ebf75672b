"""`anpr oversight` against a running service."""

import asyncio
from pathlib import Path

import pytest
from anpr.audit.v1 import oversight_pb2
from typer.testing import CliRunner

from services.cli import oversight as cli
from services.cli.__main__ import app
from tests.audit.logs import OFFICER, PLATE
from tests.audit.oversight.serving import Oversight
from tests.audit.oversight.test_samples import WEEK, a_week

CASE = ("--case", "COC/2026/0117")


async def say(desk: Oversight, *words: str, person: str = "carla.audit", exit_code: int = 0, case: bool = True) -> str:
    """What the command prints."""
    line = ["oversight", *words, "--person", person, "--gateway", desk.address, *(CASE if case else ())]
    result = await asyncio.to_thread(CliRunner().invoke, app, line, env={"COLUMNS": "300"})
    assert result.exit_code == exit_code, result.output
    return result.output


@pytest.mark.postgres
async def test_from_reference_data_to_a_verdict(desk: Oversight, tmp_path: Path) -> None:
    file = tmp_path / "household.csv"
    file.write_text(f"officer,plate,relation\n{OFFICER},{PLATE},own\n")
    await desk.look_up()
    assert "version 1 with 1 rows" in await say(desk, "import", "household", str(file), "--from", "2026-01-01")
    assert "1 new flags" in await say(desk, "run")
    assert "0 new flags" in await say(desk, "run", "--first", "0", "--last", "1")
    listed = await say(desk, "flags", "--officer", OFFICER)
    assert "own_vehicle/1" in listed
    (flag,) = await desk.flags()
    assert flag.flag_id in listed
    assert "0 overdue flags" in await say(desk, "overdue")
    refused = await say(
        desk, "review", flag.flag_id, "referred", "--reason", "no reason given", person=OFFICER, exit_code=1
    )
    assert "refused: ROLE_NOT_PERMITTED: nobody decides about himself" in refused
    done = await say(desk, "review", flag.flag_id, "referred", "--reason", "no report of a theft")
    assert f"{flag.flag_id} is referred" in done
    bad = tmp_path / "bad.csv"
    bad.write_text("officer,plate,relation\nx,?,own\n")
    assert "lines 2 (plate)" in await say(desk, "import", "household", str(bad), "--from", "2026-01-01", exit_code=1)


@pytest.mark.postgres
async def test_from_a_draw_to_a_justification(desk: Oversight) -> None:
    await a_week(desk)
    assert "9 look-ups; seed " in await say(desk, "sample", "--draw", WEEK.name)
    supervisor = ("--unit", "unit-1", "--as", "supervisor")
    assert "5 sampled look-ups" in await say(desk, "sample", "--open", *supervisor, person="sue.super")
    index = (await desk.ask("DrawSample", oversight_pb2.DrawSampleRequest(week=WEEK.name))).indexes[0]
    words = ("justify", WEEK.name, str(index), "--justification", "stolen car, report 4711", "--unit", "unit-1")
    said = await say(desk, *words, person="sue.super")
    assert "justified: entry " in said
    assert "4 sampled look-ups" in await say(desk, "sample", "--open", *supervisor, person="sue.super")


@pytest.mark.postgres
async def test_statistics_of_a_month_that_is_not_over_are_refused(desk: Oversight) -> None:
    said = await say(desk, "statistics", "2999-01", exit_code=1, case=False)
    assert "refused: WINDOW_INVALID" in said


def test_what_others_wrote_draws_nothing() -> None:
    assert cli.plain("[red]x\u202e\x1b[31m") == "\\[red]x\ufffd\ufffd\\[31m"


def test_the_words_are_those_of_the_contract() -> None:
    for words, prefix, enum in (
        (cli.State, "FLAG_STATE_", oversight_pb2.FlagState),
        (cli.Kind, "REFERENCE_KIND_", oversight_pb2.ReferenceKind),
    ):
        names = [value.name for value in enum.DESCRIPTOR.values][1:]
        assert [f"{prefix}{word.name}" for word in words] == names
