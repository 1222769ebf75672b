"""Whether the log may take entries: clock right, tree and publication not too far behind. Asked every second by the health."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from services.audit import metrics, sequencer, stored
from services.audit.errors import LogAltered, LogBehind
from services.audit.store import Standing, Store

MAX_BEHIND_MS = 5 * 60 * 1000
MAX_UNPUBLISHED = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What else stops the log. is_published: whether it is published; witness_s: how long an entry may wait for a witness, 0 for
    ever.
    """

    is_published: bool = False
    witness_s: int = 0


class Watch:
    """Remembers what the last look found."""

    def __init__(
        self,
        store: Store,
        limits: Limits = Limits(),
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._limits, self._clock = store, limits, clock
        self._problem = ""
        self._since_ms = 0

    async def check(self) -> None:
        """Raises StoreUnavailable, ClockOff, LogAltered or LogBehind when no entry should be taken now."""
        before = self._clock()
        standing = await self._store.standing()
        sequencer.verify_clock(before, standing.now_ms, self._clock())
        self._problem, self._since_ms = self._found(standing)
        self.gate()

    def gate(self) -> None:
        """Raises LogBehind when the last look found entries that wait too long for a head, or a log that is shown to nobody."""
        if self._problem:
            raise LogBehind(self._problem, seconds=self._since_ms // 1000)

    def _found(self, standing: Standing) -> tuple[str, int]:
        """What is wrong, and for how long."""
        unsigned_ms = _waiting_ms(standing, standing.signed_size, standing.oldest_unsigned)
        unpublished_ms = _waiting_ms(standing, standing.published_size, standing.oldest_unpublished)
        metrics.SIZE.set(standing.next_index)
        metrics.SIGNED_SIZE.set(standing.signed_size)
        metrics.BEHIND_SECONDS.set(unsigned_ms / 1000)
        if unsigned_ms > MAX_BEHIND_MS:
            return "the tree is too far behind the log", unsigned_ms
        if self._limits.is_published:
            unpublished = standing.next_index - standing.published_size
            metrics.PUBLISHED_BEHIND_SECONDS.set(unpublished_ms / 1000)
            if unpublished_ms > MAX_BEHIND_MS or unpublished > MAX_UNPUBLISHED:
                return "the published log is too far behind", unpublished_ms
        return self._unwitnessed(standing)

    def _unwitnessed(self, standing: Standing) -> tuple[str, int]:
        # Counted from the first entry that no witness has seen: a log that nobody asked for a week has lost nothing, and one
        # that no witness ever saw has.
        alone_ms = _waiting_ms(standing, standing.witnessed_size, standing.oldest_unwitnessed)
        metrics.UNWITNESSED_SECONDS.set(alone_ms / 1000)
        if self._limits.witness_s and alone_ms > self._limits.witness_s * 1000:
            return "no witness has cosigned a head for too long", alone_ms
        return "", 0


def _waiting_ms(standing: Standing, size: int, oldest: bytes | None) -> int:
    """How long the first entry beyond this size has waited."""
    if size >= standing.next_index:
        return 0
    if oldest is None:
        raise LogAltered("an entry is missing", index=size)
    return standing.now_ms - stored.leaf(size, oldest).time_ms
