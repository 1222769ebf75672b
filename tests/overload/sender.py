"""The process that sends: `python -m tests.overload.sender ORDER`, the order as JSON. Prints a tally a second."""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import grpc
from anpr.ingest.v1 import ingest_pb2_grpc

from tests.overload import pictures
from tests.overload.camera import Camera
from tests.overload.tally import Tally


@dataclass(frozen=True, slots=True)
class Order:
    """What one sender does. rate: frames a second of all its cameras; file: gets a line for each acknowledged frame."""

    address: str
    run: str
    cameras: int
    rate: float
    seconds: float
    pictures: str
    file: str

    def json(self) -> str:
        return json.dumps(asdict(self))


def camera_name(run: str, number: int) -> str:
    """The id of a camera of a run, as the simulator registers them. `number` is from 0."""
    return f"{run}-{number + 1:02d}"


async def send(order: Order, lines: TextIO) -> None:
    """Sends, and returns when every answer is there."""
    drawn = pictures.load(Path(order.pictures))
    tally = Tally()

    def acknowledged(camera: str, sequence: int, frame_id: str) -> None:
        lines.write(f"{camera} {sequence} {frame_id}\n")

    cameras = [
        Camera(camera_name(order.run, number), number, drawn, tally, acknowledged) for number in range(order.cameras)
    ]
    each = order.rate / order.cameras
    async with grpc.aio.insecure_channel(order.address) as channel:
        stub = ingest_pb2_grpc.IngestServiceStub(channel)
        running = asyncio.gather(
            *(
                camera.run(stub, rate=each, seconds=order.seconds, offset_s=number / order.rate)
                for number, camera in enumerate(cameras)
            )
        )
        while not running.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await asyncio.shield(running)
            _tell(tally)
        await running


def _tell(tally: Tally) -> None:
    sys.stdout.write(tally.line() + "\n")
    sys.stdout.flush()
    fresh = Tally()
    for name in fresh.__slots__:
        setattr(tally, name, getattr(fresh, name))


if __name__ == "__main__":
    wanted = Order(**json.loads(sys.argv[1]))
    with Path(wanted.file).open("w", buffering=1) as kept:
        asyncio.run(send(wanted, kept))
