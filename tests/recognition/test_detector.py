"""The detector with the model in the tree, and where it looks closer."""

from functools import lru_cache

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, lists, tuples

from services.common.raster import Pixels
from services.recognition import detector
from services.recognition.detection import Detection, Quad, enclosing
from services.recognition.detector import MOST_TILES, PlateDetector, Tile
from services.recognition.environment import DETECTOR, MODELS
from services.recognition.network import Network
from services.recognition.training import pasting
from services.recognition.training.backdrops import procedural_background
from services.recognition.training.render import plate

PICTURE = (1280, 720)


def _candidate(x: float, y: float, width: float = 40.0, score: float = 0.55) -> Detection:
    unit = np.array([(0, 0), (1, 0), (1, 0.25), (0, 0.25)], np.float32)
    return Detection(score, unit * np.float32(width) + np.array((x, y), np.float32))


def test_a_sure_and_large_plate_needs_no_second_look() -> None:
    assert detector.tiles([_candidate(300, 300, 120, 0.9)], PICTURE) == ()


def test_a_doubtful_one_is_looked_at_in_the_middle_of_a_tile() -> None:
    (tile,) = detector.tiles([_candidate(620, 355)], PICTURE)
    assert tile == Tile(320, 168, 960, 552)


def test_a_picture_seen_in_its_own_size_is_not_looked_at_again() -> None:
    assert detector.tiles([_candidate(100, 100)], (640, 360)) == ()


def test_neighbours_share_a_tile() -> None:
    assert len(detector.tiles([_candidate(500, 300), _candidate(700, 320)], PICTURE)) == 1


@given(places=lists(tuples(floats(0, 1240), floats(0, 700)), max_size=9))
def test_tiles_are_few_and_lie_in_the_picture(places: list[tuple[float, float]]) -> None:
    tiles = detector.tiles([_candidate(x, y) for x, y in places], PICTURE)
    assert len(tiles) <= MOST_TILES
    for tile in tiles:
        assert 0 <= tile.left < tile.right <= PICTURE[0]
        assert 0 <= tile.top < tile.bottom <= PICTURE[1]


def test_a_tile_tells_nothing_of_what_its_edge_cuts() -> None:
    tile = Tile(320, 168, 960, 552)
    boxes = enclosing(np.stack([_candidate(x, 300).corners for x in (400, 310, 930)]))
    assert tile.tells(boxes, PICTURE).tolist() == [True, False, False]
    at_edge = enclosing(_candidate(-3, 100).corners[None])
    assert Tile(0, 0, 640, 384).tells(at_edge, PICTURE).tolist() == [True]


@lru_cache(maxsize=1)
def committed() -> PlateDetector:
    """Of the model in the tree."""
    return PlateDetector(Network.load(MODELS / DETECTOR))


def _tilt(corners: Quad) -> float:
    """Of the upper and the lower edge, in degrees."""
    across = corners[1] - corners[0] + corners[2] - corners[3]
    return float(np.degrees(np.arctan2(across[1], across[0])))


def _street(width: float, seed: int = 3, roll_degrees: float = 0.0) -> tuple[Pixels, Quad]:
    """A drawn picture of 1280 x 720 with one plate of this width, turned, and its corners."""
    rng = np.random.default_rng(seed)
    picture = procedural_background(rng, PICTURE)
    art = plate.draw(rng, "BE_STD_2010")
    corners = pasting.posed(rng, (640.0, 400.0), width, art.pixels.shape[1] / art.pixels.shape[0], roll_degrees)
    pasting.paste(rng, picture, art.pixels, corners, white=220.0, blur_px=0.7)
    return picture, corners


def test_the_committed_model_finds_a_plate_and_its_corners() -> None:
    picture, corners = _street(150.0)
    best = committed().detect(picture)[0]
    assert best.score >= detector.PLATE
    assert np.abs(best.corners - corners).max() < 0.12 * 150


@pytest.mark.parametrize("degrees", [-10.0, -5.0, 5.0, 10.0])
def test_the_committed_model_sees_how_a_plate_is_turned(degrees: float) -> None:
    told, true = [], []
    for seed in range(8):
        picture, corners = _street(150.0, seed, degrees)
        told.append(_tilt(committed().detect(picture)[0].corners))
        true.append(_tilt(corners))
    assert np.mean(told) == pytest.approx(np.mean(true), abs=0.4 * abs(degrees))


def test_a_picture_decoded_at_half_its_size_gives_the_same_plate() -> None:
    picture, corners = _street(150.0)
    half = cv2.resize(picture, (640, 360), interpolation=cv2.INTER_AREA)
    best = committed().detect(np.asarray(half, np.uint8), scale=0.5)[0]
    assert np.abs(best.corners - corners).max() < 0.12 * 150


def test_a_second_look_keeps_what_the_first_one_was_sure_of() -> None:
    picture, corners = _street(150.0)
    first = committed().detect(picture)
    again = committed().second_look(picture, first)
    assert np.abs(again[0].corners - corners).max() < 0.12 * 150


@given(width=integers(1, 200), height=integers(1, 200))
def test_a_picture_of_any_size_can_be_looked_at(width: int, height: int) -> None:
    empty = np.full((height, width, 3), 90, np.uint8)
    assert committed().detect(empty, threshold=0.9) == ()


def test_a_plate_looked_at_alone_has_better_corners_than_those_it_was_found_by() -> None:
    off = np.array([(-5, -4), (6, -3), (4, 5), (-6, 3)], np.float32)
    before, after = [], []
    for seed in range(6):
        picture, corners = _street(45.0, seed)
        found = committed().alone(picture, np.asarray(corners + off - 0.5, np.float32))
        assert found is not None
        before.append(np.abs(off).mean())
        after.append(np.abs(found + 0.5 - corners).mean())
    assert np.mean(after) < 0.5 * np.mean(before)


@given(places=lists(tuples(floats(-50, 250), floats(-50, 250)), min_size=4, max_size=4))
def test_absurd_corners_give_corners_or_none(places: list[tuple[float, float]]) -> None:
    """The edge of the picture may look like a plate's, so nothing is not always what is seen."""
    found = committed().alone(np.full((200, 200, 3), 90, np.uint8), np.array(places, np.float32))
    assert found is None or (found.shape == (4, 2) and bool(np.isfinite(found).all()))
