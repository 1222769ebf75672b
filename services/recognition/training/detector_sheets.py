"""Contact sheets of a detector's errors. They show licensed pictures: they stay outside the tree."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from services.common.raster import Pixels
from services.recognition.detection import Detection, Quad
from services.recognition.training import detector_scores
from services.recognition.training.frames import corners
from services.recognition.training.shown import Shown

TILE_PX = (240, 150)
COLUMNS, MOST_TILES = 6, 60
# Answers below this score are not shown as false, and find no plate.
LEAST_SCORE = 0.3
# A tile shows so many times the width of what it is about.
AROUND = 3.0
GREEN, RED, BLUE = (0, 220, 0), (0, 0, 255), (255, 80, 0)


def write(
    folder: Path,
    found: Sequence[tuple[Shown, Sequence[Detection]]],
    empty: Sequence[tuple[Shown, Sequence[Detection]]],
) -> None:
    """Writes false.png, missed.png and plate-free.png, the worst first."""
    folder.mkdir(parents=True, exist_ok=True)
    false: list[tuple[float, Pixels]] = []
    missed: list[tuple[float, Pixels]] = []
    for shown, answers in found:
        surely = [one for one in answers if one.score >= LEAST_SCORE]
        for one in surely:
            alone = detector_scores.judged([one], shown.boxes, shown.not_judged)
            if alone.hits.tolist() == [-1]:
                false.append((one.score, tile(shown.pixels, one.corners, f"{one.score:.2f} {shown.name[-12:]}", RED)))
        hit = set(detector_scores.judged(surely, shown.boxes, shown.not_judged).hits.tolist())
        for place, box in enumerate(shown.boxes):
            if place not in hit:
                missed.append((float(box[2] - box[0]), tile(shown.pixels, corners(box), shown.name[-16:], BLUE)))
    free = [
        (one.score, tile(shown.pixels, one.corners, f"{one.score:.2f}", RED))
        for shown, answers in empty
        for one in answers
    ]
    for name, tiles in (("false", false), ("missed", missed), ("plate-free", free)):
        ranked = [picture for _, picture in sorted(tiles, key=lambda pair: -pair[0])]
        cv2.imwrite(str(folder / f"{name}.png"), sheet(ranked))


def tile(pixels: Pixels, quad: Quad, words: str, colour: tuple[int, int, int]) -> Pixels:
    """The surroundings of a quadrilateral, with it drawn in and words below."""
    wide, high = TILE_PX
    middle, width = quad.mean(axis=0), max(float(np.ptp(quad[:, 0])), float(np.ptp(quad[:, 1])), 8.0)
    scale = wide / (width * AROUND)
    transform = np.array(
        [(scale, 0, wide / 2 - middle[0] * scale), (0, scale, high / 2 - middle[1] * scale)], np.float64
    )
    shown = cv2.warpAffine(pixels, transform, TILE_PX, flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    outline = np.round((quad * scale + transform[:, 2]) * 8).astype(np.int32)
    cv2.polylines(shown, [outline], isClosed=True, color=colour, thickness=1, lineType=cv2.LINE_AA, shift=3)
    cv2.putText(shown, words, (4, high - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 2, cv2.LINE_AA)
    cv2.putText(shown, words, (4, high - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return np.asarray(shown, np.uint8)


def sheet(tiles: Sequence[Pixels]) -> Pixels:
    """The first tiles in rows."""
    wide, high = TILE_PX
    shown = list(tiles[:MOST_TILES])
    rows = max(1, -(-len(shown) // COLUMNS))
    page = np.full((rows * high, COLUMNS * wide, 3), 60, np.uint8)
    for place, picture in enumerate(shown):
        top, left = place // COLUMNS * high, place % COLUMNS * wide
        page[top : top + high, left : left + wide] = picture
    return page
