"""First stage: frames that wait are read, and the reading is committed.

What a kill -9 leaves, step by step; nothing leaves this process before step 4, so there is nothing to undo:
1. after the claim, or while the evidence is fetched: the claim runs out and the frame is claimed again;
2. while the engine reads: the same, and the picture is read again, but the first reading had no effect anywhere;
3. while the result is committed: it is committed or it is not; result and state change in one transaction;
4. after the commit: the frame is `read`; the second stage takes it, and no reading of it is ever made again.
Should two processes read one frame (a claim ran out under a process that was stopped for long), the first commit wins.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import structlog

from services.common import trace
from services.common.database import StoreFault
from services.common.errors import Refusal, StoreUnavailable
from services.common.picture import PictureTooLarge, PictureUnreadable
from services.ingest import metrics, pace
from services.ingest.backlog import Backlog, Postponement, Waiting
from services.ingest.bell import Bell
from services.ingest.errors import EngineBusy, EngineFailed, EvidenceAltered
from services.ingest.evidence import Evidence
from services.ingest.frame import Frame, Result
from services.ingest.lease import Lease
from services.ingest.pace import Pace

log = structlog.get_logger()

MAX_FAULTS = 5
# Deaths of the engine are spread over a minute and a half: an engine that is broken for less costs no frame.
FAULT_FIRST_S, FAULT_GROWTH = 4.0, 3.0


class Reader(Protocol):
    """What reads frames."""

    async def read(self, frame: Frame, picture: bytes) -> Result:
        """See clients.Recognition.read."""

    def unreadable(self, frame: Frame, reason: str) -> Result:
        """See clients.Recognition.unreadable."""


class Reading:
    """Reads at most `at_once` frames at a time.

    committed: called after each result; poll_s: how often to look for frames that nobody rang for; fault_first_s: the delay after
    a frame's first fault; outage_cap_s: the longest pause while something does not answer.
    """

    def __init__(
        self,
        backlog: Backlog,
        evidence: Evidence,
        reader: Reader,
        bell: Bell,
        committed: Callable[[], None],
        *,
        at_once: int = 4,
        poll_s: float = 0.5,
        fault_first_s: float = FAULT_FIRST_S,
        outage_cap_s: float = 5.0,
    ) -> None:
        self._backlog, self._evidence, self._reader = backlog, evidence, reader
        self._bell, self._committed = bell, committed
        self._at_once, self._poll_s, self._fault_first_s = at_once, poll_s, fault_first_s
        self._pace = Pace(cap_s=outage_cap_s)
        self.lease = Lease(backlog)
        self._tasks: dict[asyncio.Task[None], Waiting] = {}

    async def run(self) -> None:
        """Works until it is cancelled; then it gives its claims up."""
        try:
            while True:
                await self._pace.ready()
                self._bell.silence()
                found = await self._claim(self._at_once - len(self._tasks))
                for claim in found:
                    self._tasks[asyncio.create_task(self._work(claim))] = claim
                await self._rest(idle=not found)
        finally:
            await self._stop()

    async def _claim(self, limit: int) -> list[Waiting]:
        try:
            return await self._backlog.claim_waiting(limit)
        except StoreUnavailable:
            self._pace.failed()
            return []

    async def _rest(self, *, idle: bool) -> None:
        """Returns when there is room for another frame and, unless frames were found just now, a reason to look for one."""
        if len(self._tasks) >= self._at_once:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        elif idle:
            await self._bell.wait(self._poll_s)
        for task in [task for task in self._tasks if task.done()]:
            claim = self._tasks.pop(task)
            if (cause := task.exception()) is not None:  # its claim runs out, and somebody tries again
                log.error("read.failed", frame_id=str(claim.frame_id), exc_info=cause)

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
            await self.lease.release(claim.frame_id for claim in self._tasks.values())

    async def _work(self, claim: Waiting) -> None:
        trace.begin_work(claim.frame_id)
        with self.lease.holding([claim.frame_id]), metrics.ATTEMPT_SECONDS.labels("read").time():
            try:
                await self._read(claim)
            except StoreUnavailable:
                self._pace.failed()
                log.warning("read.not_committed", frame_id=str(claim.frame_id))

    async def _read(self, claim: Waiting) -> None:
        try:
            picture = await self._evidence.fetch(claim.frame)
            result = await self._reader.read(claim.frame, picture)
        except (PictureUnreadable, PictureTooLarge) as refusal:
            await self._give_up(claim, refusal)
        except (EngineFailed, EvidenceAltered) as refusal:
            await self._blame(claim, refusal)
        except EngineBusy as refusal:
            self._pace.failed()
            await self._postpone(claim, timedelta(seconds=refusal.retry_delay_s or 0))
        except Refusal as refusal:  # what this frame needs does not answer: that lasts as long as it lasts
            self._pace.failed()
            log.warning("read.postponed", frame_id=str(claim.frame_id), reason=refusal.reason, attempts=claim.attempts)
            await self._postpone(claim, pace.delay(claim.attempts))
        else:
            self._pace.succeeded()
            try:
                await self._commit(claim, result)
            except StoreFault:  # the engine's answer holds what no column can: another one may not
                log.exception("read.not_storable", frame_id=str(claim.frame_id))
                await self._blame(claim, EngineFailed("the result cannot be stored"))

    async def _blame(self, claim: Waiting, refusal: Refusal) -> None:
        """Counts a failure that is the frame's own. The last one makes it a no-read with the reason: kept, never dropped."""
        faults = claim.faults + 1
        log.error("read.fault", frame_id=str(claim.frame_id), reason=refusal.reason, faults=faults)
        if faults >= MAX_FAULTS:
            await self._give_up(claim, refusal)
            return
        metrics.ATTEMPTS.labels("read", "fault").inc()
        delay = pace.delay(faults, first_s=self._fault_first_s, growth=FAULT_GROWTH)
        await self._backlog.postpone([Postponement(claim.frame_id, claim.attempts, delay, fault=True)])

    async def _give_up(self, claim: Waiting, refusal: Refusal) -> None:
        log.warning("read.unreadable", frame_id=str(claim.frame_id), reason=refusal.reason)
        await self._commit(claim, self._reader.unreadable(claim.frame, refusal.reason))

    async def _postpone(self, claim: Waiting, delay: timedelta) -> None:
        metrics.ATTEMPTS.labels("read", "postponed").inc()
        await self._backlog.postpone([Postponement(claim.frame_id, claim.attempts, delay)])

    async def _commit(self, claim: Waiting, result: Result) -> None:
        await self._backlog.commit(claim.frame_id, result)
        metrics.passed("read", [claim.frame_id], "unreadable" if result.reason else "done")
        self._committed()
