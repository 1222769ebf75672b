"""Frames are taken in order, stamped with the moment, and kept while nobody takes them over."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from services.simulator import taking
from services.simulator.conditions import Difficulty
from services.simulator.drive import plan_drive
from services.simulator.frame import Frame

DRIVE = plan_drive(seed=3, cameras=1, frames=6, rate=500.0)


async def taken() -> list[Frame]:
    return [frame async for frame in taking.take_frames(DRIVE, Difficulty.EASY, marker=False)]


async def test_frames_come_in_order_with_the_time_at_which_they_were_taken() -> None:
    before = datetime.now(UTC)
    frames = await taken()
    assert [frame.sequence for frame in frames] == [1, 2, 3, 4, 5, 6]
    times = [before, *(frame.captured_at for frame in frames), datetime.now(UTC)]
    assert times == sorted(times)


async def test_a_frame_is_not_taken_before_it_is_due() -> None:
    slow = plan_drive(seed=3, cameras=1, frames=3, rate=5.0)
    started = datetime.now(UTC)
    async with aclosing(taking.take_frames(slow, Difficulty.EASY, marker=False)) as frames:
        offsets = [(frame.captured_at - started).total_seconds() async for frame in frames]
    assert all(offset >= number / 5.0 - 0.01 for number, offset in enumerate(offsets))


async def test_frames_go_on_being_taken_while_the_reader_is_busy() -> None:
    async with aclosing(taking.take_frames(DRIVE, Difficulty.EASY, marker=False)) as frames:
        first = await anext(frames)
        await asyncio.wait({task for task in asyncio.all_tasks() if task is not asyncio.current_task()})
        resumed = datetime.now(UTC)
        rest = [frame async for frame in frames]
    assert [frame.sequence for frame in (first, *rest)] == [1, 2, 3, 4, 5, 6]
    assert rest[-1].captured_at < resumed


async def test_a_reader_that_leaves_ends_the_taking() -> None:
    async with aclosing(taking.take_frames(DRIVE, Difficulty.EASY, marker=False)) as frames:
        await anext(frames)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not others


async def test_a_failure_while_drawing_reaches_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> Frame:
        raise ArithmeticError("the pencil broke")

    monkeypatch.setattr(taking, "render_frame", fails)
    with pytest.raises(ArithmeticError):
        await taken()
