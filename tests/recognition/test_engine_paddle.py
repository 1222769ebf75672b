"""PP-OCR in its own environment, through the same pool as in service."""

import os
from pathlib import Path

import pytest

from services.recognition.environment import worker_command
from services.recognition.pool import PoolSizes, running
from services.recognition.reading import Colour, Layout
from services.recognition.recognizer import Recognizer
from tests.recognition.drawing import BLACK, WHITE, YELLOW, Drawn, encoded, frame

pytestmark = pytest.mark.model

DUTCH = Drawn(("AB-642-R",), 120, 250, text=BLACK, ground=YELLOW)
FRENCH = Drawn(("MR-622-ZA",), 700, 260, text=BLACK, ground=WHITE, degrees=3)
MOTORCYCLE = Drawn(("M-ABC", "456"), 420, 500, height=100)


async def test_the_engine_leaves_nothing_in_home_and_tells_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with running(worker_command("paddleocr"), PoolSizes()) as pool:
        await pool.wait_warm()
        (worker,) = pool.worker_pids
        open_files, threads = opened_by(worker)
    assert os.listdir(tmp_path) == []
    assert not [file for file in open_files if file.startswith("socket")]
    assert threads == 1


def opened_by(pid: int) -> tuple[list[str], int]:
    """What the process holds open, and how many threads it has."""
    process = Path(f"/proc/{pid}")
    return [os.readlink(file) for file in (process / "fd").iterdir()], len(os.listdir(process / "task"))


async def test_plates_of_several_countries_in_one_frame_and_a_frame_without_any() -> None:
    async with running(worker_command("paddleocr"), PoolSizes(picture_timeout_s=60)) as pool:
        recognizer = Recognizer(pool)
        street = frame(DUTCH, FRENCH, MOTORCYCLE)
        found = await recognizer.recognise(encoded(street, quality=85))
        empty = await recognizer.recognise(encoded(frame()))
    assert (empty.plates, empty.width_px, empty.height_px) == ((), 1280, 720)
    plates = {plate.text: plate for plate in found.plates}
    assert set(plates) == {"AB642R", "MR622ZA", "MABC456"}
    assert [plates[text].country for text in ("AB642R", "MR622ZA", "MABC456")] == ["NL", "FR", "BE"]
    assert plates["AB642R"].colour is Colour.BLACK_ON_YELLOW
    assert plates["MABC456"].layout is Layout.TWO_LINES
    for text, drawn in (("AB642R", DUTCH), ("MABC456", MOTORCYCLE)):
        box = plates[text].box
        assert drawn.left - 10 <= box.x < box.x + box.width <= drawn.left + drawn.width + 10
        assert drawn.top - 10 <= box.y < box.y + box.height <= drawn.top + drawn.height + 10
    for plate in found.plates:
        assert [position[0].character for position in plate.characters] == list(plate.text)
        assert all(0 < choice.probability <= 1 for position in plate.characters for choice in position)
    assert found.engine.name.startswith("paddleocr")
    assert len(found.engine.model_sha256) == 64
