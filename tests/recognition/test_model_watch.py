"""Model files are replaced under a running service."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from services.recognition import metrics
from services.recognition.environment import DETECTOR, READER, model_files
from services.recognition.errors import EngineCold
from services.recognition.model_watch import ModelWatch
from services.recognition.pool import Pool, PoolSizes, running
from tests.recognition.test_pool import GOOD, picture, told, until


def put(folder: Path, detector: str, reader: str) -> None:
    """As a careful operator does: written beside, then renamed."""
    for name, content in ((DETECTOR, detector), (READER, reader)):
        beside = folder / f"{name}.new"
        beside.write_text(content)
        beside.replace(folder / name)


@asynccontextmanager
async def watched(folder: Path, every_s: float, detector: str = "one") -> AsyncIterator[tuple[Pool, asyncio.Event]]:
    put(folder, detector, "one")
    command = replace(told(folder, ""), models=model_files(folder))
    async with running(command, PoolSizes()) as pool:
        with suppress(EngineCold):
            await pool.wait_warm()
        watch = ModelWatch(folder, pool, command, asyncio.Event(), every_s)
        task = asyncio.create_task(watch.run())
        try:
            yield pool, watch.asked
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def version(pool: Pool) -> str:
    return (await pool.read(picture(GOOD))).engine.version


async def test_new_files_take_over_and_broken_ones_do_not(tmp_path: Path) -> None:
    async with watched(tmp_path, every_s=0.02) as (pool, _):
        assert await version(pool) == "one one"
        put(tmp_path, "two", "one")
        await until(lambda: pool.identity.version == "two one")
        assert await version(pool) == "two one"
        put(tmp_path, "two", "broken")
        await until(lambda: metrics.MODELS_REFUSED._value.get() == 1)
        assert await version(pool) == "two one"
        (tmp_path / READER).unlink()
        await asyncio.sleep(0.1)
        assert await version(pool) == "two one"
        put(tmp_path, "two", "three")
        await until(lambda: pool.identity.version == "two three")
        await until(lambda: metrics.MODELS_REFUSED._value.get() == 0)


async def test_whoever_asks_need_not_wait_for_the_next_look(tmp_path: Path) -> None:
    async with watched(tmp_path, every_s=600) as (pool, asked):
        (pid,) = pool.worker_pids
        asked.set()  # nothing is new, so nothing happens
        await asyncio.sleep(0.1)
        assert pool.worker_pids == {pid}
        put(tmp_path, "two", "two")
        asked.set()
        await until(lambda: pool.identity.version == "two two")


async def test_broken_files_after_broken_files_do_not_end_the_watch(tmp_path: Path) -> None:
    async with watched(tmp_path, every_s=0.02, detector="broken") as (pool, _):
        metrics.MODELS_REFUSED.set(0)
        put(tmp_path, "broken", "two")
        await until(lambda: metrics.MODELS_REFUSED._value.get() == 1)
        put(tmp_path, "two", "two")
        await until(lambda: pool.warm_workers == 1)
        assert await version(pool) == "two two"


async def test_files_that_changed_before_the_first_look_are_taken_over(tmp_path: Path) -> None:
    put(tmp_path, "one", "one")
    command = replace(told(tmp_path, ""), models=model_files(tmp_path))
    put(tmp_path, "two", "two")
    async with running(command, PoolSizes()) as pool:
        watch = asyncio.create_task(ModelWatch(tmp_path, pool, command, asyncio.Event(), 0.02).run())
        await until(lambda: pool.warm_workers > 0 and pool.identity.version == "two two")
        watch.cancel()


async def test_a_file_that_is_written_over_with_the_same_size_and_time_is_new(tmp_path: Path) -> None:
    async with watched(tmp_path, every_s=0.02) as (pool, _):
        before = (tmp_path / READER).stat()
        (tmp_path / READER).write_text("two")
        os.utime(tmp_path / READER, ns=(before.st_atime_ns, before.st_mtime_ns))
        await until(lambda: pool.identity.version == "one two")


async def test_files_that_still_change_are_left_alone(tmp_path: Path) -> None:
    async with watched(tmp_path, every_s=0.1) as (pool, _):
        (pid,) = pool.worker_pids
        for moment in range(1, 20):
            (tmp_path / READER).write_text("two" * moment)
            os.utime(tmp_path / READER, (moment, moment))
            await asyncio.sleep(0.03)
        assert pool.worker_pids == {pid}
