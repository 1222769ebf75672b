"""Health: a check that hangs has failed, whatever it does when it is cancelled."""

import asyncio

import pytest

from services.common.errors import StoreUnavailable
from services.common.server import Check, Checks


class Database:
    """Hangs, and cancelling hangs too, until it comes back: as a driver that asks a stopped server to cancel."""

    def __init__(self) -> None:
        self.back = asyncio.Event()
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        while not self.back.is_set():
            try:
                await self.back.wait()
            except asyncio.CancelledError:
                continue


async def _refuses() -> None:
    raise StoreUnavailable("the database does not answer")


async def _times_out() -> None:
    raise TimeoutError


async def _works() -> None:
    await asyncio.sleep(0)


async def test_a_check_that_cannot_even_be_cancelled_has_failed_and_is_not_piled_up() -> None:
    database = Database()
    checks = Checks({"hangs": database.check, "works": _works}, timeout_s=0.02)
    for _ in range(3):
        assert await checks.passing() == {"hangs": False, "works": True}
    assert database.asked == 1
    database.back.set()
    await checks.passing()
    assert await checks.passing() == {"hangs": True, "works": True}


@pytest.mark.parametrize("check", [_refuses, _times_out])
async def test_a_refusal_and_a_timeout_are_no_pass(check: Check) -> None:
    assert await Checks({"": check}).passing() == {"": False}


async def test_a_check_that_is_wrong_in_itself_is_told() -> None:
    async def wrong() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await Checks({"": wrong}).passing()
