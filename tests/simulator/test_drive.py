"""A drive is a function of its seed: no gaps, given plates seen, vehicles from camera to camera in order."""

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis.strategies import floats, integers

from services.simulator.drive import MAX_CAMERAS, SPACING_M, Drive, Plant, plan_drive, spread_plants
from services.simulator.plates import Sheet, given_plate

FASTEST_M_PER_S = 16.0


@settings(max_examples=30, deadline=None)
@given(seed=integers(), cameras=integers(1, 8), frames=integers(1, 120), rate=floats(0.1, 100))
def test_the_sequences_of_a_camera_have_no_gap(seed: int, cameras: int, frames: int, rate: float) -> None:
    drive = plan_drive(seed=seed, cameras=cameras, frames=frames, rate=rate)
    sequences = defaultdict(list)
    for shot in drive.shots:
        sequences[shot.camera.camera_id].append(shot.sequence)
    assert len(drive.shots) == frames
    assert all(seen == list(range(1, len(seen) + 1)) for seen in sequences.values())


def test_frames_come_at_the_set_rate() -> None:
    offsets = [shot.offset_s for shot in plan_drive(seed=1, cameras=3, frames=40, rate=4.0).shots]
    assert offsets == [number / 4.0 for number in range(40)]


def test_the_same_seed_is_the_same_drive_and_another_is_not() -> None:
    first, again, other = (plan_drive(seed=seed, cameras=3, frames=50, rate=2.0) for seed in (5, 5, 6))
    assert first == again
    assert _texts(first) != _texts(other)


@settings(max_examples=25, deadline=None)
@given(seed=integers(), cameras=integers(1, 6), wished=integers(-5, 200))
def test_every_planted_plate_passes(seed: int, cameras: int, wished: int) -> None:
    plants = [Plant(given_plate(text), wished) for text in ("1ABC234", "MABC123", "ZZZ999")]
    drive = plan_drive(seed=seed, cameras=cameras, frames=40, rate=2.0, plants=plants)
    for plant in plants:
        shots = [shot for shot in drive.shots if any(one.vehicle.plate == plant.plate for one in shot.passing)]
        assert shots
        assert all(shot.planted for shot in shots)
        assert all(shot.camera.looks_along for shot in shots) or plant.plate.sheet is not Sheet.MOTORCYCLE


def test_a_planted_plate_passes_in_the_frame_that_was_asked_for() -> None:
    drive = plan_drive(seed=3, cameras=3, frames=30, rate=2.0, plants=[Plant(given_plate("1ABC234"), 11)])
    assert "1ABC234" in [one.vehicle.plate.text for one in drive.shots[11].passing]


def test_spread_plants_have_frames_of_their_own() -> None:
    numbers = [plant.number for plant in spread_plants([("1ABC234", "BE")] * 5, 60)]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 0
    assert numbers[-1] < 60


@pytest.mark.parametrize("seed", range(6))
def test_a_vehicle_passes_cameras_in_order_and_no_faster_than_it_can(seed: int) -> None:
    drive = plan_drive(seed=seed, cameras=5, frames=300, rate=5.0)
    passages = defaultdict(list)
    for shot in drive.shots:
        for one in shot.passing:
            passages[one.vehicle].append((shot.camera.number, shot.offset_s))
    several = [seen for seen in passages.values() if len(seen) > 1]
    assert len(several) > 10
    for seen in several:
        for (before, left_s), (after, reached_s) in pairwise(seen):
            assert before < after
            assert reached_s - left_s >= (after - before) * SPACING_M / FASTEST_M_PER_S - 1e-9


def test_some_frames_show_nobody_and_some_two() -> None:
    counts = {len(shot.passing) for shot in plan_drive(seed=2, cameras=4, frames=200, rate=5.0).shots}
    assert counts == {0, 1, 2}


@pytest.mark.parametrize(
    ("cameras", "frames", "rate"),
    [
        (0, 1, 1.0),
        (MAX_CAMERAS + 1, 1, 1.0),
        (1, 0, 1.0),
        (1, 1, 0.0),
        (1, 1, -1.0),
        (1, 1, float("nan")),
        (1, 1, float("inf")),
    ],
)
def test_numbers_out_of_range_are_refused(cameras: int, frames: int, rate: float) -> None:
    with pytest.raises(ValueError, match=r"cameras can|positive"):
        plan_drive(seed=1, cameras=cameras, frames=frames, rate=rate)


def test_more_plants_than_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="more planted plates"):
        plan_drive(seed=1, cameras=1, frames=2, rate=1.0, plants=spread_plants([("1ABC234", "BE")] * 3, 2))


def _texts(drive: Drive) -> list[str]:
    return [one.vehicle.plate.text for shot in drive.shots for one in shot.passing]
