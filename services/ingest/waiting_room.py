"""How many acknowledged frames may wait to be read and sent. Above that, new ones are refused with a time to come back.

What waits lies in the database, and counting it for each frame would cost more than taking it. So one task counts, with a
tenth of the time at most, and in between this process adds what it takes itself. What other replicas take meanwhile is
known at the next count: by so much, and no more, the limit can be passed.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog

from services.common.errors import StoreUnavailable
from services.ingest import metrics, pace
from services.ingest.backlog import Queues
from services.ingest.errors import Overloaded
from services.ingest.pace import Chance

log = structlog.get_logger()

BACKFILL_SHARE = 0.8  # of the places; the rest is kept for frames of this minute
COUNT_SHARE = 10  # a count that took a second is followed by ten without
LONGEST_PAUSE_S = 60.0  # but by no more than this: until the next one, whoever went in is taken to be still there
SHORTEST_S, LONGEST_S = 1.0, 30.0
SMOOTHED_S = 10.0  # the span over which the speed of leaving is averaged

Count = Callable[[int], Awaitable[Queues]]


class WaitingRoom:
    """Places for `frames` frames, of all replicas together. `count` counts those that wait, up to a number."""

    def __init__(
        self,
        count: Count,
        *,
        frames: int,
        count_every_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        chance: Chance = random.random,
    ) -> None:
        self._count, self._frames, self._count_every_s = count, frames, count_every_s
        self._clock, self._chance = clock, chance
        self.queues = Queues(0, 0)
        self.leaving_per_s = 0.0
        self._counted_at = clock()
        self._inside = self._entered = 0  # frames at the door now; frames that were, since the count began
        self._refused = 0

    @property
    def waiting(self) -> int:
        """Frames that wait, as far as is known; rather too many than too few."""
        return self.queues.total + self._entered + self._inside

    @contextmanager
    def place(self, *, backfill: bool) -> Iterator[None]:
        """A place for one new frame while it is made durable. Raises Overloaded."""
        room = int(self._frames * BACKFILL_SHARE) if backfill else self._frames
        over = self.waiting - room
        if over >= 0:
            raise Overloaded("too many frames wait to be read", retry_delay_s=self._delay_s(over))
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._entered += 1  # perhaps in vain, until the next count

    async def run(self) -> None:
        """Counts, for ever."""
        while True:
            pause_s = await self._looked()
            await asyncio.sleep(pause_s)

    async def _looked(self) -> float:
        """Looks, and says how long not to. A count that failed has cost the database little, and what is known gets old."""
        began = self._clock()
        try:
            await self.look()
        except StoreUnavailable:
            log.warning("backlog.not_counted")
            return self._count_every_s
        return min(max(self._count_every_s, COUNT_SHARE * (self._clock() - began)), LONGEST_PAUSE_S)

    async def look(self) -> None:
        """Counts once. Raises StoreUnavailable; then what was known stays."""
        began, entered = self._clock(), self._entered
        queues = await self._count(2 * self._frames)  # further, so that one sees it fall
        self._measure(self.queues.total + entered - queues.total, began - self._counted_at)
        self.queues, self._counted_at = queues, began
        self._publish()
        if self._refused:
            log.warning("backlog.full", waiting=self.waiting, refused=self._refused)
        self._entered -= entered  # who came during the count may be in it, and counts twice until the next
        self._refused = 0

    def _measure(self, left: int, span_s: float) -> None:
        if span_s > 0:
            self.leaving_per_s = pace.smoothed(self.leaving_per_s, max(left, 0), span_s, over_s=SMOOTHED_S)

    def _publish(self) -> None:
        metrics.BACKLOG.labels("waiting").set(self.queues.waiting)
        metrics.BACKLOG.labels("read").set(self.queues.read)
        metrics.BACKLOG.labels("set_aside").set(self.queues.aside)
        metrics.LEAVING.set(self.leaving_per_s)

    def _delay_s(self, over: int) -> float:
        """When there will be room at the present speed; each who is refused later is given a later time."""
        self._refused += 1
        places = over + self._refused
        wait_s = places / self.leaving_per_s if self.leaving_per_s * LONGEST_S > places else LONGEST_S
        return pace.spread_s(max(SHORTEST_S, wait_s), self._chance)
