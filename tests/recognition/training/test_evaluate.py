"""Pictures of which it is known what they show are read, and the figures come out."""

import json
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from services.common.picture import PictureUnreadable
from services.recognition import environment
from services.recognition.engine import EngineIdentity
from services.recognition.reading import Box, Colour, Layout, PlateReading
from services.recognition.training import evaluate, reliability, results
from services.recognition.training.evaluate import Evaluation, Product, evaluated
from services.recognition.training.labels import Label, Sample

BOX = Box(10, 10, 100, 25)


def product(**texts: str) -> Product:
    """Reads of a picture what its last byte says."""

    def plates(content: bytes) -> tuple[PlateReading, ...]:
        text = texts[chr(content[-1])]
        if not text:
            raise PictureUnreadable("damaged")
        corners = ((10.0, 10.0), (110.0, 10.0), (110.0, 35.0), (10.0, 35.0))
        one = PlateReading(text, text, "", (), 0.8, (), BOX, corners, Colour.UNKNOWN, Layout.ONE_LINE)
        return (one,)

    return Product(plates, EngineIdentity("stand-in", "1", ""))


def sample(name: str, text: str) -> Sample:
    picture = cv2.imencode(".png", np.full((60, 160, 3), 120, np.uint8))[1].tobytes()
    labels = (Label(text, BOX, (("country", "BE"),)),) if text else ()
    return Sample(name, lambda: picture + name.encode(), labels)


@pytest.fixture
def done() -> Evaluation:
    samples = [sample("a", "1ABC123"), sample("b", "2DEF456"), sample("c", ""), sample("d", "3GHÖ789")]
    return evaluated(samples, product(a="1ABC123", b="2DEF450", c="9XYZ999", d=""))


def test_reads_are_counted_and_errors_kept(done: Evaluation) -> None:
    assert (done.figures.frames, done.figures.all.count) == (3, 3)
    assert done.figures.all.exact == pytest.approx(1 / 3)
    assert done.figures.false_per_frame == pytest.approx(1 / 3)
    assert done.refused == (("d", "damaged"),)
    assert done.sheet.count == 1


def test_the_files_hold_what_was_found(done: Evaluation, tmp_path: Path) -> None:
    results.save(done, tmp_path / "new")
    figures = json.loads((tmp_path / "new" / results.FIGURES).read_text())
    assert figures == results.as_object(done)
    assert "1ABC123" not in json.dumps(figures)
    assert (
        (tmp_path / "new" / results.READS).read_text().splitlines()[1].startswith("a,1ABC123,1ABC123,0.8000,100,True")
    )
    sheet = cv2.imread(str(tmp_path / "new" / results.ERRORS))
    assert sheet is not None
    assert sheet.shape[1] == 240


def test_no_errors_give_a_sheet_too() -> None:
    sheet = evaluated([sample("a", "1ABC123")], product(a="1ABC123")).sheet
    assert (sheet.count, sheet.png()[:4]) == (0, b"\x89PNG")


def test_the_diagram_is_svg_with_a_point_for_every_bin(done: Evaluation) -> None:
    drawn = ElementTree.fromstring(reliability.svg(done.figures.reliability))
    assert len(drawn.findall("{*}circle")) == len(done.figures.reliability) == 2


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(environment.EngineMissing):
        evaluate.networks(tmp_path)
