"""Takes the frames of a drive as time passes: rendered a little ahead, released at the set rate."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from services.simulator.conditions import Difficulty
from services.simulator.drive import Drive
from services.simulator.frame import Frame
from services.simulator.render import render_frame

# Frames rendered before their time, and frames kept while ingest is away (about 0.2 MB each).
AHEAD = 4
KEPT = 512


async def take_frames(drive: Drive, difficulty: Difficulty, *, marker: bool) -> AsyncGenerator[Frame, None]:
    """The frames, each when it is due and stamped with that moment.

    When drawing is slower than the rate, the drive takes longer; a camera never claims a time at which it took nothing.
    Frames go on being taken while the reader is held up, up to `KEPT` of them.
    """
    kept: asyncio.Queue[Frame] = asyncio.Queue(KEPT)
    taking = asyncio.create_task(_take(drive, difficulty, kept, marker=marker))
    try:
        for _ in drive.shots:
            getting = asyncio.ensure_future(kept.get())
            await asyncio.wait({getting, taking}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                taking.result()
            yield await getting
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


async def _take(drive: Drive, difficulty: Difficulty, kept: asyncio.Queue[Frame], *, marker: bool) -> None:
    loop = asyncio.get_running_loop()
    render = partial(render_frame, seed=drive.seed, difficulty=difficulty, started_at=datetime.now(UTC), marker=marker)
    shots = iter(drive.shots)
    started_s = loop.time()
    artist = ThreadPoolExecutor(1, "render")
    try:
        drawn = deque(loop.run_in_executor(artist, render, shot) for shot in islice(shots, AHEAD))
        for shot in drive.shots:
            frame = await drawn.popleft()
            drawn.extend(loop.run_in_executor(artist, render, following) for following in islice(shots, 1))
            wait_s = started_s + shot.offset_s - loop.time()
            started_s -= min(wait_s, 0.0)
            await asyncio.sleep(max(wait_s, 0.0))
            await kept.put(replace(frame, captured_at=datetime.now(UTC)))
    finally:
        artist.shutdown(wait=False, cancel_futures=True)
