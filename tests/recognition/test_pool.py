"""Workers die, hang, print and fail, and nobody but the picture at fault notices."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from services.common.errors import Unavailable
from services.common.picture import PictureTooLarge, PictureUnreadable
from services.recognition.errors import EngineBusy, EngineCold, EngineFailed
from services.recognition.pool import Pool, PoolSizes, running
from services.recognition.worker_process import ROOT, WorkerCommand, WorkerGone, WorkerProcess
from tests.recognition import faulty_worker
from tests.recognition.drawing import encoded

GOOD = 10


@pytest.fixture
def command(tmp_path: Path) -> WorkerCommand:
    return WorkerCommand((sys.executable, "-m", "tests.recognition.faulty_worker", str(tmp_path)))


def told(folder: Path, model: str) -> WorkerCommand:
    """A worker that is told this model twice."""
    models = (model.encode(), model.encode())
    return WorkerCommand(
        (sys.executable, "-m", "tests.recognition.faulty_worker", str(folder), "models"), models=models
    )


def picture(width: int) -> bytes:
    return encoded(Image.new("RGB", (width, 8)), "PNG")


async def reader_of(pool: Pool, width: int = GOOD) -> int:
    return int((await pool.read(picture(width))).seen.boxes[0].raw)


async def until(condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    """A zombie that nobody has reaped yet is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_picture_is_read_by_a_worker_and_a_bad_one_is_refused(command: WorkerCommand) -> None:
    async with running(command, PoolSizes()) as pool:
        seen = (await pool.read(picture(GOOD))).seen
        assert (seen.width_px, seen.height_px, len(seen.boxes)) == (GOOD, 8, 1)
        assert pool.identity.name == "faulty"
        with pytest.raises(PictureUnreadable):
            await pool.read(b"text")
        with pytest.raises(PictureTooLarge):
            await pool.read(encoded(Image.new("1", (8000, 6000)), "PNG"))
        assert await reader_of(pool) in pool.worker_pids


async def test_a_library_that_prints_garbles_nothing(command: WorkerCommand) -> None:
    async with running(command, PoolSizes()) as pool:
        assert await reader_of(pool, faulty_worker.PRINTS) == await reader_of(pool)


async def test_an_engine_that_raises_keeps_its_worker(command: WorkerCommand) -> None:
    async with running(command, PoolSizes()) as pool:
        before = await reader_of(pool)
        with pytest.raises(EngineFailed, match="MemoryError"):
            await pool.read(picture(faulty_worker.RAISES))
        assert await reader_of(pool) == before


async def test_a_picture_whose_worker_dies_is_read_by_another(command: WorkerCommand) -> None:
    async with running(command, PoolSizes()) as pool:
        before = await reader_of(pool)
        assert await reader_of(pool, faulty_worker.DIES_ONCE) != before


@pytest.mark.parametrize("width", [faulty_worker.EXITS, faulty_worker.HANGS])
@pytest.mark.parametrize("workers", [1, 2])
async def test_a_picture_that_ends_two_workers_is_refused_and_the_next_one_is_read(
    command: WorkerCommand, width: int, workers: int
) -> None:
    async with running(command, PoolSizes(workers=workers, picture_timeout_s=1.0)) as pool:
        await pool.wait_warm()
        bad, good = await asyncio.gather(pool.read(picture(width)), pool.read(picture(GOOD)), return_exceptions=True)
        assert isinstance(bad, EngineFailed)
        assert not isinstance(good, BaseException)
        await until(lambda: pool.warm_workers == workers)


async def test_an_idle_worker_that_is_killed_is_replaced(command: WorkerCommand) -> None:
    async with running(command, PoolSizes(workers=2)) as pool:
        await until(lambda: pool.warm_workers == 2)
        (victim, *_), before = pool.worker_pids, pool.worker_pids
        os.kill(victim, signal.SIGKILL)
        await until(lambda: pool.warm_workers == 2 and victim not in pool.worker_pids)
        assert len(pool.worker_pids - before) == 1
        await reader_of(pool)


async def test_no_picture_is_lost_while_workers_are_killed(command: WorkerCommand) -> None:
    async with running(command, PoolSizes(workers=2, waiting=64)) as pool:
        await pool.wait_warm()
        reads = [asyncio.create_task(pool.read(picture(GOOD))) for _ in range(40)]
        for _ in range(3):
            for pid in pool.worker_pids:
                with suppress(ProcessLookupError):  # it died of the last round, and is not missed yet
                    os.kill(pid, signal.SIGKILL)
            await until(lambda: pool.warm_workers > 0)
        outcomes = await asyncio.gather(*reads, return_exceptions=True)
    # Whoever was read by two workers that were killed is told so; nobody waits for ever.
    assert len([outcome for outcome in outcomes if isinstance(outcome, BaseException)]) <= 6
    assert all(isinstance(outcome, EngineFailed) for outcome in outcomes if isinstance(outcome, BaseException))


async def test_too_many_pictures_are_refused_at_once(command: WorkerCommand) -> None:
    async with running(command, PoolSizes(waiting=2)) as pool:
        await pool.wait_warm()
        reads = [asyncio.create_task(pool.read(picture(faulty_worker.IS_SLOW))) for _ in range(6)]
        outcomes = await asyncio.gather(*reads, return_exceptions=True)
    busy = [outcome for outcome in outcomes if isinstance(outcome, EngineBusy)]
    assert 3 <= len(busy) <= 4
    assert busy[0].retry_delay_s
    assert len([outcome for outcome in outcomes if not isinstance(outcome, BaseException)]) == 6 - len(busy)


async def test_a_caller_who_leaves_disturbs_nobody(command: WorkerCommand) -> None:
    async with running(command, PoolSizes()) as pool:
        await pool.wait_warm()
        leaving = [asyncio.create_task(pool.read(picture(faulty_worker.IS_SLOW))) for _ in range(3)]
        await asyncio.sleep(0.1)
        for read in leaving:
            read.cancel()
        assert await reader_of(pool) in pool.worker_pids


async def test_a_worker_that_cannot_start_is_told_at_once_and_tried_again(tmp_path: Path) -> None:
    script = "import sys, pathlib; sys.exit('no such model' if pathlib.Path(sys.argv[1]).exists() else 0)"
    flag = tmp_path / "broken"
    flag.touch()
    command = WorkerCommand((sys.executable, "-c", script, str(flag)))
    async with running(command, PoolSizes(longest_pause_s=0.2)) as pool:
        with pytest.raises(EngineCold):
            await pool.read(picture(GOOD))
        with pytest.raises(EngineCold):
            await pool.wait_warm()
        with pytest.raises(EngineCold):
            await pool.verify_warm()
        assert "no such model" in pool.start_problem
        flag.unlink()
        await until(lambda: "no such model" not in pool.start_problem)


@pytest.mark.parametrize("moment_s", [0.0, 0.002, 0.05])
async def test_a_start_that_is_cut_off_again_and_again_leaves_nothing_open(moment_s: float) -> None:
    """Not even when the second cut comes while the first is being cleared up."""
    command = WorkerCommand((sys.executable, "-c", "import time; time.sleep(600)"))
    for turns in range(1, 5):
        start = asyncio.ensure_future(WorkerProcess.start(command, timeout_s=600))
        await asyncio.sleep(moment_s)
        start.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        start.cancel()
        await asyncio.wait({start})
        assert start.cancelled()
        del start
    gc.collect()  # what is left open warns here, and a warning is an error


async def test_new_workers_take_over_one_at_a_time_and_no_picture_is_lost(tmp_path: Path) -> None:
    before, after = told(tmp_path, "old"), told(tmp_path, "new")
    async with running(before, PoolSizes(workers=2, waiting=99)) as pool:
        await until(lambda: pool.warm_workers == 2)
        slow = [asyncio.create_task(pool.read(picture(faulty_worker.IS_SLOW))) for _ in range(2)]
        await asyncio.sleep(0.1)
        taking_over = asyncio.create_task(pool.replace(after))
        engines = []
        while not taking_over.done():
            engines.append((await pool.read(picture(GOOD))).engine.version)
            assert pool.warm_workers >= 2
            await pool.verify_warm()
            await asyncio.sleep(0.01)
        await taking_over
        assert [(await read).engine.version for read in slow] == ["old old"] * 2
        assert {"old old", "new new"} == set(engines)
        assert (await pool.read(picture(GOOD))).engine == pool.identity
        assert [engine.version for engine in pool.identities] == ["new new"]
        # And they stay: a new worker that dies is followed by another new one.
        pids = pool.worker_pids
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        await until(lambda: pool.warm_workers == 2 and pids.isdisjoint(pool.worker_pids))
        assert (await pool.read(picture(GOOD))).engine.version == "new new"


async def test_workers_that_do_not_come_up_take_nothing_over(tmp_path: Path) -> None:
    async with running(told(tmp_path, "old"), PoolSizes(workers=2)) as pool:
        await until(lambda: pool.warm_workers == 2)
        pids = pool.worker_pids
        with pytest.raises(WorkerGone, match="the model is broken"):
            await pool.replace(told(tmp_path, "broken"))
        assert pool.worker_pids == pids
        os.kill(min(pids), signal.SIGKILL)
        await until(lambda: pool.warm_workers == 2 and pool.worker_pids != pids)
        assert [engine.version for engine in pool.identities] == ["old old"]


async def test_once_one_new_worker_is_at_work_the_others_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even those that do not come up at first; two engines side by side would stay for good."""
    start, starts = WorkerProcess.start, list[WorkerCommand]()

    async def second_fails(command: WorkerCommand, *, timeout_s: float) -> WorkerProcess:
        starts.append(command)
        if starts.count(after) == 2:
            raise WorkerGone("no memory")
        return await start(command, timeout_s=timeout_s)

    before, after = told(tmp_path, "old"), told(tmp_path, "new")
    monkeypatch.setattr(WorkerProcess, "start", second_fails)
    async with running(before, PoolSizes(workers=2)) as pool:
        await until(lambda: pool.warm_workers == 2)
        await pool.replace(after)
        await until(lambda: pool.warm_workers == 2)
        assert [engine.version for engine in pool.identities] == ["new new"]


async def test_a_worker_that_comes_up_late_is_not_taken_for_the_engine_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, is_admitted = WorkerProcess.start, asyncio.Event()

    async def old_ones_wait(command: WorkerCommand, *, timeout_s: float) -> WorkerProcess:
        if command == before:
            await is_admitted.wait()
        return await start(command, timeout_s=timeout_s)

    before, after = told(tmp_path, "old"), told(tmp_path, "new")
    monkeypatch.setattr(WorkerProcess, "start", old_ones_wait)
    async with running(before, PoolSizes()) as pool:
        taking_over = asyncio.create_task(pool.replace(after))
        await until(lambda: pool.warm_workers == 1)
        is_admitted.set()
        await taking_over
        await reader_of(pool)
        assert [engine.version for engine in pool.identities] == ["new new"]


async def test_a_worker_that_waits_to_take_over_ends_with_the_pool(tmp_path: Path) -> None:
    async with running(told(tmp_path, "old"), PoolSizes()) as pool:
        await pool.wait_warm()
        stuck = asyncio.create_task(pool.read(picture(faulty_worker.HANGS)))
        await asyncio.sleep(0.05)
        taking_over = asyncio.create_task(pool.replace(told(tmp_path, "new")))
        await until(lambda: pool.warm_workers == 2)
        pids = pool.worker_pids
    taking_over.cancel()
    assert not any(map(is_alive, pids))
    with pytest.raises(Unavailable):
        await stuck


async def test_on_demand_no_worker_is_started_before_it_is_needed(command: WorkerCommand) -> None:
    async with running(command, PoolSizes(on_demand=True)) as pool:
        await asyncio.sleep(0.3)
        assert pool.warm_workers == 0
        assert await reader_of(pool) in pool.worker_pids


async def test_a_worker_that_speaks_nonsense_is_not_used() -> None:
    command = WorkerCommand((sys.executable, "-c", "print('hello, I am a web server', flush=True); input()"))
    async with running(command, PoolSizes()) as pool:
        with pytest.raises(EngineCold):
            await pool.read(picture(GOOD))


async def test_the_end_leaves_no_process_and_refuses_who_waits(command: WorkerCommand) -> None:
    async with running(command, PoolSizes(workers=2)) as pool:
        await until(lambda: pool.warm_workers == 2)
        pids = pool.worker_pids
        stuck = asyncio.create_task(pool.read(picture(faulty_worker.HANGS)))
        await asyncio.sleep(0.1)
    assert not any(map(is_alive, pids))
    with pytest.raises(Unavailable):
        await stuck
    with pytest.raises(Unavailable):
        await pool.read(picture(GOOD))


async def test_pictures_on_their_way_are_finished_before_the_end(command: WorkerCommand) -> None:
    async with running(command, PoolSizes(), drain_s=20) as pool:
        await pool.wait_warm()
        last = asyncio.create_task(pool.read(picture(faulty_worker.IS_SLOW)))
        await asyncio.sleep(0)
    assert (await last).seen.width_px == faulty_worker.IS_SLOW


def test_workers_do_not_outlive_a_service_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
from services.recognition.pool import PoolSizes, running
from services.recognition.worker_process import WorkerCommand
from tests.recognition.test_pool import faulty_worker, picture, reader_of
async def main():
    command = WorkerCommand((sys.executable, "-m", "tests.recognition.faulty_worker", {str(tmp_path)!r}))
    async with running(command, PoolSizes()) as pool:
        print(await reader_of(pool), flush=True)
        await pool.read(picture(faulty_worker.HANGS))
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout
        worker = next(int(line) for line in service.stdout if line.strip().isdigit())
        assert is_alive(worker)
        service.kill()
    deadline = time.monotonic() + 20
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(worker)


def test_a_worker_gets_none_of_the_services_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPR_DATABASE_PASSWORD_FILE", "secret")
    assert "ANPR_DATABASE_PASSWORD_FILE" not in WorkerCommand(("x",)).full_environment()
