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
from pathlib import Path

from PIL import Image

from bench import cpu, peer
from bench.measure import Side, Tally, interleaved, per_second
from bench.row import AtLeast, Ratio, Row, Series, series
from bench.stand import Stand
from services.recognition import environment
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
        others = itertools.cycle(stand.frames)

        async def read_by_peer() -> None:
            await rapidocr.ask(next(others))

        ours, both, theirs = await interleaved(
            (
                Side(OURS, _round(one, stand.frames, at_once=1), tuple(one.worker_pids)),
                Side(TWO, _round(two, stand.frames, at_once=4), tuple(two.worker_pids)),
                Side(PEER, _round_of_peer(read_by_peer), (rapidocr.pid,)),
            ),
            rounds=ROUNDS,
        )
    mine, theirs_too = series(OURS, ours), series(PEER, theirs)
    note = "1280x720 JPEGs of simulated streets in, plates out: pipe, formats and the service's own share included"
    return [
        Row(WHAT, "frames/s", mine, theirs_too, target=Ratio(25), note=note),
        Row("the same, by itself", "frames/s", mine, theirs_too, target=AtLeast(60, "/s")),
        Row(
            "recognition, two processes", "frames/s", series(TWO, both), series("one process", ours), target=Ratio(1.8)
        ),
    ]


async def _warm(*pools: Pool) -> None:
    for pool in pools:
        await pool.wait_warm()
        while pool.warm_workers < pool.sizes.workers:  # noqa: ASYNC110 - a pool has no event for all of them
            await asyncio.sleep(0.05)


def _round(pool: Pool, frames: Sequence[bytes], *, at_once: int) -> Callable[[], Awaitable[Tally]]:
    recognizer = Recognizer(pool)

    async def run() -> Tally:
        pictures = itertools.islice(itertools.cycle(frames), FRAMES)

        async def lane() -> None:
            for picture in pictures:
                await recognizer.recognise(picture)

        began = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(at_once)))
        return per_second(FRAMES, began)

    return run


def _round_of_peer(read: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[Tally]]:
    async def run() -> Tally:
        began = time.perf_counter()
        for _ in range(OF_PEER):
            await read()
        return per_second(OF_PEER, began)

    return run


async def _steps(frames: Sequence[bytes]) -> list[Row]:
    """What the steps cost, each beside the dearer way to go about it."""
    command = WorkerCommand((sys.executable, "-P", "-m", "bench.stages", str(ROUNDS)))
    told = await _ask(command, frames)
    line_ms, second_mib = await _second_reader()

    def of(name: str, who: str) -> Series:
        return Series(who, tuple(told[name]), tuple(1e3 * ms for ms in told[name]))

    second = Series("PP-OCRv6's reader, a line", line_ms, tuple(1e3 * ms for ms in line_ms))
    memory = f"a worker held {told['memory'][0]:.0f} MiB after all this, the second reader {second_mib:.0f} MiB"
    small, whole = of("small", "at half its size"), of("whole", "in full")
    unit, less = "ms CPU", True
    return [
        Row("decode 1280x720 for the detector", unit, small, whole, less),
        Row("find plates in it", unit, of("detect", "detector"), replace(whole, name="decode in full"), less),
        Row("read a plate", unit, of("read", "our reader"), second, less, note=memory),
    ]


async def _ask(command: WorkerCommand, frames: Sequence[bytes]) -> dict[str, list[float]]:
    child = await asyncio.create_subprocess_exec(
        *command.arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=command.full_environment(),
    )
    said, _ = await child.communicate(b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames))
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
            before = cpu.spent_s((worker.pid,)) - time.process_time()
            await read()
            spent.append((cpu.spent_s((worker.pid,)) - time.process_time() - before) * 1e3 / LINES_A_ROUND)
        return tuple(spent), _held_mib(worker.pid)
    finally:
        await worker.kill()


def _held_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
