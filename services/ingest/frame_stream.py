"""Frames that arrive in a stream: each gets an answer of its own, and a refused one ends nothing."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import structlog
from anpr.ingest.v1 import ingest_pb2

from services.common.caller import Caller
from services.common.errors import Refusal, TooMuch
from services.common.limit import Limit
from services.ingest import flow, metrics, wire
from services.ingest.intake import Intake

log = structlog.get_logger()


class FrameStream:
    """Streams into one intake: at most `streams`, half of those of one system, and each with at most `at_once` frames in hand.

    A stream may hold a whole frame that is still arriving, which no gate has seen yet: that is why they are counted.
    """

    def __init__(self, intake: Intake, *, streams: int = 512, at_once: int = 8) -> None:
        self._intake, self._at_once = intake, at_once
        self._streams = Limit(streams, "too many streams of frames are open")
        self._of_one = Limit(max(1, streams // 2), "too many streams of frames of this system are open")

    async def answers(
        self, requests: AsyncIterator[ingest_pb2.StreamFramesRequest], caller: Caller
    ) -> AsyncGenerator[ingest_pb2.StreamFramesResponse, None]:
        """One answer for each frame, in any order. Raises TooMuch."""

        async def answer(request: ingest_pb2.StreamFramesRequest) -> ingest_pb2.StreamFramesResponse:
            try:
                with metrics.refusals():
                    taken = await self._intake.take(wire.decode_submission(request.frame), caller.zone)
            except Refusal as refusal:
                if not isinstance(refusal, TooMuch):  # these come by the hundred, just when the disk has enough to do
                    log.info("frame.refused", reason=refusal.reason)
                return wire.encode_refused(request.frame.capture, refusal)
            return wire.encode_acknowledged(request.frame.capture, taken)

        with self._of_one.held(caller.system), self._streams.held():
            async with aclosing(flow.answers(requests, answer, at_once=self._at_once)) as answered:
                async for one in answered:
                    yield one
