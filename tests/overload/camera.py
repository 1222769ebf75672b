"""A camera that takes frames whether or not anybody has room for them, and keeps what was not taken from it."""

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import ingest_pb2, ingest_pb2_grpc

from services.common.caller import Caller
from tests.overload import pictures
from tests.overload.pictures import Picture
from tests.overload.tally import Tally

EDGE = Caller(system="overload", roles=frozenset({"edge"})).metadata()
WINDOW = 8  # frames without a final answer
KEPT = 5000  # frames that a camera keeps for later
LIVE_S = 60.0
RECONNECT_S = 0.5
LAST_ANSWERS_S = 30.0

Acknowledged = Callable[[str, int, str], None]


@dataclass(slots=True)
class Shot:
    """A frame that was taken. sent_at: of the last attempt."""

    sequence: int
    captured_at: float
    sent_at: float = 0.0


class Camera:
    """One camera with one stream. `acknowledged` is told of each frame that was taken from it."""

    def __init__(
        self, name: str, number: int, drawn: Sequence[Picture], tally: Tally, acknowledged: Acknowledged
    ) -> None:
        self._name, self._number, self._drawn = name, number, drawn
        self._tally, self._acknowledged = tally, acknowledged
        self._kept: deque[Shot] = deque()
        self._open: dict[int, Shot] = {}
        self._later: list[tuple[float, int]] = []  # when to send which sequence again
        self._woken, self._is_over = asyncio.Event(), False

    async def run(
        self, stub: "ingest_pb2_grpc.IngestServiceAsyncStub", *, rate: float, seconds: float, offset_s: float
    ) -> None:
        """Takes `rate` frames a second for so long; then sends no new ones and waits for the answers to what it sent."""
        streaming = asyncio.create_task(self._stream(stub))
        await self._shoot(rate, seconds, offset_s)
        self._is_over = True
        self._forget()
        self._woken.set()
        await asyncio.wait({streaming}, timeout=LAST_ANSWERS_S)
        self._tally.unanswered += len(self._open)
        streaming.cancel()
        await asyncio.wait({streaming})
        if not streaming.cancelled():
            streaming.result()

    async def _shoot(self, rate: float, seconds: float, offset_s: float) -> None:
        began = time.monotonic()
        sequence = 0
        while (due_s := offset_s + sequence / rate) < seconds:
            await asyncio.sleep(max(0.0, began + due_s - time.monotonic()))
            sequence += 1
            self._tally.taken += 1
            self._kept.append(Shot(sequence, time.time()))
            if len(self._kept) > KEPT:
                self._kept.popleft()
                self._tally.dropped += 1
            self._woken.set()
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))

    def _forget(self) -> None:
        """At the end: what is kept, and what was refused and waits for its time, is not sent any more."""
        refused = {sequence for _, sequence in self._later}
        for sequence in refused:
            del self._open[sequence]
        self._tally.left += len(self._kept) + len(refused)
        self._kept.clear()
        self._later.clear()

    async def _stream(self, stub: "ingest_pb2_grpc.IngestServiceAsyncStub") -> None:
        while self._open or not self._is_over:
            call = stub.StreamFrames(metadata=EDGE)
            writing = asyncio.create_task(self._write(call))
            try:
                await self._read(call)
            except grpc.aio.AioRpcError as broken:
                self._tally.broken[broken.code().name] += 1
            finally:
                call.cancel()
                writing.cancel()
                await asyncio.wait({writing})
            waiting = {sequence for _, sequence in self._later}
            for sequence in self._open.keys() - waiting:  # their answers are lost
                heapq.heappush(self._later, (0.0, sequence))
            if self._open or not self._is_over:
                await asyncio.sleep(RECONNECT_S)

    async def _write(
        self, call: "grpc.aio.StreamStreamCall[ingest_pb2.StreamFramesRequest, ingest_pb2.StreamFramesResponse]"
    ) -> None:
        while (shot := await self._next()) is not None:
            shot.sent_at = time.monotonic()
            self._tally.attempts += 1
            await call.write(self._encode(shot))
        await call.done_writing()

    async def _next(self) -> Shot | None:
        """The next frame to send, None when there will be none."""
        while True:
            now = time.monotonic()
            self._woken.clear()
            if self._later and self._later[0][0] <= now:
                return self._open[heapq.heappop(self._later)[1]]
            if self._kept and len(self._open) < WINDOW:
                shot = self._kept.popleft()
                self._open[shot.sequence] = shot
                return shot
            if self._is_over and not self._later:
                return None
            try:
                async with asyncio.timeout(self._later[0][0] - now if self._later else None):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _read(
        self, call: "grpc.aio.StreamStreamCall[ingest_pb2.StreamFramesRequest, ingest_pb2.StreamFramesResponse]"
    ) -> None:
        async for answer in call:
            shot = self._open.get(answer.sequence)
            if shot is None:
                continue
            if answer.WhichOneof("outcome") == "acknowledged":
                self._tally.acknowledged += 1
                self._tally.duplicates += answer.acknowledged.duplicate
                self._tally.latencies_ms.append(round(1000 * (time.monotonic() - shot.sent_at), 1))
                del self._open[answer.sequence]
                self._acknowledged(self._name, answer.sequence, answer.acknowledged.frame_id)
            else:
                self._refused(shot, answer.refused)
            self._woken.set()

    def _refused(self, shot: Shot, refusal: ingest_pb2.FrameRefusal) -> None:
        self._tally.refused[f"{refusal.reason}: {refusal.message}"] += 1
        if not refusal.HasField("retry_delay"):
            self._tally.undelayed += 1
        if self._is_over:
            del self._open[shot.sequence]
            self._tally.left += 1
            return
        heapq.heappush(
            self._later, (time.monotonic() + refusal.retry_delay.ToTimedelta().total_seconds(), shot.sequence)
        )

    def _encode(self, shot: Shot) -> ingest_pb2.StreamFramesRequest:
        captured = plate_pb2.CaptureTime()
        captured.time.FromDatetime(datetime.fromtimestamp(shot.captured_at, UTC))
        captured.uncertainty.FromMilliseconds(50)
        return ingest_pb2.StreamFramesRequest(
            frame=ingest_pb2.SubmitFrameRequest(
                capture=plate_pb2.Capture(
                    camera_id=self._name,
                    sequence=shot.sequence,
                    captured=captured,
                    direction=plate_pb2.DIRECTION_APPROACHING,
                ),
                picture=pictures.of(self._number, shot.sequence, self._drawn).jpeg,
                backfill=time.time() - shot.captured_at > LIVE_S,
            )
        )
