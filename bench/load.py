"""Load: clients that call again as soon as they are answered, and calls at a given rate that wait for nobody."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

import grpc

from bench.measure import Tally, latencies
from services.common.errors import Refusal

Call = Callable[[], Awaitable[object]]


async def closed(call: Call, *, clients: int, seconds: float) -> list[float]:
    """What each call took, in seconds: `clients` at work all the time."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        while (began := time.perf_counter()) < end:
            await call()
            took.append(time.perf_counter() - began)

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    return took


async def rate(call: Call, *, clients: int, seconds: float, calls_each: int = 1) -> Tally:
    """How many a second that makes; `calls_each`: how many items one `call` is."""
    began = time.perf_counter()
    items = len(await closed(call, clients=clients, seconds=seconds)) * calls_each
    return Tally(items, (items / (time.perf_counter() - began),))


async def opened(call: Call, *, each_s: float, seconds: float) -> Tally:
    """Latencies of calls that start every `each_s`, counted from when each was due: a slow answer delays no call after it.

    A call that is refused counts as one that takes for ever.
    """
    took: list[float] = []
    began = time.perf_counter()

    async def one(due: float) -> None:
        try:
            await call()
        except (grpc.aio.AioRpcError, Refusal):
            took.append(math.inf)
        else:
            took.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds / each_s)):
            due = began + number * each_s
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(one(due))
    return latencies(took)
