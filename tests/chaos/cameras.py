"""`python -m tests.chaos.cameras`: cameras that stream frames with known truth until they are told to stop.

A process of its own, so that drawing takes no time from the killer. Each frame's end is in the truth file when the next begins.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.channels import open_channel
from services.common.marker import MarkedPlate, draw_marker
from services.simulator.conditions import Difficulty
from services.simulator.drive import Drive, Plant, Shot, plan_drive
from services.simulator.frame import Frame, TruePlate
from services.simulator.lens import encode_jpeg
from services.simulator.plates import given_plate
from services.simulator.render import render_frame
from services.simulator.stream import Limits, register_cameras, stream_frames
from services.simulator.taking import take_frames
from services.simulator.truth import truth_writer
from tests.chaos import plan

STREAMS, CAMERAS = 2, 2
MOST_FRAMES = 6000
PLANT_EVERY = 3
LIMITS = Limits(in_flight=48, stall_s=6.0, patience_s=600.0)
QUALITY = 60
FIRST = (40.0, 400.0), (200.0, 400.0), (200.0, 440.0), (40.0, 440.0)
SECOND = (640.0, 400.0), (800.0, 400.0), (800.0, 440.0), (640.0, 440.0)
REGISTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What the cameras are to do. stop: a file; when it is there, no more frames are taken. quick: markers on old pictures."""

    gateway: str
    notes: Path
    seed: int
    rate: float
    quick: bool

    @property
    def stop(self) -> Path:
        return self.notes / "stop"


async def main(orders: Orders) -> None:
    async with asyncio.TaskGroup() as streams:
        for number in range(STREAMS):
            streams.create_task(stream(orders, number))


async def stream(orders: Orders, number: int) -> None:
    """One sender with two cameras."""
    plates = plan.wanted(orders.seed).every
    plants = [
        Plant(given_plate(plates[(turn * STREAMS + number) % len(plates)]), turn * PLANT_EVERY)
        for turn in range(MOST_FRAMES // PLANT_EVERY // 4)
    ]
    drive = plan_drive(
        seed=orders.seed * STREAMS + number,
        cameras=CAMERAS,
        frames=MOST_FRAMES // 2,
        rate=orders.rate / STREAMS,
        plants=plants,
        run=f"chaos-{orders.seed}-{number}",
    )
    frames = _marked(drive) if orders.quick else take_frames(drive, Difficulty.EASY, marker=False)
    with (orders.notes / f"truth-{number}.jsonl").open("w", buffering=1) as lines:
        async with open_channel(orders.gateway) as channel, aclosing(frames):
            await register_cameras(channel, drive.cameras, timeout_s=REGISTER_S)
            await stream_frames(channel, _until(frames, orders.stop), truth_writer(lines), LIMITS)


async def _until(frames: AsyncIterator[Frame], stop: Path) -> AsyncIterator[Frame]:
    async for frame in frames:
        yield frame
        if stop.exists():  # noqa: ASYNC240 - a look at a local file
            return


async def _marked(drive: Drive) -> AsyncGenerator[Frame, None]:
    """The frames of a drive at its rate. Drawing each would take half a core, so they share a picture a camera.

    A frame is its marker here: the stand-in engine reads nothing else.
    """
    pictures: dict[str, NDArray[np.uint8]] = {}
    for shot in drive.shots[: len(drive.cameras)]:
        blank = render_frame(shot, seed=drive.seed, difficulty=Difficulty.EASY, started_at=datetime.now(UTC))
        pictures[shot.camera.camera_id] = np.asarray(
            cv2.imdecode(np.frombuffer(blank.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8
        )
    started_s = time.monotonic()
    for shot in drive.shots:
        wait_s = started_s + shot.offset_s - time.monotonic()
        started_s -= min(wait_s, 0.0)
        await asyncio.sleep(max(wait_s, 0.0))
        yield await asyncio.to_thread(_frame, shot, pictures[shot.camera.camera_id])


def _frame(shot: Shot, picture: NDArray[np.uint8]) -> Frame:
    passing = [one.vehicle.plate for one in shot.passing if one.vehicle.plate.text]
    plates = tuple(TruePlate(plate, corners) for plate, corners in zip(passing, (FIRST, SECOND), strict=False))
    marked = draw_marker(picture, [_mark(plate) for plate in plates])
    jpeg = encode_jpeg(marked, QUALITY)
    return Frame(shot.camera.camera_id, shot.sequence, datetime.now(UTC), jpeg, plates, not shot.camera.looks_along)


def _mark(plate: TruePlate) -> MarkedPlate:
    first, second, third, fourth = ((round(x), round(y)) for x, y in plate.corners)
    return MarkedPlate(plate.plate.text, plate.plate.country, plate.box, (first, second, third, fourth))


def _orders() -> Orders:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.cameras")
    parser.add_argument("gateway")
    parser.add_argument("notes", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--quick", action="store_true")
    return Orders(**vars(parser.parse_args()))


if __name__ == "__main__":
    asyncio.run(main(_orders()))
