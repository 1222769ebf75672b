"""Several requests of a stream under way at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

Request = TypeVar("Request")
Response = TypeVar("Response")


async def as_done(
    answer: Callable[[Request], Awaitable[Response]], requests: AsyncIterator[Request], *, at_once: int
) -> AsyncGenerator[Response, None]:
    """Answers as they are done, at most `at_once` under way; one more at most is taken from the stream meanwhile.

    What `answer` or the stream raises ends it, and nothing is left running behind.
    """
    pending: set[asyncio.Task[Response]] = set()
    arriving: asyncio.Task[Request | None] | None = asyncio.create_task(_next(requests))
    try:
        while arriving or pending:
            awaited = {*pending, arriving} if arriving and len(pending) < at_once else pending
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if arriving and arriving.done() and len(pending) < at_once:
                request = arriving.result()
                if request is None:
                    arriving = None
                else:
                    pending.add(asyncio.create_task(_run(answer, request)))
                    arriving = asyncio.create_task(_next(requests))
            for finished in [task for task in pending if task.done()]:
                pending.discard(finished)
                yield finished.result()
    finally:
        left = [task for task in (arriving, *pending) if task is not None]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _next(requests: AsyncIterator[Request]) -> Request | None:
    return await anext(requests, None)


async def _run(answer: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    return await answer(request)
