"""Keeps the claims of this process alive while it works on them."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

from services.common.errors import StoreUnavailable
from services.ingest.backlog import Backlog

log = structlog.get_logger()


class Lease:
    """What one stage holds. A renewal that fails is no harm: at worst the same frame is worked on twice, with one effect."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog
        self._held: set[UUID] = set()

    @contextmanager
    def holding(self, frame_ids: Iterable[UUID]) -> Iterator[None]:
        """Keeps the claims on these frames for as long as the block runs."""
        ours = set(frame_ids)
        self._held |= ours
        try:
            yield
        finally:
            self._held -= ours

    async def run(self) -> None:
        """Renews three times within a lease."""
        while True:
            await asyncio.sleep(self._backlog.lease.total_seconds() / 3)
            if self._held:
                try:
                    await self._backlog.renew(self._held)
                except StoreUnavailable:
                    log.warning("lease.not_renewed", frames=len(self._held))

    async def release(self, frame_ids: Iterable[UUID]) -> None:
        """Gives claims up at the end of the process; what cannot be given up runs out by itself."""
        try:
            await self._backlog.release(frame_ids)
        except StoreUnavailable:
            log.warning("lease.not_released")
