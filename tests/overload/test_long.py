"""The runs themselves: minutes each, so only `make test-all` makes them."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.long, pytest.mark.e2e, pytest.mark.timeout(1800)]


def _overload(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "tests.overload", *arguments], check=False).returncode


def test_twice_the_limit_for_five_minutes_loses_nothing_and_memory_stays_flat() -> None:
    assert _overload("--seconds", "300", "--factor", "2") == 0


def test_at_six_times_the_limit_the_door_itself_holds() -> None:
    assert _overload("--seconds", "60", "--factor", "6") == 0


@pytest.mark.parametrize("down", ["recognition", "matching"])
def test_while_a_service_is_down_what_waits_stays_below_the_limit(down: str) -> None:
    assert _overload("--seconds", "60", "--factor", "1", "--down", down, "--frames-waiting", "100") == 0
