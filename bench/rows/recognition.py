"""Our engine of today in its worker process, against rapidocr on whole frames: the same pictures, one thread each."""

import itertools
import time
from collections.abc import Awaitable, Callable

from bench import peer
from bench.measure import Side, Tally, interleaved, per_second
from bench.row import Ratio, Row, series
from bench.stand import Stand
from services.recognition import environment
from services.recognition.pipe import Answer
from services.recognition.reading import Seen
from services.recognition.worker_process import WorkerProcess

FRAMES, ROUNDS = 4, 4
OURS, PEER = "our engine (PaddleOCR)", "rapidocr 3.10.0, whole frame"
WHAT = "recognition, one thread"


async def bench(stand: Stand) -> list[Row]:
    """Needs no service: the worker is started here, as recognition starts it."""
    await stand.only()
    async with peer.running("whole_frame_reader") as rapidocr:
        worker = await WorkerProcess.start(environment.worker_command("paddleocr"), timeout_s=120)
        try:
            pictures = itertools.cycle(stand.frames)

            async def read() -> None:
                _verify(await worker.ask(next(pictures), timeout_s=30))

            others = itertools.cycle(stand.frames)

            async def read_by_peer() -> None:
                await rapidocr.ask(next(others))

            sides = (Side(OURS, _round(read), (worker.pid,)), Side(PEER, _round(read_by_peer), (rapidocr.pid,)))
            ours, theirs = await interleaved(sides, rounds=ROUNDS)
        finally:
            await worker.kill()
    note = "1280x720 JPEGs; the 25 times and 60 frames/s of design.md are for our own models, which come with the next issue"
    return [Row(WHAT, "frames/s", series(OURS, ours), series(PEER, theirs), target=Ratio(25), note=note)]


def _round(read: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[Tally]]:
    async def run() -> Tally:
        began = time.perf_counter()
        for _ in range(FRAMES):
            await read()
        return per_second(FRAMES, began)

    return run


def _verify(answer: Answer) -> None:
    if not isinstance(answer, Seen):
        raise TypeError("the engine did not read the frame")
