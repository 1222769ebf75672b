"""Frames that wait for their answer. What is not answered is sent again, with the same sequence and the same bytes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from services.simulator.frame import Frame
from services.simulator.report import Outcome

Key = tuple[str, int]
Clock = Callable[[], float]


@dataclass(slots=True)
class _Held:
    """A frame without a final answer. not_before: on the clock of the outbox."""

    frame: Frame
    attempts: int = 0
    not_before: float = 0.0


class Outbox:
    """At most `room` frames at once. `ended` is told of each frame's end."""

    def __init__(self, room: int, ended: Callable[[Frame, Outcome], None], clock: Clock = time.monotonic) -> None:
        self._room, self._ended, self._clock = asyncio.Semaphore(room), ended, clock
        self._held: dict[Key, _Held] = {}
        self._queue: asyncio.Queue[Key] = asyncio.Queue()
        self._closed = False
        self.empty_for_good = asyncio.Event()
        # When a frame last found its end, or the outbox was last empty.
        self.progress_at = clock()

    def __len__(self) -> int:
        return len(self._held)

    async def put(self, frame: Frame) -> None:
        """Adds a frame; waits while there is no room."""
        await self._room.acquire()
        key = (frame.camera_id, frame.sequence)
        if not self._held:
            self.progress_at = self._clock()
        self._held[key] = _Held(frame)
        self._queue.put_nowait(key)

    def close(self) -> None:
        """Says that no more frames will come."""
        self._closed = True
        self._check()

    async def take(self) -> Frame:
        """The next frame to send; waits for one. It stays held until it is answered."""
        while True:
            key = await self._queue.get()
            held = self._held.get(key)
            if held is not None:
                held.attempts += 1
                return held.frame

    def again(self) -> None:
        """Queues everything that is held once more, the oldest first: the stream broke and its answers are lost."""
        self._queue = asyncio.Queue()
        for key, held in self._held.items():
            self._enqueue(key, held.not_before - self._clock())

    def postpone(self, key: Key, delay_s: float) -> None:
        """Queues one frame again after a delay, since ingest asked for that."""
        held = self._held.get(key)
        if held is not None:
            held.not_before = self._clock() + delay_s
            self._enqueue(key, delay_s)

    def acknowledge(self, key: Key, frame_id: str, *, duplicate: bool) -> None:
        """Ends a frame: it is durable. A second answer for it changes nothing."""
        self._end(key, frame_id=frame_id, duplicate=duplicate)

    def refuse(self, key: Key, reason: str) -> None:
        """Ends a frame: it will not be taken."""
        self._end(key, reason=reason)

    def give_up(self) -> None:
        """Ends everything that is held, as unanswered."""
        for key in list(self._held):
            self._end(key)

    def _end(self, key: Key, *, frame_id: str = "", duplicate: bool = False, reason: str = "") -> None:
        held = self._held.pop(key, None)
        if held is None:
            return
        self.progress_at = self._clock()
        self._room.release()
        self._ended(held.frame, Outcome(*key, held.attempts, frame_id, duplicate, reason))
        self._check()

    def _enqueue(self, key: Key, delay_s: float) -> None:
        if delay_s <= 0:
            self._queue.put_nowait(key)
        else:
            asyncio.get_running_loop().call_later(delay_s, self._queue.put_nowait, key)

    def _check(self) -> None:
        if self._closed and not self._held:
            self.empty_for_good.set()
