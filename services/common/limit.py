"""How much may go on at once."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

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
