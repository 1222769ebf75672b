"""Brings to its end what a crash has left half done, and runs retention once a day where that is wanted."""

import asyncio
import time

import structlog

from services.audit.erasure.orders import Orders
from services.audit.erasure.retention import Retention
from services.common.database import StoreFault
from services.common.errors import Refusal

log = structlog.get_logger()

EVERY_S = 30.0
DAY_S = 86_400.0


class Finisher:
    """Looks at once and then every half a minute. daily: whether it runs retention too; any number of replicas may."""

    def __init__(self, orders: Orders, retention: Retention, *, daily: bool, every_s: float = EVERY_S) -> None:
        self._orders, self._retention, self._daily, self._every_s = orders, retention, daily, every_s
        self._ran_at = float("-inf")

    async def run(self) -> None:
        """Works for ever. What is refused, or fails, is tried again the next time."""
        while True:
            for work in (self._orders.finish_all, self._retention.finish_all, self.retain):
                try:
                    await work()
                except (Refusal, StoreFault, OSError) as cause:
                    log.warning("audit.erasure_waits", work=work.__name__, kind=type(cause).__name__)
            await asyncio.sleep(self._every_s)

    async def retain(self) -> None:
        """Runs retention, where that is wanted and was not done for a day."""
        if self._daily and time.monotonic() - self._ran_at >= DAY_S:
            report = await self._retention.run(dry=False)
            self._ran_at = time.monotonic()
            fates = {fate.value: [age.epoch for age, its in report.epochs if its is fate] for _, fate in report.epochs}
            log.info(
                "audit.retention",
                **{word: names for word, names in fates.items() if word != "kept"},
                remains=report.remains,
            )
