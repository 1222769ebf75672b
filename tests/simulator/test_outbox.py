"""Frames that wait for their answer."""

import asyncio
from datetime import UTC, datetime

import pytest

from services.simulator.frame import Frame
from services.simulator.outbox import Outbox


def frame(sequence: int) -> Frame:
    return Frame("cam-1", sequence, datetime.now(UTC), b"picture", (), approaching=True)


async def next_sequence(outbox: Outbox, within_s: float) -> int:
    async with asyncio.timeout(within_s):
        return (await outbox.take()).sequence


async def test_a_frame_is_not_sent_before_its_time_even_on_a_new_stream() -> None:
    outbox = Outbox(2, lambda _frame, _outcome: None)
    await outbox.put(frame(1))
    assert await next_sequence(outbox, 5) == 1
    asked_at = asyncio.get_running_loop().time()
    outbox.postpone(("cam-1", 1), 0.3)
    outbox.again()  # the stream broke
    await outbox.put(frame(2))
    assert await next_sequence(outbox, 5) == 2, "others go on"
    assert await next_sequence(outbox, 5) == 1
    assert asyncio.get_running_loop().time() - asked_at >= 0.29
    with pytest.raises(TimeoutError):
        await next_sequence(outbox, 0.5)
