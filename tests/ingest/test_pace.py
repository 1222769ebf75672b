"""Delays after failures."""

from hypothesis import given
from hypothesis.strategies import floats, integers

from services.ingest import pace
from services.ingest.pace import Pace


@given(failures=integers(0, 10**6), chance=floats(0, 1, exclude_max=True))
def test_a_delay_grows_to_its_cap_and_never_beyond(failures: int, chance: float) -> None:
    delay_s = pace.delay_s(failures, first_s=0.5, cap_s=60.0, chance=lambda: chance)
    assert 0.25 <= delay_s <= 60.0
    assert delay_s >= pace.delay_s(max(failures - 1, 0), first_s=0.5, cap_s=60.0, chance=lambda: chance)


def test_delays_differ() -> None:
    assert len({pace.delay(3) for _ in range(50)}) > 1


def test_failures_that_were_under_way_together_count_once() -> None:
    now = 0.0
    held = Pace(first_s=1.0, cap_s=100.0, clock=lambda: now)
    for _ in range(20):
        held.failed()
    assert 0.5 <= held.wait_s() <= 1.0


def test_a_lasting_outage_makes_the_pauses_longer_up_to_the_cap() -> None:
    now = 0.0
    held = Pace(first_s=1.0, cap_s=4.0, clock=lambda: now)
    pauses = []
    for _ in range(8):
        held.failed()
        pauses.append(held.wait_s())
        now += held.wait_s()
    assert pauses[0] <= 1.0
    assert all(2.0 <= pause <= 4.0 for pause in pauses[3:])


async def test_success_ends_the_pause() -> None:
    held = Pace(first_s=3600.0, cap_s=3600.0)
    held.failed()
    held.succeeded()
    assert held.wait_s() == 0.0
    await held.ready()
