"""Second stage: committed reads are handed to matching, in batches, until it has stored them.

What a kill -9 leaves, step by step:
1. after the claim: it runs out, and the frames are claimed again;
2. while matching stores the batch, or after it did and before the frames are marked: they are sent again, the same bytes under
   the same read ids, and matching changes nothing for a read that it has;
3. after the frames are marked `done`: nothing is left to do.
So each read is stored exactly once, though it may be sent more than once.
"""

from collections.abc import Sequence
from typing import Protocol

import structlog

from services.common import trace
from services.common.errors import StoreUnavailable
from services.ingest import pace
from services.ingest.backlog import Backlog, Postponement, Unsent
from services.ingest.bell import Bell
from services.ingest.errors import MatchingUnavailable, ReadsRefused
from services.ingest.lease import Lease
from services.ingest.pace import Pace

log = structlog.get_logger()


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
        try:
            while True:
                await self._pace.ready()
                trace.begin(None)
                try:
                    await self._round()
                except StoreUnavailable:
                    self._pace.failed()
        finally:
            if self._claims:
                await self.lease.release(claim.frame_id for claim in self._claims)

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
            await self._recorder.record([claim.reads for claim in claims])
        except ReadsRefused as refusal:
            await self._send_apart(claims, refusal)
        except MatchingUnavailable:
            self._pace.failed()
            await self._postpone(claims)
        else:
            self._pace.succeeded()
            await self._backlog.finish(claim.frame_id for claim in claims)

    async def _send_apart(self, claims: Sequence[Unsent], refusal: ReadsRefused) -> None:
        """A batch is stored whole or not at all: one read that matching does not take must not hold up the others."""
        if len(claims) > 1:
            for claim in claims:
                await self._send([claim])
            return
        self._pace.failed()
        log.error("send.refused", frame_id=str(claims[0].frame_id), words=refusal.words, attempts=claims[0].attempts)
        await self._postpone(claims)

    async def _postpone(self, claims: Sequence[Unsent]) -> None:
        await self._backlog.postpone(
            [Postponement(claim.frame_id, claim.attempts, pace.delay(claim.attempts)) for claim in claims]
        )
