"""Streams answered side by side."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis.strategies import integers

from services.ingest import flow


async def numbers(count: int, read: list[int] | None = None) -> AsyncIterator[int]:
    for number in range(count):
        if read is not None:
            read.append(number)
        yield number


@given(count=integers(0, 30), at_once=integers(1, 8))
async def test_every_request_is_answered_once_and_never_too_many_at_a_time(count: int, at_once: int) -> None:
    busy = most = 0

    async def answer(number: int) -> int:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1
        return number

    answers = [one async for one in flow.answers(numbers(count), answer, at_once=at_once)]
    assert sorted(answers) == list(range(count))
    assert most <= at_once


async def test_a_slow_request_holds_up_no_other() -> None:
    released = asyncio.Event()

    async def answer(number: int) -> int:
        if number == 0:
            await released.wait()
        return number

    answers = flow.answers(numbers(3), answer, at_once=3)
    assert sorted([await anext(answers), await anext(answers)]) == [1, 2]
    released.set()
    assert [one async for one in answers] == [0]


async def test_who_does_not_take_his_answers_is_not_read_from() -> None:
    read: list[int] = []

    async def answer(number: int) -> int:
        return number

    answers = flow.answers(numbers(100, read), answer, at_once=4)
    await anext(answers)
    await asyncio.sleep(0.05)
    assert len(read) <= 5
    assert len([one async for one in answers]) == 99


async def test_closing_cancels_what_is_under_way() -> None:
    cancelled: list[int] = []
    started = asyncio.Barrier(3)

    async def answer(number: int) -> int:
        await started.wait()
        if number == 0:
            return number
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    answers = flow.answers(numbers(3), answer, at_once=4)
    assert await anext(answers) == 0
    await answers.aclose()
    await asyncio.sleep(0.01)
    assert sorted(cancelled) == [1, 2]


async def test_a_fault_ends_the_stream() -> None:
    async def answer(number: int) -> int:
        raise RuntimeError(f"a fault at {number}")

    with pytest.raises(RuntimeError, match="a fault at 0"):
        await anext(flow.answers(numbers(1), answer, at_once=2))
