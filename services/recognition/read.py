"""`anpr read`: the plates in picture files, without any server."""

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table

from services.common import picture
from services.common.errors import Refusal
from services.common.picture import PictureTooLarge, PictureUnreadable
from services.common.raster import MAX_BYTES
from services.recognition import annotate as drawing
from services.recognition import metrics
from services.recognition.environment import LINES, has_paddle, worker_command
from services.recognition.errors import EngineCold
from services.recognition.pool import PoolSizes, running
from services.recognition.reading import PlateReading, Position
from services.recognition.recognizer import Recognition, Recognizer
from services.recognition.second_reader import SecondReader
from services.recognition.worker_process import WorkerCommand

# The second reader is waited for, its start included: who reads a few files wants the best answer.
SECOND_TIMEOUT_S, SECOND_WAITING = 60.0, 64
DONE, SOME_BAD, NO_ENGINE, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file holds, and how long it took once the engine was warm."""

    file: Path
    recognition: Recognition
    milliseconds: float


def main(files: Sequence[Path], *, as_json: bool, annotate: Path | None, command: WorkerCommand | None = None) -> int:
    """Prints what the files hold; one line on standard error for each that cannot be read. Exit status.

    annotate: a folder for copies with the plates drawn in. command: another engine than the installed one.
    """
    # Standard output is for answers alone.
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        return asyncio.run(_read(files, as_json, annotate, command))
    except KeyboardInterrupt:
        return INTERRUPTED


async def _read(files: Sequence[Path], as_json: bool, annotate: Path | None, command: WorkerCommand | None) -> int:
    status = DONE
    good = []
    for file in files:
        try:
            picture.verify(await asyncio.to_thread(load, file))  # what is bad shows before the engine loads
            good.append(file)
        except Refusal as refusal:
            status = _complain(file, refusal.words)
    if not good:
        return status
    try:
        command = command or worker_command()
    except Refusal as refusal:
        return _complain("anpr read", refusal.words, NO_ENGINE)
    async with running(command, PoolSizes()) as pool, _second() as second:
        try:
            await pool.wait_warm()
        except EngineCold as refusal:
            return _complain("anpr read", f"{refusal.words}\n{pool.start_problem}", NO_ENGINE)
        recognizer = Recognizer(pool, second)
        return max([status, *[await _read_one(file, recognizer, as_json, annotate) for file in good]])


@asynccontextmanager
async def _second() -> AsyncIterator[SecondReader | None]:
    """The second reader where it is installed; it starts with the first read that is not sure."""
    if not has_paddle():
        yield None
        return
    sizes = PoolSizes(waiting=SECOND_WAITING, on_demand=True)
    async with running(worker_command(LINES), sizes, measured=metrics.SECOND_READERS) as pool:
        yield SecondReader(pool, SECOND_TIMEOUT_S)


async def _read_one(file: Path, recognizer: Recognizer, as_json: bool, annotate: Path | None) -> int:
    try:
        content = await asyncio.to_thread(load, file)
        reading = await _timed(file, content, recognizer)
        if annotate:
            pixels = await asyncio.to_thread(picture.decode, content)
            await asyncio.to_thread(drawing.save, file, annotate, pixels, reading.recognition.plates)
    except Refusal as refusal:
        return _complain(file, refusal.words)
    except OSError as cause:
        return _complain(file, f"the annotated copy cannot be written: {cause.strerror or cause}")
    if as_json:
        sys.stdout.write(json.dumps(as_object(reading)) + "\n")
        sys.stdout.flush()
    else:
        Console(highlight=False).print(as_table(reading))
    return DONE


async def _timed(file: Path, content: bytes, recognizer: Recognizer) -> Reading:
    """Read once more when the second reader had to be started for it: how long that takes is not how long reading does."""
    engines = recognizer.engines()
    began = time.perf_counter()
    recognition = await recognizer.recognise(content)
    if recognizer.engines() != engines:
        began = time.perf_counter()
        recognition = await recognizer.recognise(content)
    return Reading(file, recognition, 1000 * (time.perf_counter() - began))


def load(file: Path) -> bytes:
    """The bytes of a file. Raises PictureUnreadable or PictureTooLarge."""
    try:
        if not file.is_file():
            raise PictureUnreadable("not a file" if file.exists() else "no such file")
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as cause:
        raise PictureUnreadable(f"cannot be opened: {cause.strerror}") from cause
    if len(content) > MAX_BYTES:
        raise PictureTooLarge(f"the picture has more than {MAX_BYTES} bytes")
    return content


def as_object(reading: Reading) -> dict[str, Any]:
    """The answer for one file, as it is printed."""
    return {
        "file": str(reading.file),
        "width": reading.recognition.width_px,
        "height": reading.recognition.height_px,
        "plates": [_plate(plate) for plate in reading.recognition.plates],
        "milliseconds": round(reading.milliseconds, 1),
    }


def as_table(reading: Reading) -> Table:
    """The answer for one file, for people."""
    recognition = reading.recognition
    size = f"{recognition.width_px} x {recognition.height_px}, {reading.milliseconds:.0f} ms"
    table = Table(title=f"{_printable(reading.file.name)} ({size})", title_justify="left")
    for heading in ("plate", "as read", "country", "series", "sure", "box"):
        table.add_column(heading, no_wrap=True)
    for plate in recognition.plates:
        series = plate.candidates[0].series if plate.candidates else "unknown format"
        box = f"{plate.box.x},{plate.box.y} {plate.box.width}x{plate.box.height}"
        table.add_row(plate.text, plate.raw, plate.country or "?", series, f"{plate.confidence:.0%}", box)
    if not recognition.plates:
        table.add_row("no plate", *[""] * 5)
    return table


def _plate(plate: PlateReading) -> dict[str, Any]:
    box = plate.box
    return {
        "text": plate.text,
        "raw": plate.raw,
        "country": plate.country or None,
        "confidence": round(plate.confidence, 4),
        "characters": [_position(position) for position in plate.characters],
        "box": [box.x, box.y, box.width, box.height],
        "corners": [[round(x, 1), round(y, 1)] for x, y in plate.corners],
        "colour": plate.colour,
        "layout": plate.layout,
    }


def _position(position: Position) -> list[list[str | float]]:
    return [[choice.character, round(choice.probability, 4)] for choice in position]


def _complain(about: Path | str, words: str, status: int = SOME_BAD) -> int:
    sys.stderr.write(f"{_printable(about)}: {words}\n")
    return status


def _printable(name: Path | str) -> str:
    text = str(name)
    return text if text.isprintable() else ascii(text)
