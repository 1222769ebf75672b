"""Our networks in their worker processes, against rapidocr on whole frames: the same pictures, one thread each."""

import asyncio
import io
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from PIL import Image

from bench import peer
from bench.measure import Side, Tally, interleaved, per_second
from bench.row import Bound, Ratio, Row, Series, series
from bench.stand import Stand
from services.local import kernel
from services.recognition import environment, pipe
from services.recognition.environment import LINES
from services.recognition.pool import Pool, PoolSizes, running
from services.recognition.recognizer import Recognizer
from services.recognition.worker_process import WorkerCommand, WorkerProcess

FRAMES, ROUNDS, OF_PEER, LINES_A_ROUND = 48, 4, 4, 10
OURS, TWO, PEER = "our networks", "two processes, two cores", "rapidocr 3.10.0, whole frame"
WHAT = "recognition, one process"


async def bench(stand: Stand) -> list[Row]:
    """Needs no service: the workers are started here, as recognition starts them."""
    await stand.only()
    rows = await _frames(stand)
    return [*rows, *await _steps(stand.frames)]


async def _frames(stand: Stand) -> list[Row]:
    """Pictures in, plates out."""
    async with AsyncExitStack() as stack:
        command = environment.worker_command()
        one = await stack.enter_async_context(running(command, PoolSizes()))
        two = await stack.enter_async_context(running(command, PoolSizes(workers=2, waiting=FRAMES)))
        rapidocr = await stack.enter_async_context(peer.running("whole_frame_reader"))
        await _warm(one, two)
        ours, both, theirs = await interleaved(
            (
                Side(OURS, _round(Recognizer(one).recognise, stand.frames), tuple(one.worker_pids)),
                Side(TWO, _round(Recognizer(two).recognise, stand.frames, at_once=4), tuple(two.worker_pids)),
                Side(PEER, _round(rapidocr.ask, stand.frames, count=OF_PEER), (rapidocr.pid,)),
            ),
            rounds=ROUNDS,
        )
    mine, theirs_too = series(OURS, ours), series(PEER, theirs)
    note = "1280x720 JPEGs of simulated streets in, plates out: pipe, formats and the service's own share included"
    return [
        Row(WHAT, "frames/s", mine, theirs_too, target=Ratio(25), note=note),
        Row("the same, by itself", "frames/s", mine, theirs_too, target=Bound(">=", 60, "/s")),
        Row(
            "recognition, two processes", "frames/s", series(TWO, both), series("one process", ours), target=Ratio(1.8)
        ),
    ]


async def _warm(*pools: Pool) -> None:
    for pool in pools:
        await pool.wait_warm()
        while pool.warm_workers < pool.sizes.workers:  # noqa: ASYNC110 - a pool has no event for all of them
            await asyncio.sleep(0.05)


def _round(
    read: Callable[[bytes], Awaitable[object]], frames: Sequence[bytes], *, count: int = FRAMES, at_once: int = 1
) -> Callable[[], Awaitable[Tally]]:
    """So many pictures a round, where the one before left off."""
    others = itertools.cycle(frames)

    async def run() -> Tally:
        pictures = itertools.islice(others, count)

        async def lane() -> None:
            for picture in pictures:
                await read(picture)

        began = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(at_once)))
        return per_second(count, began)

    return run


async def _steps(frames: Sequence[bytes]) -> list[Row]:
    """What the steps cost, each beside the dearer way to go about it."""
    command = WorkerCommand((sys.executable, "-P", "-m", "bench.stages", str(ROUNDS)))
    told = await _ask(command, frames)
    line_ms, second_mib = await _second_reader()

    def of(milliseconds: Sequence[float], who: str) -> Series:
        return Series(who, tuple(milliseconds), tuple(1e3 * ms for ms in milliseconds))

    memory = f"a worker held {told['memory'][0]:.0f} MiB after all this, the second reader {second_mib:.0f} MiB"
    decode, pillow = of(told["decode"], "as the product does it"), of(told["pillow"], "Pillow, in full")
    detect, read = of(told["detect"], "detector"), of(told["read"], "our reader")
    unit, less = "ms CPU", True
    return [
        Row("decode 1280x720 for the detector", unit, decode, pillow, less),
        Row("find plates in it", unit, detect, replace(decode, name="decode it"), less),
        Row("read a plate", unit, read, of(line_ms, "PP-OCRv6's reader, a line"), less, note=memory),
    ]


async def _ask(command: WorkerCommand, frames: Sequence[bytes]) -> dict[str, list[float]]:
    child = await asyncio.create_subprocess_exec(
        *command.arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=command.full_environment(),
    )
    said, _ = await child.communicate(b"".join(map(pipe.frame, frames)))
    told: dict[str, list[float]] = json.loads(said)
    return told


async def _second_reader() -> tuple[tuple[float, ...], float]:
    """Milliseconds of CPU a line, of each round, and the memory of its process in MiB. Raises EngineMissing without Paddle."""
    strip = io.BytesIO()
    Image.effect_noise((220, 48), 60).convert("RGB").save(strip, "PNG")
    worker = await WorkerProcess.start(environment.worker_command(LINES), timeout_s=180)
    try:

        async def read() -> None:
            for _ in range(LINES_A_ROUND):
                await worker.ask(strip.getvalue(), timeout_s=30)

        await read()
        spent = []
        for _ in range(ROUNDS):
            before_s = kernel.entry(worker.pid).cpu_s
            await read()
            spent.append((kernel.entry(worker.pid).cpu_s - before_s) * 1e3 / LINES_A_ROUND)
        return tuple(spent), kernel.entry(worker.pid).rss_bytes / (1 << 20)
    finally:
        await worker.kill()
