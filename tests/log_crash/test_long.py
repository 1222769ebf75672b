"""The runs themselves: minutes each, so only `make test-all` makes them."""

import subprocess
import sys

import pytest

from tests.log_crash.sabotage import SAFEGUARDS

pytestmark = [pytest.mark.long, pytest.mark.postgres, pytest.mark.timeout(1200)]


def _crash(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.log_crash", *arguments], check=False, stdout=subprocess.PIPE, text=True
    )
    sys.stdout.write(done.stdout)
    return done


@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_kills_lose_double_and_misplace_nothing(seed: int) -> None:
    assert _crash("--seed", str(seed)).returncode == 0


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_a_run_without_a_safeguard_fails_and_says_why(name: str) -> None:
    done = _crash("--seed", "2", "--kills", "9", "--sabotage", name)
    assert done.returncode == 1
    unequal = [line for line in done.stdout.splitlines() if "NO: " in line]
    assert any(line.startswith(SAFEGUARDS[name].rows) for line in unequal)
