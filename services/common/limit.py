"""How much may go on at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager

from services.common.errors import TooMuch


class Limit:
    """At most `most` at once of the same key."""

    def __init__(self, most: int, words: str) -> None:
        self._most, self._words = most, words
        self._held: Counter[Hashable] = Counter()

    @contextmanager
    def held(self, key: Hashable = None) -> Iterator[None]:
        """One more for as long as the block runs. Raises TooMuch."""
        if self._held[key] >= self._most:
            raise TooMuch(self._words)
        self._held[key] += 1
        try:
            yield
        finally:
            self._held[key] -= 1
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
