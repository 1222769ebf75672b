"""A machine-readable marker in the lower left corner of a rendered frame: what the plates in it are.

The simulator draws it, recognition's stand-in engine reads it, so that tests of the whole way need no OCR. It is a
grid of black and white cells in our own layout and not a QR code: OpenCV 5 fails to decode 1 to 20 % of the QR codes
that it encodes itself (measured on spotless frames), and a lost read there would look like a lost frame here.

Layout: cells of 4x4 px, 64 to a row, inside a white margin of two cells, rows counted upwards from the bottom. The
lowest row is the header (magic, length, CRC-32 of the body); above it the body, a JSON list with one object a plate:
`{"text", "box": [x, y, w, h], "corners": [[x, y] x4], "country"}`, padded with zero bits to a whole row.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

CELL_PX = 4
ROW_BYTES = 8
MARGIN_PX = 2 * CELL_PX
_WIDTH_PX = ROW_BYTES * 8 * CELL_PX
_HEADER = struct.Struct(">2sHI")
_MAGIC = b"\xa5\x4d"

Picture = NDArray[np.uint8]
Corners = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]


class MarkerError(ValueError):
    """The picture carries no marker, or one too damaged to trust."""


@dataclass(frozen=True, slots=True)
class MarkedPlate:
    """One plate as the marker names it. Pixels of the frame; corners from the top left, clockwise."""

    text: str = field(repr=False)
    country: str
    box: tuple[int, int, int, int]
    corners: Corners


def draw_marker(picture: Picture, plates: Sequence[MarkedPlate]) -> Picture:
    """A copy of `picture` (height, width, 3) with the marker. ValueError when the picture is too small to hold it."""
    grid = _grid(_encode(plates))
    height_px, width_px = grid.shape[0] + 2 * MARGIN_PX, grid.shape[1] + 2 * MARGIN_PX
    if picture.shape[0] < height_px or picture.shape[1] < width_px:
        raise ValueError("the marker does not fit into the picture")
    marked = picture.copy()
    marked[-height_px:, :width_px] = 255
    marked[-height_px + MARGIN_PX : -MARGIN_PX, MARGIN_PX : width_px - MARGIN_PX] = grid[:, :, None]
    return marked


def read_marker(picture: Picture) -> tuple[MarkedPlate, ...]:
    """The plates that the marker of `picture` (height, width, 3) names; none is an answer. Raises MarkerError."""
    magic, size_bytes, checksum = _HEADER.unpack(_cells(picture, skip_rows=0, rows=1))
    if magic != _MAGIC:
        raise MarkerError("no marker in the lower left corner")
    body = _cells(picture, skip_rows=1, rows=-(-size_bytes // ROW_BYTES))[:size_bytes]
    if zlib.crc32(body) != checksum:
        raise MarkerError("the marker is damaged")
    return _decode(body)


def _grid(content: bytes) -> Picture:
    bits = np.unpackbits(np.frombuffer(content, np.uint8)).reshape(-1, ROW_BYTES * 8)
    cells = np.where(bits[::-1] == 1, 0, 255).astype(np.uint8)
    return cells.repeat(CELL_PX, axis=0).repeat(CELL_PX, axis=1)


def _cells(picture: Picture, *, skip_rows: int, rows: int) -> bytes:
    bottom = picture.shape[0] - MARGIN_PX - skip_rows * CELL_PX
    top = bottom - rows * CELL_PX
    if top < 0 or picture.shape[1] < _WIDTH_PX + 2 * MARGIN_PX:
        raise MarkerError("the picture is too small to carry the marker")
    area = picture[top:bottom, MARGIN_PX : MARGIN_PX + _WIDTH_PX].mean(axis=2)
    cells = area.reshape(rows, CELL_PX, ROW_BYTES * 8, CELL_PX).mean(axis=(1, 3))
    return np.packbits(cells[::-1] < 128, axis=1).tobytes()


def _encode(plates: Sequence[MarkedPlate]) -> bytes:
    listed = [{"text": p.text, "box": p.box, "corners": p.corners, "country": p.country} for p in plates]
    body = json.dumps(listed, separators=(",", ":")).encode()
    if len(body) > 0xFFFF:
        raise ValueError("too many plates for one marker")
    return _HEADER.pack(_MAGIC, len(body), zlib.crc32(body)) + body + bytes(-len(body) % ROW_BYTES)


def _decode(body: bytes) -> tuple[MarkedPlate, ...]:
    try:
        return tuple(
            _decode_plate(item["text"], item["country"], item["box"], item["corners"]) for item in json.loads(body)
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MarkerError("the marker does not hold a list of plates") from error


def _decode_plate(text: object, country: object, box: list[object], corners: list[list[object]]) -> MarkedPlate:
    if not isinstance(text, str) or not isinstance(country, str):
        raise TypeError("text and country are strings")
    x, y, width, height = (_pixel(value) for value in box)
    first, second, third, fourth = ((_pixel(across), _pixel(down)) for across, down in corners)
    return MarkedPlate(text, country, (x, y, width, height), (first, second, third, fourth))


def _pixel(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a pixel is a whole number")
    return value
