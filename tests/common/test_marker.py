"""The marker survives what happens to a frame, and never says more than was drawn."""

import json
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy, binary, builds, integers, lists, sampled_from, text, tuples

from services.common.marker import CELL_PX, MARGIN_PX, MarkedPlate, MarkerError, Picture, draw_marker, read_marker

PIXEL = integers(-50, 2000)
POINT = tuples(PIXEL, PIXEL)
PLATE: SearchStrategy[MarkedPlate] = builds(
    MarkedPlate,
    text=text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789-ÄÖÜ", min_size=1, max_size=10),
    country=sampled_from(["BE", "NL", "F", "D", "L", "GB"]),
    box=tuples(PIXEL, PIXEL, PIXEL, PIXEL),
    corners=tuples(POINT, POINT, POINT, POINT),
)


def noisy_picture(seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(110, 40, (720, 1280, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def through_jpeg(picture: Picture, quality: int) -> Picture:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


@settings(deadline=None)
@given(plates=lists(PLATE, max_size=4), seed=integers(0, 2**32), quality=sampled_from([25, 70, 95]))
def test_the_marker_survives_jpeg(plates: list[MarkedPlate], seed: int, quality: int) -> None:
    picture = through_jpeg(draw_marker(noisy_picture(seed), plates), quality)
    assert read_marker(picture) == tuple(plates)


@given(seed=integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_a_picture_without_marker_names_no_plate(seed: int) -> None:
    with pytest.raises(MarkerError):
        read_marker(noisy_picture(seed))


def test_only_the_corner_of_the_picture_changes() -> None:
    picture = noisy_picture(1)
    before = picture.copy()
    marked = draw_marker(picture, [])
    assert (picture == before).all()
    assert (marked[:-60] == before[:-60]).all()
    assert (marked[:, 300:] == before[:, 300:]).all()


def test_one_flipped_cell_is_noticed() -> None:
    plate = MarkedPlate("1ABC123", "BE", (1, 2, 3, 4), ((1, 2), (4, 2), (4, 6), (1, 6)))
    marked = draw_marker(noisy_picture(2), [plate])
    row = marked.shape[0] - MARGIN_PX - 2 * CELL_PX
    cell = np.s_[row : row + CELL_PX, MARGIN_PX : MARGIN_PX + CELL_PX]
    marked[cell] = 255 - marked[cell]
    with pytest.raises(MarkerError):
        read_marker(marked)


@pytest.mark.parametrize("shape", [(720, 200, 3), (8, 1280, 3), (1, 1, 3)])
def test_a_small_picture_neither_takes_nor_shows_a_marker(shape: tuple[int, int, int]) -> None:
    picture: Picture = np.zeros(shape, np.uint8)
    with pytest.raises(ValueError, match="does not fit"):
        draw_marker(picture, [])
    with pytest.raises(MarkerError):
        read_marker(picture)


GOOD = {"text": "1ABC123", "country": "BE", "box": [1, 2, 3, 4], "corners": [[0, 0], [1, 0], [1, 1], [0, 1]]}


@pytest.mark.parametrize(
    "listed",
    [
        {"text": "1ABC123"},
        [GOOD | {"text": 7}],
        [GOOD | {"box": [1, 2, 3]}],
        [GOOD | {"box": [1, 2, 3, 4.5]}],
        [GOOD | {"corners": [[0, 0]]}],
        [GOOD | {"corners": None}],
        [{"text": "1ABC123"}],
        ["1ABC123"],
        7,
    ],
)
def test_a_body_of_another_shape_is_refused(listed: object) -> None:
    with pytest.raises(MarkerError):
        read_marker(forged(json.dumps(listed).encode()))


@settings(deadline=None)
@given(body=binary(max_size=64))
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    if body.strip() == b"[]":
        return
    with pytest.raises(MarkerError):
        read_marker(forged(body))


def forged(body: bytes) -> Picture:
    """A picture whose marker is well formed but for its body: written cell by cell, apart from the code under test."""
    header = b"\xa5\x4d" + len(body).to_bytes(2, "big") + zlib.crc32(body).to_bytes(4, "big")
    content = header + body + bytes(-len(body) % 8)
    picture: Picture = np.full((720, 1280, 3), 255, np.uint8)
    for index, byte in enumerate(content):
        for bit in range(8):
            column, row = (index % 8) * 8 + bit, index // 8
            bottom, left = 720 - 8 - row * 4, 8 + column * 4
            picture[bottom - 4 : bottom, left : left + 4] = 0 if byte >> (7 - bit) & 1 else 255
    return picture
