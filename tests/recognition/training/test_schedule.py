"""The learning rate over a training."""

import pytest

from services.recognition.training.schedule import WARM_UP_STEPS, Schedule


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(steps=2000, decay_steps=500, peak=0.01)
    rates = [schedule.rate(step) for step in range(2000)]
    assert rates[:WARM_UP_STEPS] == sorted(rates[:WARM_UP_STEPS])
    assert set(rates[WARM_UP_STEPS:1500]) == {0.01}
    assert rates[1500:] == sorted(rates[1500:], reverse=True)
    assert 0 < rates[-1] < 0.001


def test_a_longer_training_differs_only_from_the_end_of_the_plateau_on() -> None:
    short, long = Schedule(1000, 200, 0.01), Schedule(5000, 200, 0.01)
    assert [short.rate(step) for step in range(800)] == [long.rate(step) for step in range(800)]
    assert [step for step in range(1000) if short.is_last_of_plateau(step)] == [800]


@pytest.mark.parametrize("decay", [-1, 11])
def test_a_decay_longer_than_the_training_is_refused(decay: int) -> None:
    with pytest.raises(ValueError, match="decay"):
        Schedule(10, decay, 0.01)
