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
from services.recognition.lane import Lane, Relieved
from services.recognition.reading import Seen
from services.recognition.worker_process import WorkerCommand, WorkerGone, WorkerProcess

log = structlog.get_logger()
AGAIN, FRESH = 0, 1


@dataclass(frozen=True, slots=True)
class PoolSizes:
    """How many workers, how many pictures may wait for one, and how long a picture and a start may take.

    on_demand: no worker is started before the first picture comes.
    """

    workers: int = 1
    waiting: int = 8
    picture_timeout_s: float = 7.0
    start_timeout_s: float = 180.0
    longest_pause_s: float = 10.0
    on_demand: bool = False

    def __post_init__(self) -> None:
        if self.workers < 1 or self.waiting < 1:
            raise ValueError("a pool has at least one worker and one place to wait")


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """A picture on its way. Ordered by urgency, then age."""

    urgency: int
    number: int
    picture: bytes = field(compare=False, repr=False)
    outcome: "asyncio.Future[Read]" = field(compare=False)


@dataclass(frozen=True, slots=True)
class Read:
    """What an engine saw in a picture, and which one it was."""

    seen: Seen
    engine: EngineIdentity


class Pool:
    """Made by `running`, which starts the workers behind it; they warm up on their own."""

    def __init__(
        self, command: WorkerCommand, sizes: PoolSizes, measured: metrics.PoolMetrics = metrics.FIRST_READERS
    ) -> None:
        self.sizes = sizes
        self.lanes = tuple(Lane() for _ in range(sizes.workers))
        self._measured = measured
        self._command = command
        self._replacing = asyncio.Lock()
        self._queue: asyncio.PriorityQueue[Job] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._open: set[asyncio.Future[Read]] = set()
        self._identity: EngineIdentity | None = None
        self._workers: set[WorkerProcess] = set()
        self._failed_starts = 0
        self._start_tried = asyncio.Event()
        self._wanted = asyncio.Event()
        if not sizes.on_demand:
            self._wanted.set()
        self._start_problem = ""
        self._is_closing = False

    async def read(self, picture: bytes) -> Read:
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
        outcome: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
        self._open.add(outcome)
        outcome.add_done_callback(self._open.discard)
        self._queue.put_nowait(Job(FRESH, next(self._numbers), picture, outcome))
        self._wanted.set()
        self._measured.waiting.set(self._queue.qsize())
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

    @property
    def identities(self) -> tuple[EngineIdentity, ...]:
        """The engine of the last worker that came up, then others at work, as while workers are replaced. Raises EngineCold."""
        return tuple(dict.fromkeys((self.identity, *(worker.identity for worker in self._alive()))))

    async def replace(self, command: WorkerCommand) -> None:
        """Has workers of this command take over, one after the other, each warm before the one it relieves goes.

        No picture is lost: a worker that is relieved finishes its own first. When the first of the new ones does not come up
        nothing has changed: raises WorkerGone, or OSError. Another one that does not is started again like one that died.
        """
        async with self._replacing:
            first, *others = self.lanes
            await self._relieve(
                first, await WorkerProcess.start(command, timeout_s=self.sizes.start_timeout_s), command
            )
            for lane in others:
                if self._is_closing:
                    return
                try:
                    worker = await WorkerProcess.start(command, timeout_s=self.sizes.start_timeout_s)
                except (WorkerGone, OSError) as cause:
                    log.warning("worker.start_failed", cause=str(cause))
                    await lane.hand_over(None)
                else:
                    await self._relieve(lane, worker, command)

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

    async def run_lane(self, lane: Lane) -> NoReturn:
        """One worker after the other, for ever."""
        await self._wanted.wait()
        while True:
            worker = lane.take() or await self._start(lane)
            # Again for one that took over: another of the command before may have come up meanwhile.
            self._identity = worker.identity
            try:
                while True:
                    await self._serve(worker, await self._next(worker, lane))
            except Relieved:
                log.info("worker.relieved", engine=worker.identity.version)
            except WorkerGone as cause:
                self._measured.lost.labels("at work").inc()
                log.warning("worker.gone", cause=str(cause), exit_status=worker.exit_status, tail=worker.last_words())
            finally:
                self._workers.discard(worker)
                self._measured.warm.set(len(self._workers))
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

    def _admit(self, worker: WorkerProcess) -> None:
        """Counts a warm worker among those there are."""
        self._failed_starts, self._start_problem = 0, ""
        self._identity = worker.identity
        self._workers.add(worker)
        self._measured.warm.set(len(self._workers))
        self._start_tried.set()

    async def _relieve(self, lane: Lane, worker: WorkerProcess, command: WorkerCommand) -> None:
        """Has a warm worker of this command take a lane over."""
        if self._is_closing:
            await worker.kill()
            return
        self._command = command
        self._admit(worker)
        await lane.hand_over(worker)

    async def _start(self, lane: Lane) -> WorkerProcess:
        pause_s = 0.1
        while True:
            if taken := lane.take():
                return taken
            try:
                worker = await WorkerProcess.start(self._command, timeout_s=self.sizes.start_timeout_s)
            except (WorkerGone, OSError) as cause:
                self._failed_starts += 1
                self._start_problem = str(cause)
                self._start_tried.set()
                self._measured.lost.labels("starting").inc()
                log.warning("worker.start_failed", cause=str(cause), failed_starts=self._failed_starts)
                self._refuse_waiting()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self.sizes.longest_pause_s)
                continue
            self._admit(worker)
            log.info("worker.warm", engine=worker.identity.name, warm_workers=len(self._workers))
            return worker

    def _refuse_waiting(self) -> None:
        """Without any worker, those who wait are told at once."""
        while not self._workers and not self._queue.empty():
            job = self._queue.get_nowait()
            if not job.outcome.done():
                job.outcome.set_exception(EngineCold("no recognition worker can be started"))

    async def _next(self, worker: WorkerProcess, lane: Lane) -> Job:
        getting, relief = asyncio.create_task(self._queue.get()), asyncio.create_task(lane.relief.wait())
        try:
            await asyncio.wait({getting, relief, worker.exited}, return_when=asyncio.FIRST_COMPLETED)
            if not worker.exited.done() and not relief.done():
                return getting.result()
            if getting.done():
                self._queue.put_nowait(getting.result())
            if relief.done():
                raise Relieved
            raise WorkerGone("it died while idle")
        finally:
            getting.cancel()
            relief.cancel()

    async def _serve(self, worker: WorkerProcess, job: Job) -> None:
        self._measured.waiting.set(self._queue.qsize())
        if job.outcome.done():
            return
        try:
            with self._measured.seconds.time():
                answer = await worker.ask(job.picture, timeout_s=self.sizes.picture_timeout_s)
        except WorkerGone:
            self._try_again(job)
            raise
        if not job.outcome.done():
            _settle(job.outcome, answer, worker.identity)

    def _try_again(self, job: Job) -> None:
        if job.outcome.done():
            return
        if job.urgency == AGAIN:
            job.outcome.set_exception(EngineFailed("two recognition workers died or hung on this picture"))
        else:
            self._queue.put_nowait(replace(job, urgency=AGAIN))


@asynccontextmanager
async def running(
    command: WorkerCommand,
    sizes: PoolSizes,
    *,
    drain_s: float = 0.0,
    measured: metrics.PoolMetrics = metrics.FIRST_READERS,
) -> AsyncIterator[Pool]:
    """A pool whose workers start now; at the end pictures on their way get `drain_s`, then the workers are killed."""
    pool = Pool(command, sizes, measured)
    lanes = [asyncio.create_task(pool.run_lane(lane)) for lane in pool.lanes]
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
        await asyncio.gather(*(worker.kill() for lane in pool.lanes if (worker := lane.take())))


def _settle(outcome: "asyncio.Future[Read]", answer: pipe.Answer, engine: EngineIdentity) -> None:
    match answer:
        case Seen():
            outcome.set_result(Read(answer, engine))
        case pipe.Rejected(words, is_too_large):
            outcome.set_exception(PictureTooLarge(words) if is_too_large else PictureUnreadable(words))
        case pipe.Failed(words):
            outcome.set_exception(EngineFailed(f"the engine cannot read this picture: {words}"))
        case pipe.Ready():
            outcome.set_exception(EngineFailed("the engine answered out of turn"))
