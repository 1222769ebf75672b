"""A million hostile cases over all doors, a fifth of them over the wire to a running suite."""

from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz.campaign import Plan
from tests.fuzz.tally import Tally

CASES = 1_000_000


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.timeout(5400)
@pytest.mark.filterwarnings("ignore")
def test_a_million_hostile_cases_crash_hang_and_leak_nothing(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    fuzz.run(Plan(cases=CASES, seed=20261124), tally)
    assert not tally.faults
    assert tally.total >= CASES
