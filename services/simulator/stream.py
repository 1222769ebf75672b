"""The simulator as a client of ingest: registers cameras, streams frames, and lets no frame fall while ingest is away."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

import grpc
import structlog
from anpr.ingest.v1 import camera_pb2_grpc, ingest_pb2, ingest_pb2_grpc

from services.common import refusals
from services.common.caller import Caller
from services.simulator import wire
from services.simulator.cameras import Camera
from services.simulator.frame import Frame
from services.simulator.outbox import Outbox
from services.simulator.report import Outcome

log = structlog.get_logger()

REGISTRAR = Caller(system="simulator", roles=frozenset({"technician"}))
SENDER = Caller(system="simulator", roles=frozenset({"edge"}))
# With these a second attempt is useless.
_FINAL = {
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INVALID_ARGUMENT,
}
_GOODBYE_S = 5.0
_LISTEN_FIRST_S = 0.05
_Stream = grpc.aio.StreamStreamCall[ingest_pb2.StreamFramesRequest, ingest_pb2.StreamFramesResponse]


@dataclass(frozen=True, slots=True)
class Limits:
    """How the sender behaves.

    in_flight: frames without an answer at once; stall_s: silence after which it connects anew; patience_s: time without
    any frame finding its end after which it gives up; live_s: older frames are sent as held back.
    """

    in_flight: int = 8
    stall_s: float = 15.0
    patience_s: float = 120.0
    live_s: float = 60.0


DEFAULT_LIMITS = Limits()


async def register_cameras(channel: grpc.aio.Channel, cameras: Iterable[Camera], *, timeout_s: float = 30.0) -> None:
    """Registers cameras, waiting for ingest to be there. Raises grpc.aio.AioRpcError."""
    register = camera_pb2_grpc.CameraServiceStub(channel).RegisterCamera
    for camera in cameras:
        await register(
            wire.encode_registration(camera), timeout=timeout_s, metadata=REGISTRAR.metadata(), wait_for_ready=True
        )


async def stream_frames(
    channel: grpc.aio.Channel,
    frames: AsyncIterator[Frame],
    ended: Callable[[Frame, Outcome], None],
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Sends all frames and calls `ended` once for each: acknowledged, refused for good, or unanswered.

    A broken stream is opened again and what was not answered is sent again. Raises grpc.aio.AioRpcError when ingest
    refuses the caller, and what the iterator raises; frames without an answer are reported as unanswered before.
    """
    await _Sender(channel, Outbox(limits.in_flight, ended), limits).send(frames)


class _Sender:
    def __init__(self, channel: grpc.aio.Channel, outbox: Outbox, limits: Limits) -> None:
        self._open = ingest_pb2_grpc.IngestServiceStub(channel).StreamFrames
        self._outbox, self._limits = outbox, limits
        self._failures = 0

    async def send(self, frames: AsyncIterator[Frame]) -> None:
        feeding = asyncio.create_task(self._feed(frames))
        sending = asyncio.create_task(self._keep_streaming())
        try:
            done, _ = await asyncio.wait({feeding, sending}, return_when=asyncio.FIRST_COMPLETED)
            if feeding in done:
                feeding.result()
            await sending
        finally:
            for task in (feeding, sending):
                task.cancel()
            await asyncio.gather(feeding, sending, return_exceptions=True)
            self._outbox.give_up()

    async def _feed(self, frames: AsyncIterator[Frame]) -> None:
        async for frame in frames:
            await self._outbox.put(frame)
        self._outbox.close()

    async def _keep_streaming(self) -> None:
        """Streams until every frame has found its end, or patience is over."""
        while not self._outbox.empty_for_good.is_set():
            self._outbox.again()
            delay_s = 0.0
            try:
                await self._stream_once()
            except grpc.aio.AioRpcError as error:
                if error.code() in _FINAL:
                    raise
                delay_s = refusals.retry_delay_s(error) or 0.0
            if self._is_out_of_patience():
                log.warning("simulator.gave_up", unanswered=len(self._outbox))
                return
            if not self._outbox.empty_for_good.is_set():
                await asyncio.sleep(max(delay_s, self._backoff_s()))

    async def _stream_once(self) -> None:
        """One stream, until it breaks, stalls, or is no longer needed. Raises grpc.aio.AioRpcError."""
        call: _Stream = self._open(metadata=SENDER.metadata())
        writing = asyncio.create_task(self._write(call))
        over = asyncio.create_task(self._outbox.empty_for_good.wait())
        try:
            await self._read(call, over)
        finally:
            call.cancel()
            for task in (writing, over):
                task.cancel()
            await asyncio.gather(writing, over, return_exceptions=True)

    async def _write(self, call: _Stream) -> None:
        # A write that meets the end of its call turns the status into INTERNAL (grpc.aio), which would hide that ingest
        # refuses the caller; a refusal at the door is here before this is over.
        await asyncio.sleep(_LISTEN_FIRST_S)
        while True:
            frame = await self._outbox.take()
            backfill = time.time() - frame.captured_at.timestamp() > self._limits.live_s
            await call.write(wire.encode_frame(frame, backfill=backfill))

    async def _read(self, call: _Stream, over: asyncio.Task[bool]) -> None:
        heard_at = time.monotonic()
        while True:
            reading = asyncio.ensure_future(call.read())
            while not reading.done():
                await asyncio.wait({reading, over}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                if over.done():
                    await call.done_writing()
                    await asyncio.wait({reading}, timeout=_GOODBYE_S)
                if over.done() or self._is_stalled(heard_at):
                    await _abandon(reading)
                    return
            answer = reading.result()
            if not isinstance(answer, ingest_pb2.StreamFramesResponse):
                return  # the stream ended in good order
            heard_at = time.monotonic()
            self._failures = 0
            self._answered(answer)
            if self._is_out_of_patience():
                return

    def _is_stalled(self, heard_at: float) -> bool:
        quiet_s = time.monotonic() - max(heard_at, self._outbox.progress_at)
        return len(self._outbox) > 0 and quiet_s > self._limits.stall_s

    def _answered(self, answer: ingest_pb2.StreamFramesResponse) -> None:
        key = (answer.camera_id, answer.sequence)
        if answer.WhichOneof("outcome") == "acknowledged":
            acknowledged = answer.acknowledged
            self._outbox.acknowledge(key, acknowledged.frame_id, duplicate=acknowledged.duplicate)
        elif answer.refused.HasField("retry_delay"):
            self._outbox.postpone(key, answer.refused.retry_delay.ToTimedelta().total_seconds())
        else:
            self._outbox.refuse(key, answer.refused.reason or "ERROR_REASON_UNSPECIFIED")

    def _is_out_of_patience(self) -> bool:
        return len(self._outbox) > 0 and time.monotonic() - self._outbox.progress_at > self._limits.patience_s

    def _backoff_s(self) -> float:
        """Longer after each failure in a row, up to two seconds, and never exactly the same."""
        self._failures += 1
        return min(2.0, 0.1 * 2.0 ** min(self._failures, 6)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


async def _abandon(reading: asyncio.Future[object]) -> None:
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
