"""Worker processes behind one queue: a deadline for every picture, and nothing that one picture can break for the next."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import NoReturn

import structlog

from services.common.errors import Unavailable
from services.common.picture import PictureTooLarge, PictureUnreadable
from services.recognition import metrics, pipe
from services.recognition.engine import EngineIdentity
from services.recognition.errors import EngineBusy, EngineCold, EngineFailed
from services.recognition.reading import Seen
from services.recognition.worker_process import WorkerCommand, WorkerGone, WorkerProcess

log = structlog.get_logger()
AGAIN, FRESH = 0, 1


@dataclass(frozen=True, slots=True)
class PoolSizes:
    """How many workers, how many pictures may wait for one, and how long a picture and a start may take."""

    workers: int = 1
    waiting: int = 8
    picture_timeout_s: float = 7.0
    start_timeout_s: float = 180.0
    longest_pause_s: float = 10.0

    def __post_init__(self) -> None:
        if self.workers < 1 or self.waiting < 1:
            raise ValueError("a pool has at least one worker and one place to wait")


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """A picture on its way. Ordered by urgency, then age."""

    urgency: int
    number: int
    picture: bytes = field(compare=False, repr=False)
    outcome: "asyncio.Future[Seen]" = field(compare=False)


class Pool:
    """Made by `running`, which starts the workers behind it; they warm up on their own."""

    def __init__(self, command: WorkerCommand, sizes: PoolSizes) -> None:
        self.sizes = sizes
        self._command = command
        self._queue: asyncio.PriorityQueue[Job] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._open: set[asyncio.Future[Seen]] = set()
        self._identity: EngineIdentity | None = None
        self._workers: set[WorkerProcess] = set()
        self._failed_starts = 0
        self._start_tried = asyncio.Event()
        self._start_problem = ""
        self._is_closing = False

    async def read(self, picture: bytes) -> Seen:
        """What the engine sees in an encoded picture.

        A picture whose worker dies or hangs is tried once more on another one. Raises EngineBusy when too many wait,
        EngineFailed when the engine cannot cope with it, EngineCold when there is no worker, PictureUnreadable or
        PictureTooLarge for what is no picture.
        """
        if self._is_closing:
            raise Unavailable("recognition is shutting down")
        if not self._workers and self._failed_starts:
            raise EngineCold("no recognition worker can be started")
        if self._queue.qsize() >= self.sizes.waiting:
            raise EngineBusy("all recognition workers are busy", retry_delay_s=0.5)
        outcome: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._open.add(outcome)
        outcome.add_done_callback(self._open.discard)
        self._queue.put_nowait(Job(FRESH, next(self._numbers), picture, outcome))
        metrics.WAITING.set(self._queue.qsize())
        return await outcome

    @property
    def warm_workers(self) -> int:
        """Workers that can take a picture now, or are at one."""
        return len(self._alive())

    @property
    def worker_pids(self) -> frozenset[int]:
        """Process ids of the warm workers."""
        return frozenset(worker.pid for worker in self._alive())

    @property
    def identity(self) -> EngineIdentity:
        """The engine of the last worker that came up. Raises EngineCold before the first one did."""
        if self._identity is None:
            raise EngineCold("no recognition worker is warm yet")
        return self._identity

    async def verify_warm(self) -> None:
        """Raises EngineCold unless a worker is warm."""
        if not self._alive():
            raise EngineCold("no recognition worker is warm")

    async def wait_warm(self) -> None:
        """Returns once a worker is warm. Raises EngineCold when the first start failed."""
        await self._start_tried.wait()
        await self.verify_warm()

    @property
    def start_problem(self) -> str:
        """Why the last start of a worker failed, for people who operate it; empty when it did not."""
        return self._start_problem

    async def drain(self, timeout_s: float) -> None:
        """Takes no more pictures and waits for those on their way."""
        self._is_closing = True
        if self._open:
            await asyncio.wait(set(self._open), timeout=timeout_s)

    async def run_lane(self) -> NoReturn:
        """One worker after the other, for ever."""
        while True:
            worker = await self._start()
            try:
                while True:
                    await self._serve(worker, await self._next(worker))
            except WorkerGone as cause:
                metrics.WORKERS_LOST.labels("at work").inc()
                log.warning("worker.gone", cause=str(cause), exit_status=worker.exit_status, tail=worker.last_words())
            finally:
                self._workers.discard(worker)
                metrics.WARM_WORKERS.set(len(self._workers))
                await worker.kill()

    def lane_ended(self, lane: "asyncio.Task[NoReturn]") -> None:
        """A lane never ends but by being cancelled. Should a fault of ours end one, the pool refuses everything from there on."""
        if not lane.cancelled():
            log.critical("pool.lane_broken", exc_info=lane.exception())
            self.abandon()
            self._workers.clear()

    def abandon(self) -> None:
        """Refuses what is still on its way."""
        self._is_closing = True
        for outcome in list(self._open):
            if not outcome.done():
                outcome.set_exception(Unavailable("recognition is shutting down"))

    def _alive(self) -> list[WorkerProcess]:
        """Workers that are up, without those that died a moment ago and are not replaced yet."""
        return [worker for worker in self._workers if worker.exit_status is None]

    async def _start(self) -> WorkerProcess:
        pause_s = 0.1
        while True:
            try:
                worker = await WorkerProcess.start(self._command, timeout_s=self.sizes.start_timeout_s)
            except (WorkerGone, OSError) as cause:
                self._failed_starts += 1
                self._start_problem = str(cause)
                self._start_tried.set()
                metrics.WORKERS_LOST.labels("starting").inc()
                log.warning("worker.start_failed", cause=str(cause), failed_starts=self._failed_starts)
                self._refuse_waiting()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self.sizes.longest_pause_s)
                continue
            self._failed_starts, self._start_problem = 0, ""
            self._identity = worker.identity
            self._workers.add(worker)
            metrics.WARM_WORKERS.set(len(self._workers))
            self._start_tried.set()
            log.info("worker.warm", engine=worker.identity.name, warm_workers=len(self._workers))
            return worker

    def _refuse_waiting(self) -> None:
        """Without any worker, those who wait are told at once."""
        while not self._workers and not self._queue.empty():
            job = self._queue.get_nowait()
            if not job.outcome.done():
                job.outcome.set_exception(EngineCold("no recognition worker can be started"))

    async def _next(self, worker: WorkerProcess) -> Job:
        getting = asyncio.create_task(self._queue.get())
        try:
            await asyncio.wait({getting, worker.exited}, return_when=asyncio.FIRST_COMPLETED)
            if not worker.exited.done():
                return getting.result()
            if getting.done():
                self._queue.put_nowait(getting.result())
            raise WorkerGone("it died while idle")
        finally:
            getting.cancel()

    async def _serve(self, worker: WorkerProcess, job: Job) -> None:
        metrics.WAITING.set(self._queue.qsize())
        if job.outcome.done():
            return
        try:
            with metrics.PICTURE_SECONDS.time():
                answer = await worker.ask(job.picture, timeout_s=self.sizes.picture_timeout_s)
        except WorkerGone:
            self._try_again(job)
            raise
        if not job.outcome.done():
            _settle(job.outcome, answer)

    def _try_again(self, job: Job) -> None:
        if job.outcome.done():
            return
        if job.urgency == AGAIN:
            job.outcome.set_exception(EngineFailed("two recognition workers died or hung on this picture"))
        else:
            self._queue.put_nowait(replace(job, urgency=AGAIN))


@asynccontextmanager
async def running(command: WorkerCommand, sizes: PoolSizes, *, drain_s: float = 0.0) -> AsyncIterator[Pool]:
    """A pool whose workers start now; at the end pictures on their way get `drain_s`, then the workers are killed."""
    pool = Pool(command, sizes)
    lanes = [asyncio.create_task(pool.run_lane()) for _ in range(sizes.workers)]
    for lane in lanes:
        lane.add_done_callback(pool.lane_ended)
    try:
        yield pool
        await pool.drain(drain_s)
    finally:
        pool.abandon()
        for lane in lanes:
            lane.cancel()
        await asyncio.wait(lanes)


def _settle(outcome: "asyncio.Future[Seen]", answer: pipe.Answer) -> None:
    match answer:
        case Seen():
            outcome.set_result(answer)
        case pipe.Rejected(words, is_too_large):
            outcome.set_exception(PictureTooLarge(words) if is_too_large else PictureUnreadable(words))
        case pipe.Failed(words):
            outcome.set_exception(EngineFailed(f"the engine cannot read this picture: {words}"))
        case pipe.Ready():
            outcome.set_exception(EngineFailed("the engine answered out of turn"))
