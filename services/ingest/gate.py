"""How many frames one process has in hand at once. What is above is refused with a time to come back, never queued."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.ingest import pace
from services.ingest.errors import Overloaded
from services.ingest.pace import Chance

SEEN_S = 5.0  # a camera that was here so recently will be here again
LEAVING_S = 5.0
LONGEST_S = 30.0
ALL = ""  # the queue of those who are refused though they have not more than their share


class Gate:
    """Admits at most `frames` at once, of at most `size_bytes` together.

    Once half of the places are taken, no camera may have more of them than its share among the cameras of the last seconds:
    one that sends as fast as it can leaves room for the others.
    """

    def __init__(
        self,
        *,
        frames: int,
        size_bytes: int,
        retry_delay_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        chance: Chance = random.random,
    ) -> None:
        self._frames, self._size_bytes, self._retry_delay_s = frames, size_bytes, retry_delay_s
        self._clock, self._chance = clock, chance
        self._held: Counter[str] = Counter()
        self._seen_at: dict[str, float] = {}  # by time, the longest ago first
        self.frames_in_hand = self.bytes_in_hand = 0
        self.leaving_per_s = float(frames)
        self._left, self._measured_at = 0, clock()
        self._next_at: dict[str, float] = {}  # for who is refused next, in the queue of all and in that of each camera

    @contextmanager
    def admit(self, camera_id: str, size_bytes: int) -> Iterator[None]:
        """Holds a place for one frame. Raises Overloaded."""
        self._see(camera_id)
        if 2 * self.frames_in_hand >= self._frames and self._held[camera_id] >= self._share():
            its_per_s = self.leaving_per_s / len(self._seen_at)
            raise self._overloaded("too many frames of this camera at once", camera_id, its_per_s)
        if self.frames_in_hand >= self._frames or self.bytes_in_hand + size_bytes > self._size_bytes:
            raise self._overloaded("too many frames at once", ALL, self.leaving_per_s)
        self._take(camera_id, size_bytes, 1)
        try:
            yield
        finally:
            self._take(camera_id, -size_bytes, -1)
            self._measure()

    def _see(self, camera_id: str) -> None:
        now = self._clock()
        self._seen_at.pop(camera_id, None)
        self._seen_at[camera_id] = now
        while self._seen_at[oldest := next(iter(self._seen_at))] < now - SEEN_S:
            del self._seen_at[oldest]
            self._next_at.pop(oldest, None)

    def _share(self) -> int:
        return max(1, self._frames // len(self._seen_at))

    def _take(self, camera_id: str, size_bytes: int, frames: int) -> None:
        self.frames_in_hand += frames
        self.bytes_in_hand += size_bytes
        self._held[camera_id] += frames
        if not self._held[camera_id]:
            del self._held[camera_id]

    def _measure(self) -> None:
        """Each frame that leaves counts."""
        now = self._clock()
        self._left += 1
        if (span_s := now - self._measured_at) >= 1.0:
            self.leaving_per_s = pace.smoothed(self.leaving_per_s, self._left, span_s, over_s=LEAVING_S)
            self._left, self._measured_at = 0, now

    def _overloaded(self, words: str, queue: str, leaving_per_s: float) -> Overloaded:
        """Who is refused gets a time of his own, at the speed at which frames leave: else all come back at once, in vain.

        A camera that sends more than its share waits behind itself alone: the others must not be sent far away for it.
        """
        now = self._clock()
        earliest = now + self._retry_delay_s
        next_at = self._next_at.get(queue, 0.0) + 1.0 / max(leaving_per_s, 1.0)
        self._next_at[queue] = next_at = min(max(next_at, earliest), now + LONGEST_S)
        return Overloaded(words, retry_delay_s=pace.spread_s(next_at - now, self._chance))
