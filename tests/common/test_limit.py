"""How much may go on at once."""

import asyncio

import pytest

from services.common.errors import TooMuch
from services.common.limit import Limit, Turns


def test_each_key_has_its_own_places_and_gets_them_back() -> None:
    limit = Limit(2, "too many")
    with limit.held("a"), limit.held("b"), limit.held("a"):
        for _ in range(2):
            with pytest.raises(TooMuch), limit.held("a"):
                raise AssertionError("there was no place")
        with limit.held("b"):
            pass
    with limit.held("a"), limit.held("a"):
        pass


def test_a_place_is_given_back_when_the_work_fails() -> None:
    limit = Limit(1, "too many")
    for _ in range(3):
        with pytest.raises(KeyError), limit.held():
            raise KeyError


def test_places_may_be_taken_several_at_a_time() -> None:
    limit = Limit(10, "too many", retry_delay_s=7.0)
    with limit.held(amount=6), limit.held(amount=4):
        with pytest.raises(TooMuch) as refused, limit.held():
            raise AssertionError("there was no place")
        assert refused.value.retry_delay_s == 7.0
    with pytest.raises(TooMuch), limit.held(amount=11):
        raise AssertionError("there never was such a place")
    with limit.held(amount=10):
        pass


async def test_who_has_had_his_turns_waits_and_keeps_nobody_else_waiting() -> None:
    turns, order = Turns(1), list[str]()

    async def take(key: str, name: str, until: asyncio.Event) -> None:
        async with turns.taken(key):
            order.append(name)
            await until.wait()

    first, now = asyncio.Event(), asyncio.Event()
    now.set()
    held = asyncio.create_task(take("a", "a1", first))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(take("a", "a2", now))
    await take("b", "b1", now)
    assert order == ["a1", "b1"]
    first.set()
    await asyncio.gather(held, waiting)
    assert order == ["a1", "b1", "a2"]


async def test_a_turn_that_was_given_up_is_free_again() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), turns.taken("a"):
                await asyncio.Event().wait()
    assert not turns._free
    assert not turns._users
