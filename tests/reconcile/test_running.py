"""The reconciler as a process, with its options."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from services.reconcile import running
from services.reconcile.running import Options
from tests.audit.keyring import LOG
from tests.reconcile.conftest import CANARY, Region

pytestmark = pytest.mark.postgres


def options(region: Region, folder: Path) -> list[str]:
    words = {
        "--database": region.scratch.dsn("overseer"),
        "--password-file": str(region.scratch.password_file("overseer")),
        "--log": region.audit.address,
        "--log-key": LOG.verifier.encode(),
        "--since": str(folder / "own-state"),
    }
    return [word for pair in words.items() for word in pair]


async def run(*words: str) -> tuple[int, list[dict[str, str]], str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.reconcile", *words, stdout=-1, stderr=-1, env=environment
    )
    said, errors = await process.communicate()
    return process.returncode or 0, [json.loads(line) for line in said.decode().splitlines()], errors.decode()


async def test_one_look_ends_with_0_when_nothing_is_found_and_with_1_when_something_is(
    region: Region, tmp_path: Path
) -> None:
    await region.lookup()
    canaries = tmp_path / "canaries"
    canaries.write_text("9-CAN-001\n")
    words = [*options(region, tmp_path), "--canaries", str(canaries)]
    assert (await run(*words))[0] == 0
    await region.lookup(CANARY)
    status, said, _ = await run(*words)
    assert status == 1
    (finding,) = [line for line in said if line["event"] == "reconcile.finding"]
    assert (finding["kind"], finding["severity"]) == ("canary-read", "alarm")
    assert CANARY not in json.dumps(said)


async def test_a_side_that_does_not_answer_is_neither(region: Region, tmp_path: Path) -> None:
    words = options(region, tmp_path)
    words[words.index("--log") + 1] = "127.0.0.1:1"
    status, said, _ = await run(*words)
    assert status == 2
    assert said[-1]["event"] == "reconcile.look_failed"


async def test_a_key_that_is_none_is_said_in_one_line(region: Region, tmp_path: Path) -> None:
    words = options(region, tmp_path)
    words[words.index("--log-key") + 1] = "nonsense"
    status, said, errors = await run(*words)
    assert (status, said, len(errors.splitlines())) == (1, [], 1)


async def test_a_probe_needs_canaries_and_a_case(region: Region, tmp_path: Path) -> None:
    given = Options(
        region.scratch.dsn("overseer"),
        region.scratch.password_file("overseer"),
        region.audit.address,
        LOG.verifier.encode(),
        tmp_path / "own-state",
        probe=True,
    )
    with pytest.raises(running.ReconcileProblem, match="--case"):
        await running.once(given)
