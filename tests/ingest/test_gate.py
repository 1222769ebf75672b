"""Who is let in when many come at once."""

from collections import Counter
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from

from services.ingest.errors import Overloaded
from services.ingest.gate import LONGEST_S, SEEN_S, Gate


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def fill(gate: Gate, open_: ExitStack, camera_id: str) -> int:
    """How many frames of a camera the gate lets in at once, until it refuses one."""
    count = 0
    while True:
        try:
            open_.enter_context(gate.admit(camera_id, 1))
        except Overloaded:
            return count
        count += 1


def test_a_camera_alone_has_all_places() -> None:
    with ExitStack() as open_:
        assert fill(Gate(frames=8, size_bytes=100), open_, "cam-1") == 8


def test_a_greedy_camera_makes_room_for_the_next() -> None:
    gate = Gate(frames=8, size_bytes=100)
    with ExitStack() as greedy, ExitStack() as others:
        assert fill(gate, greedy, "greedy") == 8
        assert fill(gate, others, "other") == 0
        greedy.close()  # its frames are done, and it comes with more before the other does
        assert fill(gate, greedy, "greedy") == 4
        assert fill(gate, others, "other") == 4


def test_one_that_stayed_away_has_no_share_any_more() -> None:
    clock = Clock()
    gate = Gate(frames=8, size_bytes=100, clock=clock)
    with gate.admit("other", 1):
        pass
    clock.now_s = SEEN_S + 1
    with ExitStack() as greedy:
        assert fill(gate, greedy, "greedy") == 8


def test_with_half_of_the_places_free_nobody_is_held_to_his_share() -> None:
    gate = Gate(frames=8, size_bytes=100)
    for number in range(20):
        with gate.admit(f"cam-{number}", 1):
            pass
    with ExitStack() as open_:
        assert fill(gate, open_, "cam-1") == 4


def refused_s(gate: Gate) -> float:
    with pytest.raises(Overloaded) as refused, gate.admit("late", 1):
        raise AssertionError("it is full")
    assert refused.value.retry_delay_s is not None
    return refused.value.retry_delay_s


def test_those_who_are_refused_are_asked_to_come_one_after_the_other() -> None:
    """At the speed at which frames leave."""
    clock = Clock()
    gate = Gate(frames=10, size_bytes=100, clock=clock, chance=lambda: 0.5)
    for _ in range(60):
        for _ in range(20):
            with gate.admit("cam-1", 1):
                clock.now_s += 0.05
    assert gate.leaving_per_s == pytest.approx(20.0, rel=0.05)
    with ExitStack() as open_:
        fill(gate, open_, "cam-1")
        delays = [refused_s(gate) for _ in range(1000)]
    assert delays == sorted(delays)
    assert delays[0] == pytest.approx(1.0, abs=0.1)
    assert delays[200] == pytest.approx(11.0, rel=0.1)
    assert delays[-1] == pytest.approx(LONGEST_S)


def test_who_is_refused_for_being_greedy_sends_nobody_else_far_away() -> None:
    gate = Gate(frames=8, size_bytes=100, clock=Clock(), chance=lambda: 0.5)
    with ExitStack() as open_:
        for camera in ("cam-1", "cam-2", "cam-3", "cam-4", "cam-5", "cam-6", "greedy"):
            open_.enter_context(gate.admit(camera, 1))
        for _ in range(1000):
            fill(gate, open_, "greedy")
        assert gate.frames_in_hand == 7, "the greedy one has its share"
        open_.enter_context(gate.admit("cam-7", 1))
        assert refused_s(gate) == pytest.approx(1.0)


@given(cameras=lists(sampled_from("abcdefgh"), max_size=200), frames=integers(1, 16))
def test_places_come_back_and_are_never_exceeded(cameras: list[str], frames: int) -> None:
    gate, held = Gate(frames=frames, size_bytes=frames), Counter[str]()
    delays: list[float | None] = []
    with ExitStack() as open_:
        for camera in cameras:
            try:
                open_.enter_context(gate.admit(camera, 1))
            except Overloaded as refused:
                delays.append(refused.retry_delay_s)
            else:
                held[camera] += 1
        assert held.total() == gate.frames_in_hand == gate.bytes_in_hand <= frames
    assert all(delay and 0.75 <= delay <= 1.25 * LONGEST_S for delay in delays)
    assert (gate.frames_in_hand, gate.bytes_in_hand) == (0, 0)
    with gate.admit("z", frames), pytest.raises(Overloaded), gate.admit("a", 1):
        raise AssertionError("more bytes than there are")
