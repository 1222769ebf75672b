"""A contact sheet of the reads that went wrong: the plate, what it says and what was read."""

import cv2
import numpy as np

from services.common import raster
from services.common.raster import Pixels
from services.recognition.reading import Box
from services.recognition.training.scores import Outcome

TILE_PX, WORDS_PX = (240, 84), 32
COLUMNS, MOST_TILES = 5, 200
AROUND = 0.35
ASCII = str.maketrans({"Ä": "A:", "Ö": "O:", "Ü": "U:"})
WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (32, 0, 176)


class ErrorSheet:
    """Takes errors as they come, keeps the first MOST_TILES of them, and counts all."""

    def __init__(self) -> None:
        self._tiles: list[Pixels] = []
        self.count = 0

    def note(self, content: bytes, outcome: Outcome, box: Box | None) -> None:
        """One error in an encoded picture. box: where the plate is; the whole picture is shown when nobody knows."""
        self.count += 1
        if len(self._tiles) < MOST_TILES:
            self._tiles.append(_tile(raster.decode(content), outcome, box))

    def png(self) -> bytes:
        """The sheet as a PNG; one white tile when there were no errors."""
        tiles = self._tiles or [_blank()]
        tiles = tiles + [_blank()] * (-len(tiles) % min(COLUMNS, len(tiles)))
        columns = min(COLUMNS, len(tiles))
        rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
        return cv2.imencode(".png", np.vstack(rows))[1].tobytes()


def _tile(pixels: Pixels, outcome: Outcome, box: Box | None) -> Pixels:
    tile = _blank()
    shown = _around(pixels, box) if box else pixels
    scale = min(TILE_PX[0] / shown.shape[1], TILE_PX[1] / shown.shape[0])
    size = max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale))
    picture = cv2.resize(shown, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    tile[: size[1], : size[0]] = picture
    groups = " ".join(name for _, name in outcome.groups)[:40]
    _write(tile, 12, f"{outcome.truth}  {groups}", BLACK)
    _write(tile, 26, f"{outcome.read or 'not found'}  {outcome.confidence:.0%}", RED)
    return tile


def _write(tile: Pixels, down: int, words: str, colour: tuple[int, int, int]) -> None:
    place = (3, TILE_PX[1] + down)
    cv2.putText(tile, words.translate(ASCII), place, cv2.FONT_HERSHEY_SIMPLEX, 0.36, colour, 1, cv2.LINE_AA)


def _around(pixels: Pixels, box: Box) -> Pixels:
    across, down = round(box.width * AROUND), round(box.height * AROUND)
    left, top = max(box.x - across, 0), max(box.y - down, 0)
    shown = pixels[top : box.y + box.height + down, left : box.x + box.width + across]
    return shown if shown.size else pixels


def _blank() -> Pixels:
    return np.full((TILE_PX[1] + WORDS_PX, TILE_PX[0], 3), 255, np.uint8)
