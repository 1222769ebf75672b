"""What goes on beside the calls: matching again what a list change overtook, partitions, and clearing up."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NoReturn

import structlog

from services.common.errors import Unavailable
from services.matching import metrics
from services.matching.store.alerts import SweepStore
from services.matching.store.sightings import SightingStore

log = structlog.get_logger()

BATCHES_A_SWEEP = 200
SWEEP_EVERY_S = 0.5
TIDY_EVERY_S = 600.0
SURVEY_EVERY_S = 1.0


class Sweeper:
    """Matches again whatever was recorded within `horizon` against an older version of the lists than there is now."""

    def __init__(self, store: SweepStore, horizon: timedelta) -> None:
        self._store, self._horizon = store, horizon

    async def sweep(self) -> int:
        """Does all there is to do now. Returns how many alerts that raised."""
        alerts = 0
        while (swept := await self._store.sweep(self._horizon, BATCHES_A_SWEEP)).batches:
            alerts += swept.alerts
            metrics.ALERTS.labels("sweeping").inc(swept.alerts)
            log.info("swept", batches=swept.batches, alerts=swept.alerts)
        return alerts

    async def run(self) -> None:
        """Sweeps for ever."""
        await _for_ever(self.sweep, "sweep", SWEEP_EVERY_S)


class Tidier:
    """Makes partitions ahead of time, and forgets batches that the sweeper no longer looks at."""

    def __init__(self, sightings: SightingStore, sweeps: SweepStore, horizon: timedelta) -> None:
        self._sightings, self._sweeps, self._horizon = sightings, sweeps, horizon

    async def tidy(self) -> None:
        await self._sightings.make_partitions_ahead()
        await self._sweeps.forget(self._horizon)

    async def run(self) -> None:
        """Tidies for ever, from some time from now on."""
        await asyncio.sleep(TIDY_EVERY_S)
        await _for_ever(self.tidy, "tidy", TIDY_EVERY_S)


class Surveyor:
    """Measures how far alerts, lists and the sweeper are."""

    def __init__(self, store: SweepStore, horizon: timedelta) -> None:
        self._store, self._horizon = store, horizon

    async def survey(self) -> None:
        """Measures once."""
        standing = await self._store.standing(self._horizon)
        metrics.ALERT_POSITION.set(standing.alert_position)
        metrics.LIST_VERSION.set(standing.list_version)
        metrics.SWEEP_BEHIND.set(standing.batches_behind)

    async def run(self) -> None:
        """Measures for ever."""
        await _for_ever(self.survey, "survey", SURVEY_EVERY_S)


async def _for_ever(work: Callable[[], Awaitable[object]], name: str, every_s: float) -> NoReturn:
    """Does the work again and again; what does not answer today is waited for."""
    while True:
        try:
            await work()
        except Unavailable as trouble:
            log.warning(f"{name}.waits", reason=trouble.reason)
        await asyncio.sleep(every_s)
