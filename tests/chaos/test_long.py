"""The runs themselves: minutes each, so only `make test-all` makes them."""

import subprocess
import sys

import pytest

from tests.chaos.sabotage import SABOTAGES

pytestmark = [pytest.mark.long, pytest.mark.e2e, pytest.mark.timeout(3600)]
# What these disable shows in any run; the others need a kill at the right moment.
CERTAIN = ("claims-never-run-out", "sweeper-off", "token-off-by-one", "intent-not-awaited", "sent-without-waiting")


def _chaos(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *arguments], check=False, stdout=subprocess.PIPE, text=True
    )
    sys.stdout.write(done.stdout)
    return done


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hundred_kills_lose_nothing(seed: int) -> None:
    assert _chaos("--seed", str(seed)).returncode == 0


@pytest.mark.parametrize(("engine", "kills"), [("networks", 20), ("paddleocr", 10)])
def test_kills_lose_nothing_with_an_engine_that_reads_plates(engine: str, kills: int) -> None:
    assert _chaos("--seed", "4", "--kills", str(kills), "--engine", engine).returncode == 0


@pytest.mark.parametrize("name", CERTAIN)
def test_a_run_without_one_line_of_the_recovery_code_fails_and_says_why(name: str) -> None:
    done = _chaos("--seed", "5", "--kills", "20", "--sabotage", name)
    assert done.returncode == 1
    rows = [line for line in done.stdout.splitlines() if line.startswith(SABOTAGES[name].row)]
    assert rows
    assert "NO: " in rows[-1]
