"""Whether frames can be taken now: the database and the object store answer. Recognition and matching may be down meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

from services.common.errors import Refusal, StoreUnavailable
from services.ingest.bucket import Bucket
from services.ingest.store import Store

PROBE_S = 2.0


class Steady:
    """A check that one lost probe does not fail and one lucky probe does not pass again."""

    def __init__(self, probe: Callable[[], Awaitable[None]], *, losses: int = 2, gains: int = 2) -> None:
        self._probe, self._losses, self._gains = probe, losses, gains
        self._passes, self._lost, self._gained = False, losses, gains - 1  # the first probe decides

    async def __call__(self) -> None:
        """Raises StoreUnavailable unless all is well."""
        try:
            async with asyncio.timeout(PROBE_S):
                await self._probe()
        except (Refusal, TimeoutError):
            self._lost, self._gained = self._lost + 1, 0
        else:
            self._lost, self._gained = 0, self._gained + 1
        if self._lost >= self._losses:
            self._passes = False
        elif self._gained >= self._gains:
            self._passes = True
        if not self._passes:
            raise StoreUnavailable("the database or the object store does not answer")


def stores(store: Store, bucket: Bucket) -> Callable[[], Awaitable[None]]:
    """A probe of both, side by side."""

    async def probe() -> None:
        await asyncio.gather(store.verify_alive(), bucket.verify_alive())

    return probe
