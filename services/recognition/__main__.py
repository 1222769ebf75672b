"""The recognition service: settings, workers, server."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from anpr.recognition.v1 import recognition_pb2, recognition_pb2_grpc

from services.common import logs, settings
from services.common.raster import MAX_BYTES
from services.common.server import Serving, serve
from services.recognition import metrics
from services.recognition.environment import LINES, EngineMissing, worker_command
from services.recognition.model_watch import ModelWatch
from services.recognition.pool import Pool, PoolSizes, running
from services.recognition.providers import ProviderMissing, verify_provider
from services.recognition.recognizer import Recognizer
from services.recognition.second_reader import SecondReader
from services.recognition.server import RecognitionServicer
from services.recognition.settings import Settings
from services.recognition.worker_process import WorkerCommand

# A picture of the greatest size, and the fields around it.
MAX_MESSAGE_BYTES = MAX_BYTES + 64 * 1024
# Lines that may wait for the second reader; whose turn would come too late is not asked about.
SECOND_WAITING = 16


async def run(chosen: Settings) -> None:
    """Serves until told to stop. Raises EngineMissing, or ProviderMissing."""
    if chosen.engine == "networks":
        verify_provider(chosen.provider)
    command = _worker(chosen, chosen.engine)
    sizes = PoolSizes(
        workers=chosen.workers,
        waiting=chosen.waiting,
        picture_timeout_s=chosen.picture_timeout_s,
        start_timeout_s=chosen.start_timeout_s,
    )
    async with running(command, sizes) as pool, _second(chosen) as second:
        servicer = RecognitionServicer(Recognizer(pool, second))
        await serve(
            Serving(
                name="recognition",
                listen=chosen.listen,
                metrics_listen=chosen.metrics_listen,
                services={recognition_pb2.DESCRIPTOR.services_by_name["RecognitionService"]: pool.verify_warm},
                register=lambda server: recognition_pb2_grpc.add_RecognitionServiceServicer_to_server(servicer, server),
                background=_watches(chosen, pool, command),
                max_message_bytes=MAX_MESSAGE_BYTES,
                grace_s=chosen.drain_s,
            )
        )


def _worker(chosen: Settings, engine: str) -> WorkerCommand:
    return worker_command(
        engine,
        models=chosen.models_dir,
        provider=chosen.provider,
        paddle_python=chosen.paddle_python,
        paddle_models=chosen.paddle_models_dir,
    )


@asynccontextmanager
async def _second(chosen: Settings) -> AsyncIterator[SecondReader | None]:
    """The second reader, when one is wanted."""
    if not chosen.second_reader:
        yield None
        return
    sizes = PoolSizes(waiting=SECOND_WAITING, picture_timeout_s=chosen.picture_timeout_s)
    async with running(_worker(chosen, LINES), sizes, measured=metrics.SECOND_READERS) as pool:
        yield SecondReader(pool, chosen.second_timeout_s)


def _watches(chosen: Settings, pool: Pool, command: WorkerCommand) -> tuple[Callable[[], Awaitable[None]], ...]:
    """Of the model files, for an engine that has some: every few seconds, and at once on SIGHUP."""
    if not command.models:
        return ()
    watch = ModelWatch(chosen.models_dir, pool, command, asyncio.Event())
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, watch.asked.set)
    return (watch.run,)


def main() -> int:
    """Exit status."""
    logs.configure("recognition")
    try:
        asyncio.run(run(settings.load(Settings, os.environ)))
    except (settings.SettingsProblem, EngineMissing, ProviderMissing) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
