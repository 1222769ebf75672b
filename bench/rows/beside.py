"""Work beside work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any


async def together(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Runs all of it to its end; the first failure ends the rest."""
    async with asyncio.TaskGroup() as group:
        for one in work:
            group.create_task(one)


@asynccontextmanager
async def running(*endless: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Runs endless work for the length of the block."""
    tasks = [asyncio.ensure_future(work()) for work in endless]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
