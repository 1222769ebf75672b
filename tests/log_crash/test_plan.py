"""A run is made from its seed alone, and hits everything."""

import pytest

from tests.log_crash import plan
from tests.log_crash.plan import HOLDER, PARTS, How


@pytest.mark.parametrize("kills", [1, 5, 30])
@pytest.mark.parametrize("seed", range(20))
def test_a_run_has_the_kills_it_was_asked_for_and_stops_who_holds_the_lock(seed: int, kills: int) -> None:
    rounds = list(plan.rounds(seed, kills))
    assert rounds == list(plan.rounds(seed, kills))
    assert sum(blow.kills for round_ in rounds for blow in round_.blows) == kills
    assert rounds[0].blows[0].how is How.HELD
    for round_ in rounds:
        parts = [blow.part for blow in round_.blows]
        assert len(set(parts)) == len(parts)
        assert HOLDER not in parts or parts == [HOLDER], "the others must be there to go on"


@pytest.mark.parametrize("seed", range(20))
def test_thirty_kills_are_spread_over_all_parts(seed: int) -> None:
    blows = [blow for round_ in plan.rounds(seed, 30) for blow in round_.blows]
    killed = [blow.part for blow in blows for _ in range(blow.kills) if blow.part != HOLDER]
    assert all(killed.count(part) >= 3 for part in PARTS)
