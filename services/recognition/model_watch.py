"""New model files take over while the service runs; files that cannot be used leave those before at work."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from services.recognition import metrics
from services.recognition.environment import DETECTOR, READER, EngineMissing, model_files
from services.recognition.pool import Pool
from services.recognition.worker_process import WorkerCommand, WorkerGone

log = structlog.get_logger()
EVERY_S = 3.0

# Of a file: inode, size and time of change, which no copy can set; empty when there is none.
Traces = tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class ModelWatch:
    """Looks at the model files every few seconds. command: of the workers at work; asked: set to have a look at once."""

    folder: Path
    pool: Pool
    command: WorkerCommand
    asked: asyncio.Event
    every_s: float = EVERY_S

    async def run(self) -> None:
        """Without end."""
        # None is tried at first: the files may have changed since the workers' command was made.
        tried, seen = Traces(), traces(self.folder)
        while True:
            was_asked = await self._wait()
            now = traces(self.folder)
            # Files that still change are being copied; who asks says that they are complete.
            if was_asked or (now == seen and now != tried):
                tried = now
                await self._take_over()
            seen = now

    async def _wait(self) -> bool:
        """Until the next look; whether someone asked for it."""
        try:
            async with asyncio.timeout(self.every_s):
                await self.asked.wait()
        except TimeoutError:
            return False
        self.asked.clear()
        return True

    async def _take_over(self) -> None:
        try:
            command = replace(self.command, models=await asyncio.to_thread(model_files, self.folder))
            if command.models != self.command.models:
                await self.pool.replace(command)
                self.command = command
                metrics.MODELS_REPLACED.inc()
                log.info("models.replaced", engine=self.pool.identity.version)
        except (EngineMissing, WorkerGone, OSError) as cause:
            metrics.MODELS_REFUSED.set(1)
            log.warning("models.refused", cause=str(cause), still_at_work=self._at_work())
        else:
            metrics.MODELS_REFUSED.set(0)

    def _at_work(self) -> str:
        """The version of the engine; empty when none is up, as with files that were broken from the start."""
        return self.pool.identity.version if self.pool.warm_workers else ""


def traces(folder: Path) -> Traces:
    """What changes when a model file does."""
    return tuple(_trace(folder / name) for name in (DETECTOR, READER))


def _trace(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_ctime_ns
