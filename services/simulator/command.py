"""`anpr simulate`: one run of the simulator against an ingest service."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from services.common.channels import open_channel
from services.common.errors import Invalid
from services.simulator.conditions import Difficulty
from services.simulator.drive import Drive, Plant, plan_drive, spread_plants
from services.simulator.frame import Frame
from services.simulator.plates import given_plate
from services.simulator.report import Outcome, Report, sum_up
from services.simulator.stream import DEFAULT_LIMITS, Limits, register_cameras, stream_frames
from services.simulator.taking import take_frames
from services.simulator.truth import WriteTruth, truth_writer

COUNTRIES = ("BE", "NL", "FR", "DE", "LU", "GB")
_PLANT = re.compile(r"(?P<text>[A-Za-z0-9. -]+)(?:/(?P<country>[A-Z]{2}))?(?:@(?P<number>\d{1,9}))?")
_RUN = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


async def simulate(
    address: str,
    *,
    cameras: int = 3,
    frames: int = 60,
    rate: float = 2.0,
    seed: int = 1,
    difficulty: str = "mixed",
    plant: Sequence[str] = (),
    truth_file: Path | None = None,
    marker: bool = False,
    run: str = "",
    limits: Limits = DEFAULT_LIMITS,
    register_timeout_s: float = 30.0,
) -> Report:
    """Renders `frames` frames of `cameras` cameras and streams them to ingest at `address`, `rate` a second in all.

    plant: plates that must be seen, each `TEXT`, `TEXT/COUNTRY` or `TEXT/COUNTRY@FRAME`; truth_file: gets a line a frame;
    run: names the cameras; the same seed and run again are the same frames, which ingest knows already. When empty, it
    is made from the time, and every run has cameras of its own; register_timeout_s: how long ingest may be away at the
    start. Raises Invalid for arguments that make no sense, and
    grpc.aio.AioRpcError when ingest refuses the caller or cannot be reached.
    """
    drive, level = _plan(
        cameras=cameras, frames=frames, rate=rate, seed=seed, difficulty=difficulty, plant=plant, run=run or _run_now()
    )
    camera_ids = tuple(camera.camera_id for camera in drive.cameras)
    outcomes: list[Outcome] = []
    plates = 0
    started_s = time.monotonic()
    with _truth(truth_file) as write:

        def ended(frame: Frame, outcome: Outcome) -> None:
            nonlocal plates
            plates += len(frame.plates)
            outcomes.append(outcome)
            write(frame, outcome)

        async with open_channel(address) as channel:
            await register_cameras(channel, drive.cameras, timeout_s=register_timeout_s)
            async with aclosing(take_frames(drive, level, marker=marker)) as taken:
                await stream_frames(channel, taken, ended, limits)
    seconds = time.monotonic() - started_s
    return sum_up(camera_ids, tuple(outcomes), frames=frames, plates=plates, seconds=seconds)


def _plan(
    *, cameras: int, frames: int, rate: float, seed: int, difficulty: str, plant: Sequence[str], run: str
) -> tuple[Drive, Difficulty]:
    if difficulty not in set(Difficulty):
        raise Invalid(f"difficulty is one of {', '.join(Difficulty)}", field="difficulty")
    if not _RUN.fullmatch(run):
        raise Invalid("run is 1 to 32 of a-z 0-9 -, beginning with a letter or digit", field="run")
    plants = decode_plants(plant, frames)
    try:
        drive = plan_drive(seed=seed, cameras=cameras, frames=frames, rate=rate, plants=plants, run=run)
    except ValueError as error:
        raise Invalid(str(error)) from error
    return drive, Difficulty(difficulty)


def decode_plants(words: Sequence[str], frames: int) -> tuple[Plant, ...]:
    """The plates to plant; those without a frame of their own are spread evenly. Raises Invalid."""
    matches = [_PLANT.fullmatch(word) for word in words]
    wanted = [match.groupdict() for match in matches if match]
    countries = {one["country"] or "BE" for one in wanted}
    if len(wanted) != len(words) or not countries.issubset(COUNTRIES):
        raise Invalid(f"a plant is TEXT, TEXT/COUNTRY or TEXT/COUNTRY@FRAME, COUNTRY one of {' '.join(COUNTRIES)}")
    placed = [(one["text"], one["country"] or "BE", int(one["number"])) for one in wanted if one["number"]]
    spread = [(one["text"], one["country"] or "BE") for one in wanted if not one["number"]]
    try:
        given = tuple(Plant(given_plate(text, country), number) for text, country, number in placed)
        return given + spread_plants(spread, frames)
    except ValueError as error:
        raise Invalid(str(error), field="plant") from error


@contextmanager
def _truth(path: Path | None) -> Iterator[WriteTruth]:
    if path is None:
        yield lambda _frame, _outcome: None
        return
    try:
        lines = path.open("w", encoding="utf-8", buffering=1)
    except OSError as error:
        raise Invalid(f"the truth file cannot be written: {error.strerror}", field="truth_file") from error
    with lines:
        yield truth_writer(lines)


def _run_now() -> str:
    """A name that is new with every second, and sorts by time."""
    return f"sim-{datetime.now(UTC):%m%d%H%M%S}"
