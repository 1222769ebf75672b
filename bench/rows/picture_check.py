"""The check at the door that a picture decodes whole, against a decoder that hands the pixels out."""

import time
from collections.abc import Callable, Coroutine
from typing import Any

import cv2
import numpy as np

from bench.measure import Side, Tally, interleaved, per_second
from bench.row import Row, series
from bench.stand import Stand
from services.common import picture

TIMES, ROUNDS = 10, 7
OURS, PEER = "our check (Pillow)", "OpenCV imdecode"


async def bench(stand: Stand) -> list[Row]:
    """Needs nothing but frames."""
    await stand.only()
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        sides = (Side(OURS, _rounds(stand.frames, picture.verify)), Side(PEER, _rounds(stand.frames, _decode)))
        ours, peer = await interleaved(sides, rounds=ROUNDS)
    finally:
        cv2.setNumThreads(before)
    note = "one thread; ours looks for monstrous and truncated files too, and makes no pixels of its own"
    return [Row("picture check, 1280x720 JPEG", "pictures/s", series(OURS, ours), series(PEER, peer), note=note)]


def _rounds(frames: tuple[bytes, ...], look: Callable[[bytes], object]) -> Callable[[], Coroutine[Any, Any, Tally]]:
    async def run() -> Tally:
        began = time.perf_counter()
        for frame in frames * TIMES:
            look(frame)
        return per_second(len(frames) * TIMES, began)

    return run


def _decode(content: bytes) -> object:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
