"""Several requests of a stream at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from services.recognition.streaming import as_done


async def numbers(count: int, taken: list[int]) -> AsyncIterator[int]:
    for number in range(count):
        taken.append(number)
        yield number


async def test_answers_come_as_they_are_done_and_few_are_under_way() -> None:
    under_way, most = 0, 0

    async def answer(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05 if number == 0 else 0.001)
        under_way -= 1
        return number

    answers = [number async for number in as_done(answer, numbers(9, []), at_once=3)]
    assert sorted(answers) == list(range(9))
    assert answers[0] != 0
    assert most == 3


@pytest.mark.parametrize("count", [0, 1])
async def test_short_streams_end(count: int) -> None:
    assert [number async for number in as_done(asyncio.sleep, numbers(count, []), at_once=2)] == [None] * count


async def test_a_slow_reader_stops_the_stream() -> None:
    taken: list[int] = []

    async def answer(number: int) -> int:
        return number

    async with aclosing(as_done(answer, numbers(100, taken), at_once=2)) as answers:
        await anext(answers)
        await asyncio.sleep(0.02)
        assert len(taken) <= 4


async def test_what_an_answer_raises_ends_the_stream_and_leaves_nothing_running() -> None:
    ended: list[int] = []

    async def answer(number: int) -> int:
        if number == 1:
            raise ValueError("no")
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(number)
        return number

    with pytest.raises(ValueError, match="no"):
        await anext(as_done(answer, numbers(2, []), at_once=2))
    assert ended == [0]


async def test_who_closes_the_stream_leaves_nothing_running() -> None:
    ended: list[int] = []

    async def answer(number: int) -> int:
        if number:
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(number)
        return number

    async with aclosing(as_done(answer, numbers(3, []), at_once=3)) as answers:
        assert await anext(answers) == 0
        await asyncio.sleep(0.01)
    assert ended
