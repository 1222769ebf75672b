"""How much may go on at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager

from services.common.errors import TooMuch


class Limit:
    """At most `most` at once of the same key. words, retry_delay_s: of the refusal."""

    def __init__(self, most: int, words: str, *, retry_delay_s: float = 1.0) -> None:
        self._most, self._words, self._retry_delay_s = most, words, retry_delay_s
        self._held: Counter[Hashable] = Counter()

    @contextmanager
    def held(self, key: Hashable = None, amount: int = 1) -> Iterator[None]:
        """So many more for as long as the block runs. Raises TooMuch."""
        if self._held[key] + amount > self._most:
            raise TooMuch(self._words, retry_delay_s=self._retry_delay_s)
        self._held[key] += amount
        try:
            yield
        finally:
            self._held[key] -= amount
            if not self._held[key]:
                del self._held[key]


class Turns:
    """At most `most` at once of the same key; who comes next waits, behind those of his own key only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free: dict[Hashable, asyncio.Semaphore] = {}
        self._users: Counter[Hashable] = Counter()

    @asynccontextmanager
    async def taken(self, key: Hashable) -> AsyncIterator[None]:
        """One turn, for as long as the block runs."""
        self._users[key] += 1
        free = self._free.setdefault(key, asyncio.Semaphore(self._most))
        try:
            async with free:
                yield
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._free[key]
