"""The recognition service: settings, workers, server."""

import asyncio
import os
import sys

from anpr.recognition.v1 import recognition_pb2, recognition_pb2_grpc

from services.common import logs, settings
from services.common.raster import MAX_BYTES
from services.common.server import Serving, serve
from services.recognition.environment import EngineMissing, worker_command
from services.recognition.pool import PoolSizes, running
from services.recognition.recognizer import Recognizer
from services.recognition.server import RecognitionServicer
from services.recognition.settings import Settings

# A picture of the greatest size, and the fields around it.
MAX_MESSAGE_BYTES = MAX_BYTES + 64 * 1024


async def run(chosen: Settings) -> None:
    """Serves until told to stop."""
    command = worker_command(chosen.engine, python=chosen.paddle_python, models=chosen.models_dir)
    sizes = PoolSizes(
        workers=chosen.workers,
        waiting=chosen.waiting,
        picture_timeout_s=chosen.picture_timeout_s,
        start_timeout_s=chosen.start_timeout_s,
    )
    async with running(command, sizes) as pool:
        servicer = RecognitionServicer(Recognizer(pool))
        await serve(
            Serving(
                name="recognition",
                listen=chosen.listen,
                metrics_listen=chosen.metrics_listen,
                services={recognition_pb2.DESCRIPTOR.services_by_name["RecognitionService"]: pool.verify_warm},
                register=lambda server: recognition_pb2_grpc.add_RecognitionServiceServicer_to_server(servicer, server),
                max_message_bytes=MAX_MESSAGE_BYTES,
                grace_s=chosen.drain_s,
            )
        )


def main() -> int:
    """Exit status."""
    logs.configure("recognition")
    try:
        asyncio.run(run(settings.load(Settings, os.environ)))
    except (settings.SettingsProblem, EngineMissing) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
