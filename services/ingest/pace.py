"""How long to wait: after failures longer each time up to a cap, in a queue as fast as it moves, never all to the same moment."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import timedelta

Chance = Callable[[], float]  # uniform in [0, 1)


def delay_s(
    failures: int, *, first_s: float, cap_s: float, growth: float = 2.0, chance: Chance = random.random
) -> float:
    """Seconds to wait after this many failures in a row (from 1): between half and all of the growing span."""
    span = min(cap_s, first_s * growth ** min(max(failures, 1) - 1, 64))
    return span * (0.5 + chance() / 2)


def delay(failures: int, *, first_s: float = 0.5, cap_s: float = 60.0, growth: float = 2.0) -> timedelta:
    """The same as a timedelta, with the spans of a single frame."""
    return timedelta(seconds=delay_s(failures, first_s=first_s, cap_s=cap_s, growth=growth))


def spread_s(span_s: float, chance: Chance) -> float:
    """A span that many were given alike: up to a quarter shorter or longer, so that they do not all come together."""
    return span_s * (0.75 + chance() / 2)


def smoothed(per_s: float, count: int, span_s: float, *, over_s: float) -> float:
    """A speed after another `count` in `span_s`; the mean forgets within about `over_s`."""
    return per_s + (count / span_s - per_s) * min(1.0, span_s / over_s)


class Pace:
    """Holds a loop back while what it needs does not answer, so that an outage is not met by a storm of attempts."""

    def __init__(
        self, *, first_s: float = 0.1, cap_s: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_s, self._cap_s, self._clock = first_s, cap_s, clock
        self._failures, self._until = 0, 0.0

    def succeeded(self) -> None:
        """It answers."""
        self._failures, self._until = 0, 0.0

    def failed(self) -> None:
        """It does not. Failures of calls that were under way together count once."""
        now = self._clock()
        if now >= self._until:
            self._failures += 1
            self._until = now + delay_s(self._failures, first_s=self._first_s, cap_s=self._cap_s)

    def wait_s(self) -> float:
        """Seconds until the next attempt may be made."""
        return max(0.0, self._until - self._clock())

    async def ready(self) -> None:
        """Returns when the next attempt may be made."""
        await asyncio.sleep(self.wait_s())
