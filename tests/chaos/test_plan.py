"""The plan of a run follows from its seed, and strikes everywhere."""

from collections import Counter

import pytest

from tests.chaos import plan
from tests.chaos.plan import PARTS, How


@pytest.mark.parametrize("kills", [1, 10, 100])
@pytest.mark.parametrize("seed", range(8))
def test_a_plan_has_exactly_the_kills_it_was_asked_for(seed: int, kills: int) -> None:
    rounds = list(plan.rounds(seed, kills))
    assert sum(blow.kills for one in rounds for blow in one.blows) == kills
    assert rounds == list(plan.rounds(seed, kills))


@pytest.mark.parametrize("seed", range(8))
def test_in_a_hundred_kills_every_part_is_killed_several_times_in_every_way(seed: int) -> None:
    rounds = list(plan.rounds(seed, 100))
    killed = Counter(blow.part for one in rounds for blow in one.blows for _ in range(blow.kills))
    assert min(killed[part] for part in PARTS) >= 5
    assert {blow.how for one in rounds for blow in one.blows} == set(How)
    assert any(len(one.blows) > 1 for one in rounds)


def test_no_part_is_struck_twice_in_one_round() -> None:
    for seed in range(20):
        for one in plan.rounds(seed, 100):
            assert len({blow.part for blow in one.blows}) == len(one.blows)


def test_wanted_plates_are_listed_before_and_after_they_pass() -> None:
    wanted = plan.wanted(1)
    assert wanted == plan.wanted(1) != plan.wanted(2)
    assert wanted.at_once
    assert wanted.by_hand
    assert set(wanted.by_hand) & set(wanted.by_import), "some are on both lists"
