"""A stream of requests answered side by side, a bounded number at a time."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")


async def answers(
    requests: AsyncIterator[Request], answer: Callable[[Request], Coroutine[Any, Any, Answer]], *, at_once: int
) -> AsyncGenerator[Answer, None]:
    """Answers in the order in which they are ready; at most `at_once` requests are unanswered.

    A request counts until its answer was taken over by the transport, so a client that does not read its answers is not read
    from either. The end of the requests lets what is under way finish; closing the generator cancels it.
    """
    working: set[asyncio.Task[Answer]] = set()
    reading: asyncio.Task[list[Request]] | None = None
    at_end = False
    try:
        while working or not at_end:
            if reading is None and not at_end and len(working) < at_once:
                reading = asyncio.create_task(_next(requests))
            awaited: set[asyncio.Task[Any]] = working | {reading} if reading else set(working)
            done, _ = await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            for task in working & done:
                yield task.result()
                working.remove(task)
            if reading is not None and reading in done:
                arrived, reading = reading.result(), None
                at_end = not arrived
                working.update(asyncio.create_task(answer(request)) for request in arrived)
    finally:
        for pending in (*working, *([reading] if reading else [])):
            pending.cancel()


async def _next(requests: AsyncIterator[Request]) -> list[Request]:
    """The next request, alone; nothing at the end."""
    async for request in requests:
        return [request]
    return []
