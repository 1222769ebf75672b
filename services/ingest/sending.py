"""Second stage: committed reads are handed to matching, in batches, until it has stored them.

What a kill -9 leaves, step by step:
1. after the claim: it runs out, and the frames are claimed again;
2. while matching stores the batch, or after it did and before the frames are marked: they are sent again, the same bytes under
   the same read ids, and matching changes nothing for a read that it has;
3. after the frames are marked `done`: nothing is left to do.
So each read is stored exactly once, though it may be sent more than once.

Reads that matching refuses though they are sent alone are set aside (ingest.set_aside): counted, never dropped, and sent again
after a minute, two, four, up to an hour, and whenever this process starts.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from services.common import ids, trace
from services.common.errors import StoreUnavailable
from services.ingest import metrics, pace
from services.ingest.backlog import Backlog, Postponement, Unsent
from services.ingest.bell import Bell
from services.ingest.errors import MatchingUnavailable, ReadsDoubtful, ReadsRefused
from services.ingest.lease import Lease
from services.ingest.pace import Pace

log = structlog.get_logger()

DOUBTS = 8  # failures of matching until they are held against the reads; a minute or two


class Recorder(Protocol):
    """What stores reads."""

    async def record(self, committed: Sequence[bytes]) -> None:
        """See clients.Matching.record."""


class Sending:
    """Sends the reads of at most `at_once` frames together. poll_s and outage_cap_s: as in reading.py."""

    def __init__(
        self,
        backlog: Backlog,
        recorder: Recorder,
        bell: Bell,
        *,
        at_once: int = 64,
        poll_s: float = 0.5,
        outage_cap_s: float = 5.0,
    ) -> None:
        self._backlog, self._recorder, self._bell = backlog, recorder, bell
        self._at_once, self._poll_s = at_once, poll_s
        self._pace = Pace(cap_s=outage_cap_s)
        self.lease = Lease(backlog)
        self._claims: list[Unsent] = []

    async def run(self) -> None:
        """Works until it is cancelled; then it gives its claims up."""
        await self._bring_back()
        try:
            while True:
                await self._pace.ready()
                trace.begin_work(ids.uuid7())
                try:
                    await self._round()
                except StoreUnavailable:
                    self._pace.failed()
        finally:
            if self._claims:
                await self.lease.release(claim.frame_id for claim in self._claims)

    async def _bring_back(self) -> None:
        try:
            await self._backlog.bring_back()
        except StoreUnavailable:  # then they wait for their time
            log.warning("send.not_brought_back")

    async def _round(self) -> None:
        self._bell.silence()
        self._claims = await self._backlog.claim_read(self._at_once)
        if self._claims:
            with self.lease.holding(claim.frame_id for claim in self._claims):
                await self._send(self._claims)
        else:
            await self._bell.wait(self._poll_s)
        self._claims = []

    async def _send(self, claims: Sequence[Unsent]) -> None:
        try:
            with metrics.ATTEMPT_SECONDS.labels("send").time():
                await self._recorder.record([claim.reads for claim in claims])
        except ReadsRefused as refusal:
            await self._send_apart(claims, refusal)
        except MatchingUnavailable:
            self._pace.failed()
            await self._postpone(claims)
        else:
            self._pace.succeeded()
            await self._backlog.finish(claim.frame_id for claim in claims)
            metrics.passed("send", [claim.frame_id for claim in claims])

    async def _send_apart(self, claims: Sequence[Unsent], refusal: ReadsRefused) -> None:
        """A batch is stored whole or not at all: one read that matching does not take must not hold up the others."""
        if len(claims) > 1:
            for claim in claims:
                await self._send([claim])
            return
        self._pace.failed()
        if isinstance(refusal, ReadsDoubtful) and claims[0].attempts < DOUBTS:
            await self._postpone(claims)
            return
        reason = str(refusal.facts.get("by", refusal.reason))
        refusals = await self._backlog.set_aside(claims[0], reason, _seldom)
        metrics.ATTEMPTS.labels("send", "set_aside").inc()
        log.error("send.set_aside", frame_id=str(claims[0].frame_id), reason=reason, refusals=refusals)

    async def _postpone(self, claims: Sequence[Unsent]) -> None:
        metrics.ATTEMPTS.labels("send", "postponed").inc(len(claims))
        await self._backlog.postpone(
            [Postponement(claim.frame_id, claim.attempts, pace.delay(claim.attempts)) for claim in claims]
        )


def _seldom(refusals: int) -> timedelta:
    return pace.delay(refusals, first_s=60.0, cap_s=3600.0)
