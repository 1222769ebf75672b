"""Frames that arrive in a stream: each gets an answer of its own, and a refused one ends nothing."""

from collections.abc import AsyncGenerator, AsyncIterator

import structlog
from anpr.ingest.v1 import ingest_pb2

from services.common.errors import Refusal
from services.ingest import flow, wire
from services.ingest.intake import Intake

log = structlog.get_logger()


class FrameStream:
    """Streams into one intake, each with at most `at_once` frames in hand."""

    def __init__(self, intake: Intake, *, at_once: int = 8) -> None:
        self._intake, self._at_once = intake, at_once

    def answers(
        self, requests: AsyncIterator[ingest_pb2.StreamFramesRequest], zone: str
    ) -> AsyncGenerator[ingest_pb2.StreamFramesResponse, None]:
        """One answer for each frame, in any order. `zone` is the caller's."""

        async def answer(request: ingest_pb2.StreamFramesRequest) -> ingest_pb2.StreamFramesResponse:
            try:
                taken = await self._intake.take(wire.decode_submission(request.frame), zone)
            except Refusal as refusal:
                log.info("frame.refused", reason=refusal.reason)
                return wire.encode_refused(request.frame.capture, refusal)
            return wire.encode_acknowledged(request.frame.capture, taken)

        return flow.answers(requests, answer, at_once=self._at_once)
