"""Whether the log may take entries: clock right, tree not too far behind. Asked every second by the health of the server."""

import time
from collections.abc import Callable

from services.audit import metrics, sequencer, stored
from services.audit.errors import LogAltered, LogBehind
from services.audit.store import Standing, Store

MAX_BEHIND_MS = 5 * 60 * 1000


class Watch:
    """Remembers what the last look found."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self._behind_ms = 0

    async def check(self) -> None:
        """Raises StoreUnavailable, ClockOff, LogAltered or LogBehind when no entry should be taken now."""
        before = self._clock()
        standing = await self._store.standing()
        sequencer.verify_clock(before, standing.now_ms, self._clock())
        self._behind_ms = _behind_ms(standing)
        metrics.SIZE.set(standing.next_index)
        metrics.SIGNED_SIZE.set(standing.signed_size)
        metrics.BEHIND_SECONDS.set(self._behind_ms / 1000)
        self.gate()

    def gate(self) -> None:
        """Raises LogBehind when the last look found entries that have waited for a signed head for more than five minutes."""
        if self._behind_ms > MAX_BEHIND_MS:
            raise LogBehind("the tree is too far behind the log", seconds=self._behind_ms // 1000)


def _behind_ms(standing: Standing) -> int:
    if standing.signed_size >= standing.next_index:
        return 0
    if standing.oldest_unsigned is None:
        raise LogAltered("an entry is missing", index=standing.signed_size)
    return standing.now_ms - stored.leaf(standing.signed_size, standing.oldest_unsigned).time_ms
