"""The reconciler of a whole suite: quiet while people work, and loud within a minute when somebody reads around the log."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from services.local.supervisor import Suite
from tests.e2e.conftest import Town

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.s3, pytest.mark.asyncio(loop_scope="module")]

PLATE = "1XYZ987"
LOOKUP = (
    "SELECT * FROM matching.lookup_plate(%s, %s, 'local', 'judicial_offence', NULL, %s,"
    " now() - interval '1 day', now(), '{}', 10, NULL, NULL)"
)


def lines(suite: Suite, event: str) -> list[dict[str, str]]:
    """What the reconciler said of this kind."""
    text = (suite.instance.logs / "reconcile.log").read_text()
    found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in found if line["event"] == event]


async def test_a_read_around_the_log_is_found_within_a_minute_and_honest_work_is_not(town: Town) -> None:
    await town.desk.reach()
    await town.desk.want("stolen", PLATE)
    for _ in range(20):
        await town.desk.look_up(PLATE)
    await asyncio.sleep(35)  # two looks
    assert lines(town.suite, "reconcile.watching")
    assert lines(town.suite, "reconcile.finding") == []
    assert lines(town.suite, "reconcile.look_failed") == []

    began = time.monotonic()
    password = town.suite.instance.password("matching_reader")
    with psycopg.connect(town.suite.instance.conninfo("matching_reader"), password=password) as thief:
        thief.execute(LOOKUP, (uuid4(), uuid4(), PLATE))
    async with asyncio.timeout(60):
        while not (found := lines(town.suite, "reconcile.finding")):
            await asyncio.sleep(0.5)
    assert [line["kind"] for line in found] == ["read-without-intent"]
    assert time.monotonic() - began < 60
    assert PLATE not in (town.suite.instance.logs / "reconcile.log").read_text()


async def test_the_overseers_own_look_up_shows_in_ledger_and_log(town: Town, tmp_path: Path) -> None:
    canaries = tmp_path / "canaries"
    canaries.write_text("9-CAN-001\n9-CAN-002\n")
    data, state = town.suite.instance.data, tmp_path / "state"
    words = [
        "--data",
        data,
        "--since",
        state,
        "--canaries",
        canaries,
        "--probe",
        "--case",
        "COC-2026-0042",
        "--open-hours",
        "1",
    ]
    command = [sys.executable, "-m", "services.cli", "audit", "reconcile", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    for status in (1, 0):  # the theft of the test before is found once, by who sees this ledger for the first time
        process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1, env=environment)
        said, errors = await process.communicate()
        found = [json.loads(line) for line in said.decode().splitlines() if "reconcile.finding" in line]
        assert process.returncode == status, (said, errors)
        assert [line["kind"] for line in found] == ["read-without-intent"] * status
        assert b"9CAN" not in said
