"""The door for frames: what is acknowledged here is never lost.

A frame is acknowledged only after its bytes are in the object store and its row is committed, in this order. A process that
dies on the way has acknowledged nothing, and the camera sends again:
* before the put: nothing was kept;
* between put and commit: an object without a row stays behind, unreadable (its key died with the process), to be swept;
* between commit and acknowledgement: the row answers the camera's second attempt, with the same frame id.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.common import ids, raster
from services.common.picture import PictureTooLarge
from services.ingest import metrics
from services.ingest.errors import CameraClockWrong, CameraUnknown, SequenceReused, ZoneForeign
from services.ingest.evidence import Evidence
from services.ingest.frame import Acknowledgement, Capture, Frame, Holder, Picture, Submission
from services.ingest.gate import Gate
from services.ingest.pictures import Pictures
from services.ingest.store import Arrival, Store
from services.ingest.waiting_room import WaitingRoom


@dataclass(frozen=True, slots=True)
class ClockLimits:
    """What the capture time may be, seen from the database's clock.

    ahead: further in the future, the camera's clock is wrong; live: older, the frame is a backfill whatever the camera says;
    oldest: older, the frame is refused: it would outlive its retention on arrival.
    """

    ahead: timedelta = timedelta(seconds=5)
    live: timedelta = timedelta(seconds=60)
    oldest: timedelta = timedelta(days=366)


class Intake:
    """Takes frames. `arrived` is called after each new one is durable."""

    def __init__(
        self,
        store: Store,
        evidence: Evidence,
        pictures: Pictures,
        *,
        gate: Gate,
        room: WaitingRoom,
        clock_limits: ClockLimits,
        arrived: Callable[[], None],
        picture_bytes: int = raster.MAX_BYTES,
    ) -> None:
        self._store, self._evidence, self._pictures = store, evidence, pictures
        self._gate, self._room, self._clock_limits, self._arrived = gate, room, clock_limits, arrived
        self._picture_bytes = picture_bytes

    async def take(self, submission: Submission, zone: str) -> Acknowledgement:
        """Makes one frame durable; `zone` is the caller's, empty for any. The same frame again gets the same id.

        Raises PictureTooLarge, PictureUnreadable, CameraUnknown, ZoneForeign, CameraClockWrong, SequenceReused, Overloaded,
        StoreUnavailable or ClockOff; then nothing was kept.
        """
        size_bytes = len(submission.picture)
        if size_bytes > self._picture_bytes:
            raise PictureTooLarge(f"the picture has more than {self._picture_bytes} bytes")
        began = time.monotonic()
        with self._gate.admit(submission.capture.camera_id, size_bytes):
            taken = await self._take(submission, zone)
        metrics.acknowledged(size_bytes, time.monotonic() - began, again=taken.duplicate)
        return taken

    async def _take(self, submission: Submission, zone: str) -> Acknowledgement:
        capture = submission.capture
        arrival = await self._store.arrival(capture.camera_id, capture.sequence)
        verify_camera(arrival, zone)
        backfill = verify_clock(arrival.now, capture, self._clock_limits) or submission.backfill
        sha256 = hashlib.sha256(submission.picture).digest()
        if arrival.holder is not None:
            return acknowledge_again(arrival.holder, sha256)  # there may be no room, but this frame has its place
        with self._room.place(backfill=backfill):
            return await self._keep(submission, arrival, sha256, backfill=backfill)

    async def _keep(
        self, submission: Submission, arrival: Arrival, sha256: bytes, *, backfill: bool
    ) -> Acknowledgement:
        capture = submission.capture
        header = await self._pictures.verify(submission.picture)
        frame_id = ids.uuid7()
        frame = Frame(
            frame_id=frame_id,
            zone=arrival.zone,
            capture=capture,
            backfill=backfill,
            received_at=arrival.now,
            picture=Picture(sha256, len(submission.picture), header.media_type, header.width_px, header.height_px),
            deposit=await self._evidence.put(frame_id, arrival.zone, capture, submission.picture, sha256),
        )
        holder = await self._store.add(frame)
        if holder.frame_id != frame_id:  # another submission of this sequence was faster
            return acknowledge_again(holder, sha256)
        self._arrived()
        return Acknowledgement(frame_id, sha256, duplicate=False)


def verify_camera(arrival: Arrival, zone: str) -> None:
    """Raises CameraUnknown or ZoneForeign."""
    if not arrival.registered:
        raise CameraUnknown("the camera is not registered, or is disabled")
    if zone and zone != arrival.zone:
        raise ZoneForeign("the camera belongs to another zone")


def verify_clock(now: datetime, capture: Capture, limits: ClockLimits) -> bool:
    """Whether the frame is too old to be live. Raises CameraClockWrong."""
    age = now - capture.captured_at
    if age < -limits.ahead:
        raise CameraClockWrong("the capture time lies in the future", offset_ms=-age // timedelta(milliseconds=1))
    if age > limits.oldest:
        raise CameraClockWrong("the capture time lies further back than anything is kept", offset_days=-age.days)
    return age > limits.live


def acknowledge_again(holder: Holder, sha256: bytes) -> Acknowledgement:
    """The answer when a sequence is held already. Raises SequenceReused when it is held by other bytes."""
    if holder.sha256 != sha256:
        raise SequenceReused("the camera used this sequence for another picture")
    return Acknowledgement(holder.frame_id, sha256, duplicate=True)
