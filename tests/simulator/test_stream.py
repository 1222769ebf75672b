"""No frame falls: whatever ingest does, each frame ends once, and what is not answered is sent again as it was."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import grpc
import pytest

from services.simulator.cameras import hang_cameras
from services.simulator.frame import Frame
from services.simulator.report import Outcome
from services.simulator.stream import Limits, register_cameras, stream_frames
from tests.simulator.door import Door, Faults, served

FRAMES = 30
QUICK = Limits(in_flight=4, stall_s=2.0, patience_s=20.0)


def frame(sequence: int) -> Frame:
    return Frame(f"cam-{sequence % 2}", sequence, datetime.now(UTC), b"picture %d" % sequence, (), approaching=True)


async def some_frames(count: int = FRAMES) -> AsyncGenerator[Frame, None]:
    for sequence in range(1, count + 1):
        yield frame(sequence)


async def stream(address: str, limits: Limits = QUICK, count: int = FRAMES) -> list[Outcome]:
    outcomes: list[Outcome] = []
    async with grpc.aio.insecure_channel(address) as channel:
        await stream_frames(channel, some_frames(count), lambda _, outcome: outcomes.append(outcome), limits)
    return outcomes


def keys(outcomes: list[Outcome]) -> list[tuple[str, int]]:
    return sorted(((outcome.camera_id, outcome.sequence) for outcome in outcomes), key=lambda key: key[1])


ALL_KEYS = [(f"cam-{sequence % 2}", sequence) for sequence in range(1, FRAMES + 1)]


async def test_every_frame_is_acknowledged_once() -> None:
    door = Door()
    async with served(door) as address:
        outcomes = await stream(address)
    assert keys(outcomes) == ALL_KEYS
    assert all(outcome.frame_id == f"{outcome.camera_id}/{outcome.sequence}" for outcome in outcomes)
    assert door.pictures == {key: b"picture %d" % key[1] for key in ALL_KEYS}
    assert set(door.deliveries.values()) == {1}
    assert door.streams == 1


async def test_the_sender_says_that_it_is_an_edge() -> None:
    door = Door()
    async with served(door) as address:
        await stream(address)
    assert door.roles == {"edge"}


@pytest.mark.parametrize(
    "faults", [Faults(breaks=frozenset({1, 7, 8, 20})), Faults(swallowed=frozenset({1, 7, 8, 20}))]
)
async def test_a_broken_stream_is_opened_again_and_nothing_is_lost(faults: Faults) -> None:
    door = Door(faults)
    async with served(door) as address:
        outcomes = await stream(address)
    assert keys(outcomes) == ALL_KEYS
    assert all(outcome.frame_id for outcome in outcomes)
    assert door.pictures == {key: b"picture %d" % key[1] for key in ALL_KEYS}
    assert door.streams == 5
    assert sum(outcome.attempts for outcome in outcomes) >= FRAMES + 4


async def test_a_frame_whose_answer_was_lost_is_known_again_under_the_same_id() -> None:
    door = Door(Faults(swallowed=frozenset({5})))
    async with served(door) as address:
        outcomes = await stream(address)
    again = [outcome for outcome in outcomes if outcome.duplicate]
    assert ("cam-1", 5) in keys(again)
    assert all(outcome.attempts > 1 for outcome in again)


async def test_a_refusal_with_a_delay_is_tried_again() -> None:
    door = Door(Faults(busy=frozenset({2, 3, 9, 31, 32})))
    async with served(door) as address:
        outcomes = await stream(address)
    assert keys(outcomes) == ALL_KEYS
    assert all(outcome.frame_id for outcome in outcomes)
    assert sum(outcome.attempts for outcome in outcomes) == FRAMES + 5
    assert door.streams == 1


async def test_a_refusal_without_a_delay_ends_its_frame_and_no_other() -> None:
    door = Door(Faults(bad=frozenset({4, 11})))
    async with served(door) as address:
        outcomes = await stream(address)
    assert keys(outcomes) == ALL_KEYS
    assert [outcome.reason for outcome in outcomes if outcome.reason] == ["PICTURE_UNREADABLE"] * 2
    assert sum(1 for outcome in outcomes if outcome.frame_id) == FRAMES - 2


async def test_a_silent_stream_is_given_up_and_another_is_opened() -> None:
    door = Door(Faults(silent=frozenset({6})))
    async with served(door) as address:
        outcomes = await stream(address, Limits(in_flight=4, stall_s=0.3, patience_s=20.0))
    assert keys(outcomes) == ALL_KEYS
    assert all(outcome.frame_id for outcome in outcomes)
    assert door.streams == 2


async def test_patience_ends_when_nothing_is_ever_taken() -> None:
    door = Door(Faults(all_busy=True))
    async with served(door) as address:
        outcomes = await stream(address, Limits(in_flight=4, patience_s=0.4))
    assert len(outcomes) == 4
    assert all(not outcome.frame_id and not outcome.reason for outcome in outcomes)


async def test_a_caller_who_may_not_is_told_so() -> None:
    door = Door(Faults(refuse_caller=True))
    async with served(door) as address:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stream(address)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_frames_wait_while_ingest_is_down() -> None:
    """The first server dies in the middle, another one takes over on the same port."""
    first, second = Door(Faults(silent=frozenset({10}))), Door()
    outcomes: list[Outcome] = []
    async with served(first) as address:
        channel = grpc.aio.insecure_channel(address, options=[("grpc.max_reconnect_backoff_ms", 200)])
        with pytest.raises(InterruptedError):
            await stream_frames(channel, interrupted(10), lambda _, outcome: outcomes.append(outcome), QUICK)
    taken = [outcome for outcome in outcomes if outcome.frame_id]
    async with served(second, port=int(address.rpartition(":")[2])):
        await stream_frames(channel, some_frames(), lambda _, outcome: outcomes.append(outcome), QUICK)
    await channel.close()
    assert len(taken) + len(second.kept) >= FRAMES
    assert set(second.kept) == set(ALL_KEYS)


async def interrupted(count: int) -> AsyncGenerator[Frame, None]:
    async for one in some_frames(count):
        yield one
    raise InterruptedError


async def test_what_the_iterator_raises_is_raised_and_no_frame_is_left_without_an_end() -> None:
    outcomes: list[Outcome] = []
    async with served(Door(Faults(all_busy=True))) as address, grpc.aio.insecure_channel(address) as channel:
        with pytest.raises(InterruptedError):
            await stream_frames(channel, interrupted(3), lambda _, outcome: outcomes.append(outcome), QUICK)
    assert keys(outcomes) == ALL_KEYS[:3]


async def test_cameras_are_registered_with_place_and_heading() -> None:
    door = Door()
    cameras = hang_cameras(1, 3, 60.0, "sim")
    async with served(door) as address, grpc.aio.insecure_channel(address) as channel:
        await register_cameras(channel, cameras)
    assert set(door.cameras) == {"sim-01", "sim-02", "sim-03"}
    first, second = door.cameras["sim-01"], door.cameras["sim-02"]
    assert first.location.longitude < second.location.longitude
    assert {first.heading_degrees, second.heading_degrees} == {90.0, 270.0}
    assert first.purpose
