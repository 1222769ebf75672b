"""The committed networks, as a worker runs them."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from services.common import raster
from services.common.raster import Picture, Reduction
from services.recognition import environment
from services.recognition.detection import Detection
from services.recognition.detector import PLATE
from services.recognition.engine_networks import NARROW_PX, NetworksEngine, first_reduction
from services.recognition.environment import worker_command
from services.recognition.network import Network, NetworkBroken
from services.recognition.pool import PoolSizes, running
from services.recognition.reading import Colour, Layout
from services.recognition.recognizer import Recognizer
from services.recognition.rectify import Quad
from tests.recognition.drawing import BLACK, YELLOW, Drawn, bgr, encoded, frame
from tests.recognition.test_engine_paddle import opened_by

BELGIAN = Drawn(("1-ABC-234",), 300, 420, height=60)
DUTCH = Drawn(("AB-642-R",), 820, 330, text=BLACK, ground=YELLOW, degrees=2)
MOTORCYCLE = Drawn(("M-ABC", "456"), 620, 540, height=100)
MODELS = environment.model_files(environment.MODELS)


@pytest.fixture(scope="module")
def engine() -> NetworksEngine:
    detector, reader = map(Network, MODELS)
    return NetworksEngine(detector, reader)


def test_the_files_are_small_and_there() -> None:
    assert all(100_000 < len(content) < 5_000_000 for content in MODELS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_plates_of_one_and_two_lines_are_read_with_their_corners(engine: NetworksEngine, kind: str) -> None:
    boxes = {box.raw: box for box in engine.read(Picture(encoded(frame(BELGIAN, DUTCH, MOTORCYCLE), kind)))}
    assert set(boxes) == {"1ABC234", "AB642R", "MABC456"}
    assert [boxes[text].layout for text in ("1ABC234", "AB642R", "MABC456")] == [
        Layout.ONE_LINE,
        Layout.ONE_LINE,
        Layout.TWO_LINES,
    ]
    assert boxes["AB642R"].colour is Colour.BLACK_ON_YELLOW
    for text, drawn in (("1ABC234", BELGIAN), ("MABC456", MOTORCYCLE)):
        box = boxes[text]
        (left, top), _, (right, bottom), _ = box.corners
        assert drawn.left - 10 <= left < right <= drawn.left + drawn.width + 10
        assert drawn.top - 10 <= top < bottom <= drawn.top + drawn.height + 10
        assert box.is_plate
        assert 0 < box.probability <= 1
        assert [position[0].character for position in box.positions] == list(text)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 480), (333, 777), (40, 30), (1, 1), (5000, 3)])
def test_a_picture_without_a_plate_gives_none(engine: NetworksEngine, size: tuple[int, int]) -> None:
    assert engine.read(Picture(encoded(frame(size=size)))) == ()


class Told:
    """A detector that finds plates of these scores and widths."""

    def __init__(self, *found: tuple[float, float]) -> None:
        corners = [(score, np.array([(90, 90), (90 + wide, 90), (90 + wide, 120), (90, 120)])) for score, wide in found]
        self._found = tuple(Detection(score, quad.astype(np.float32)) for score, quad in corners)

    def detect(self, pixels: raster.Pixels, scale: float, threshold: float) -> tuple[Detection, ...]:
        return self._found

    def alone(self, pixels: raster.Pixels, corners: Quad) -> None:
        """Sees nothing more."""

    def second_look(self, pixels: raster.Pixels, first: Sequence[Detection], threshold: float) -> tuple[Detection, ...]:
        assert pixels.shape in ((720, 1280, 3), (1080, 1920, 3))
        return self._found


@pytest.mark.parametrize(
    ("found", "sizes"),
    [
        ((), [2]),
        (((0.9, NARROW_PX + 1),), [2]),
        (((0.9, NARROW_PX + 1), (0.9, NARROW_PX - 1)), [2, 1]),
        (((0.9, NARROW_PX + 1), (PLATE - 0.01, 40.0)), [2, 1]),
    ],
    ids=["nothing", "wide", "one is narrow", "one is in doubt"],
)
def test_a_large_jpeg_is_decoded_in_full_only_for_narrow_plates_and_doubts(
    found: tuple[tuple[float, float], ...], sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decoded_for(found, (1920, 1080), monkeypatch) == sizes


def test_a_small_jpeg_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decoded_for(((0.9, NARROW_PX + 1), (PLATE - 0.01, 40.0)), (1280, 720), monkeypatch) == [1]


def decoded_for(
    found: tuple[tuple[float, float], ...], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    """The reductions at which a frame of this size is decoded when the detector finds this."""
    decoded = list[int]()
    once = Picture._made

    def counted(picture: Picture, reduction: Reduction) -> raster.Pixels:
        decoded.append(reduction)
        return once(picture, reduction)

    monkeypatch.setattr(Picture, "_made", counted)
    told = NetworksEngine(*map(Network, MODELS))
    monkeypatch.setattr(told, "_detector", Told(*found))
    told.read(Picture(encoded(frame(size=size))))
    return decoded


@pytest.mark.parametrize(
    ("size", "reduction"), [((1280, 720), 1), ((1920, 1080), 2), ((2688, 1520), 4), ((640, 480), 1)]
)
def test_the_first_look_at_a_large_picture_is_at_the_smallest_size_that_has_all_the_detector_sees(
    size: tuple[int, int], reduction: int
) -> None:
    assert first_reduction(*size) == reduction


def test_a_damaged_picture_is_refused(engine: NetworksEngine) -> None:
    with pytest.raises(raster.Unreadable):
        engine.read(Picture(encoded(frame(BELGIAN))[:-900]))


def test_its_identity_changes_with_either_file(engine: NetworksEngine) -> None:
    detector, reader = map(Network, MODELS)
    assert engine.identity == NetworksEngine(detector, reader).identity
    assert detector.version in engine.identity.version
    assert reader.version in engine.identity.version
    assert len(engine.identity.model_sha256) == 64
    assert NetworksEngine(detector, Network(changed(MODELS[1]))).identity != engine.identity


def changed(content: bytes) -> bytes:
    """The same network with other metadata."""
    assert content.count(b'"kind": "reader"') == 1
    return content.replace(b'"kind": "reader"', b'"kind": "READER"')


@pytest.mark.parametrize("content", [b"", b"ONNX", MODELS[0][:1000], MODELS[0][:-1000]])
def test_a_file_that_is_no_network_is_refused(content: bytes) -> None:
    with pytest.raises(NetworkBroken):
        Network(content)


async def test_a_worker_has_one_thread_and_tells_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with running(worker_command(), PoolSizes()) as pool:
        recognizer = Recognizer(pool)
        found = await recognizer.recognise(encoded(frame(BELGIAN)))
        (worker,) = pool.worker_pids
        open_files, threads = opened_by(worker)
    assert [(plate.text, plate.country) for plate in found.plates] == [("1ABC234", "BE")]
    assert found.engine.name == "anpr networks"
    assert os.listdir(tmp_path) == []
    assert not [file for file in open_files if file.startswith("socket")]
    assert threads == 1


def test_pixels_that_were_decoded_before_are_read_too(engine: NetworksEngine) -> None:
    assert [box.raw for box in engine.read(Picture.of(bgr(frame(BELGIAN))))] == ["1ABC234"]
    assert engine.read(Picture.of(np.zeros((64, 256, 3), np.uint8))) == ()
