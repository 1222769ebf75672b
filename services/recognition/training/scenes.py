"""Samples for the detector: street pictures with plates whose corners are known.

Of the samples of a licensed frame 40 in 100 keep its real plates (only their boxes are known), 45 have drawn plates in
their places, and 15 have every plate taken out, so that lamps, badges and signs are seen to be none. In a quarter of all
samples, and in all where there are no frames, the street is drawn too. A real plate of which less than half is in the
picture, or that is too small, is taken out: what is no target must not look like one.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.training import frames, pasting, weather
from services.recognition.training import negatives as hard
from services.recognition.training.backdrops import draw_distractor, procedural_background
from services.recognition.training.frames import LEVELS, Boxes, Frame, levels
from services.recognition.training.pasting import Quad
from services.recognition.training.plate_pool import PlatePool
from services.recognition.training.render.placement import on_pixel_places

SIZE_PX = (320, 192)
PARTS = {"real": 0.40, "drawn": 0.45, "covered": 0.15}
# How wide plates are shown, every part of this range alike often by its ratio: up to a part of the sample's own width.
NARROWEST_PX, WIDEST_PX, WIDEST_PART = 12.0, 320.0, 0.8
# The licensed boxes are drawn with room around: a plate itself is so much of their width and height.
PLATE_IN_BOX = (0.92, 0.82)
# Retroreflecting plates shine whatever the rest of the picture is like.
PART_SHINING = 0.15
# Standard deviation, in levels of 255, below which a plate has drowned in the dark or in the light.
LEAST_CONTRAST = 5.0
LEAST_WIDTH_PX, LEAST_SHARE = 10.0, 0.5
# Cars stand askew, and cameras hang so: part of the plates are turned by anything up to these degrees. From turns of 3
# degrees alone the network learns nothing: it tells upright boxes.
PART_TURNED, MOST_TURNED_DEGREES = 0.35, 15.0
# Samples whose street is drawn too. Among few frames a network learns the streets; on others it sees plates everywhere.
PART_OF_DRAWN_STREETS = 0.25
MOST_ENLARGED = 4.0
TRIES = 6
# Samples that are aimed at a plate; the others show any part of a frame.
PART_AIMED = 0.85
PART_AT_HARD_PLACES = 0.7
# How probable it is that 0, 1, 2 ... things that are no plates, and plates on other spots, are drawn into a sample.
DISTRACTORS, ADDED = (0.6, 0.25, 0.15), (0.35, 0.35, 0.2, 0.1)
OUTSIDE = (114, 114, 114)
TRUE_CORNERS, BOX_ONLY, NOT_JUDGED = 1, 0, -1

Placed = tuple[Quad, int]


class Scene(NamedTuple):
    """pixels: (h, w, 3) BGR; quads: (k, 4, 2) corners in pixels.

    exactness: (k,) 1 for true corners, 0 for those of a box, -1 where a plate may or may not be told.
    """

    pixels: Pixels
    quads: Quad
    exactness: NDArray[np.int8]


class Real(NamedTuple):
    """A real plate in a view. box: corners of its box, with room around when it is labelled so; plate: without."""

    box: Quad
    plate: Quad
    exactness: int


class View(NamedTuple):
    """A part of a frame as the sample shows it. scale: pixels of the sample per pixel of the frame."""

    pixels: Pixels
    real: list[Real]
    scale: float
    roll_degrees: float


class Scenes:
    """A source of samples, of the frames in `data` of one part, `training` or `validation`; of drawn backgrounds without.

    negatives: a file of `negatives`.
    """

    def __init__(
        self,
        data: Path | None = None,
        part: str = "training",
        pool: PlatePool | None = None,
        negatives: Path | None = None,
    ) -> None:
        self._hard = hard.read(negatives) if negatives else {}
        self._frames = frames.of_part(data, part) if data else ()
        self._pool = pool or PlatePool()

    def sample(self, rng: Generator, size: tuple[int, int] = SIZE_PX) -> Scene:
        """A new sample. size: width and height in pixels."""
        kind = str(rng.choice(list(PARTS), p=list(PARTS.values())))
        is_drawn = not self._frames or rng.random() < PART_OF_DRAWN_STREETS
        view = _drawn_view(rng, size) if is_drawn else self._look(rng, kind, size)
        placed = self._with_plates(rng, view, kind)
        pixels = weather.changed(rng, view.pixels)
        quads = np.array([quad for quad, _ in placed], np.float32).reshape(-1, 4, 2)
        exactness = [told if _can_be_seen(pixels, quad) else NOT_JUDGED for quad, told in placed]
        return Scene(pixels, quads, np.array(exactness, np.int8))

    def _look(self, rng: Generator, kind: str, size: tuple[int, int]) -> View:
        """A part of some frame; of one without plates often a place that was taken for one."""
        frame = self._frames[int(rng.integers(len(self._frames)))]
        targets = np.concatenate([frame.boxes, frame.unlabelled])
        part_aimed = PART_AIMED
        if kind == "covered" and frame.path.name in self._hard:
            targets, part_aimed = self._hard[frame.path.name], PART_AT_HARD_PLACES
        aimed = rng.random() < part_aimed and len(targets)
        target = targets[int(rng.integers(len(targets)))] if aimed else None
        return _view(rng, frame, target, size, mirrors=kind != "real" and rng.random() < 0.5)

    def _with_plates(self, rng: Generator, view: View, kind: str) -> list[Placed]:
        """Draws into the view; answers the plates that are in it now."""
        size = view.pixels.shape[1], view.pixels.shape[0]
        whites = [pasting.white_level(view.pixels, real.plate) for real in view.real]
        placed: list[Placed] = []
        for real in view.real:
            if kind == "real" and _is_target(real.plate, size):
                placed.append((real.plate, real.exactness))
            else:
                pasting.cover(rng, view.pixels, real.box)
        if kind != "real":
            for _ in range(int(rng.choice(3, p=DISTRACTORS))):
                draw_distractor(rng, view.pixels)
        if kind == "drawn":
            for real, white in zip(view.real, whites, strict=True):
                self._replace(rng, view, placed, real.plate, white)
        if kind != "covered":
            for _ in range(int(rng.choice(4, p=ADDED)) + (0 if view.real else 1)):
                self._add(rng, view, placed)
        return placed

    def _replace(self, rng: Generator, view: View, placed: list[Placed], quad: Quad, white: float) -> None:
        """A drawn plate where a real one was."""
        sheet = self._pool.take(rng)
        centre = quad.mean(axis=0) + rng.normal(0, 0.04, 2) * np.ptp(quad, axis=0)
        width = float(np.ptp(quad[:, 0]) * rng.uniform(0.95, 1.3) * (0.75 if sheet.has_two_lines else 1.0))
        corners = pasting.posed(
            rng, (float(centre[0]), float(centre[1])), width, sheet.aspect, view.roll_degrees + _roll(rng)
        )
        self._lay(rng, view, placed, corners, plate=sheet.pixels, white=white * rng.uniform(0.8, 1.3))

    def _add(self, rng: Generator, view: View, placed: list[Placed]) -> None:
        """A drawn plate on any other spot, more often in the lower part."""
        height, width = view.pixels.shape[:2]
        sheet = self._pool.take(rng)
        for _ in range(TRIES):
            wide = _wide(rng, width) * (0.7 if sheet.has_two_lines else 1.0)
            centre = float(rng.uniform(0, width)), float(height * rng.beta(2, 1.4))
            corners = pasting.posed(rng, centre, wide, sheet.aspect, view.roll_degrees + _roll(rng))
            if not any(
                _touches(corners, other) for other in [*(quad for quad, _ in placed), *(real.box for real in view.real)]
            ):
                light = max(pasting.white_level(view.pixels, corners), float(view.pixels.mean()))
                white = light * rng.uniform(0.9, 1.9) + rng.uniform(0, 50)
                self._lay(rng, view, placed, corners, plate=sheet.pixels, white=white)
                return

    def _lay(
        self, rng: Generator, view: View, placed: list[Placed], corners: Quad, *, plate: Pixels, white: float
    ) -> None:
        height, width = view.pixels.shape[:2]
        if not _is_target(corners, (width, height)) or any(_touches(corners, other) for other, _ in placed):
            return
        if rng.random() < PART_SHINING:
            white = float(rng.uniform(190, 255))
        blur_px = view.scale * float(rng.uniform(0.1, 0.85))
        pasting.paste(rng, view.pixels, plate, corners, white=float(np.clip(white, 25, 255)), blur_px=blur_px)
        placed.append((corners, TRUE_CORNERS))


def _roll(rng: Generator) -> float:
    return float(rng.uniform(-MOST_TURNED_DEGREES, MOST_TURNED_DEGREES)) if rng.random() < PART_TURNED else 0.0


def _wide(rng: Generator, picture_width: int) -> float:
    widest = min(WIDEST_PX, WIDEST_PART * picture_width)
    return float(np.exp(rng.uniform(np.log(NARROWEST_PX), np.log(widest))))


def _is_target(quad: Quad, size: tuple[int, int]) -> bool:
    return bool(np.ptp(quad[:, 0]) >= LEAST_WIDTH_PX and pasting.visible_share(quad, size) >= LEAST_SHARE)


def _can_be_seen(pixels: Pixels, quad: Quad) -> bool:
    """Whether night or glare left anything of a plate."""
    left, top, right, bottom = pasting.bounds(quad, (pixels.shape[1], pixels.shape[0]))
    return bool(pixels[top:bottom, left:right, 1].std() >= LEAST_CONTRAST)


def _touches(one: Quad, other: Quad) -> bool:
    """Whether their enclosing boxes meet, with a little room between."""
    room = 0.15 * min(np.ptp(one[:, 1]), np.ptp(other[:, 1])) + 2
    apart = np.maximum(one.min(axis=0) - other.max(axis=0), other.min(axis=0) - one.max(axis=0))
    return bool((apart < room).all())


def _drawn_view(rng: Generator, size: tuple[int, int]) -> View:
    return View(procedural_background(rng, size), [], float(rng.uniform(0.4, 1.5)), float(rng.normal(0, 2)))


def _view(rng: Generator, frame: Frame, target: Boxes | None, size: tuple[int, int], *, mirrors: bool) -> View:
    """A part of the frame, turned, scaled and seen a little aslant."""
    pictures = levels(frame.path)
    scale, centre = _aim(rng, target, pictures[0].shape, size)
    roll = float(rng.normal(0, 3))
    transform = _transform(rng, scale, centre, roll, size, mirrors=mirrors)
    found = [
        Real(_mapped(box, transform, mirrors=mirrors), _mapped(plate, transform, mirrors=mirrors), exactness)
        for box, plate, exactness in _plates(frame)
    ]
    near = [real for real in found if pasting.visible_share(real.box, size) > 0]
    return View(_seen(pictures, transform, scale, size), near, scale, -roll if mirrors else roll)


def _plates(frame: Frame) -> Iterator[Real]:
    """In pixels of the frame."""
    for box in frame.boxes:
        corners = frames.corners(box)
        middle = corners.mean(axis=0)
        yield Real(corners, np.asarray(middle + (corners - middle) * PLATE_IN_BOX, np.float32), BOX_ONLY)
    for exactness, boxes in ((BOX_ONLY, frame.unlabelled), (NOT_JUDGED, frame.unsure)):
        for box in boxes:
            yield Real(frames.corners(box), frames.corners(box), exactness)


def _seen(pictures: Sequence[Pixels], transform: NDArray[np.float64], scale: float, size: tuple[int, int]) -> Pixels:
    """The frame through a transform of places, in which (0, 0) is the corner of the first pixel and not its middle."""
    level = max(number for number, part in enumerate(LEVELS) if part == 1 or part * scale <= 1)
    whole = transform @ np.diag([LEVELS[level], LEVELS[level], 1.0])
    pixels = cv2.warpPerspective(
        pictures[level],
        on_pixel_places(whole),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=OUTSIDE,
    )
    return np.asarray(pixels, np.uint8)


def _aim(
    rng: Generator, target: Boxes | None, shape: tuple[int, ...], size: tuple[int, int]
) -> tuple[float, tuple[float, float]]:
    """How large the frame is shown, and which of its points is in the middle. target: (4,), in it and of a chosen size."""
    height, width = shape[:2]
    least = size[0] / width
    if target is not None:
        left, top, right, bottom = (float(value) for value in target)
        wanted = _wide(rng, size[0]) / max(right - left, 4)
        scale = float(np.clip(wanted, least, MOST_ENLARGED))
        aside = rng.uniform(-0.5, 0.5, 2) * size / scale
        middle = np.array(((left + right) / 2, (top + bottom) / 2)) + aside
    else:
        scale = max(least, float(np.exp(rng.uniform(np.log(0.3), np.log(1.5)))))
        middle = rng.uniform(0, 1, 2) * (width, height)
    half = np.array(size) / scale / 2
    room = np.maximum(np.array((width, height)) - half, half)
    centre = np.clip(middle, np.minimum(half, np.array((width, height)) / 2), room)
    return scale, (float(centre[0]), float(centre[1]))


def _transform(
    rng: Generator, scale: float, centre: tuple[float, float], roll: float, size: tuple[int, int], *, mirrors: bool
) -> NDArray[np.float64]:
    """The 3 x 3 transform from the frame to the sample."""
    width, height = size
    angle, across = np.radians(roll), scale * rng.uniform(0.92, 1.08)
    turn = np.array([(np.cos(angle), -np.sin(angle), 0), (np.sin(angle), np.cos(angle), 0), (0, 0, 1)])
    stretch = np.diag([-across if mirrors else across, scale, 1.0])
    aslant = np.eye(3)
    aslant[2, :2] = rng.normal(0, 0.03, 2) / size
    aslant[0, 1] = rng.normal(0, 0.03)
    to_middle = np.array([(1, 0, -centre[0]), (0, 1, -centre[1]), (0, 0, 1)])
    back = np.array([(1, 0, width / 2), (0, 1, height / 2), (0, 0, 1)])
    return np.asarray(back @ aslant @ turn @ stretch @ to_middle, np.float64)


def _mapped(quad: Quad, transform: NDArray[np.float64], *, mirrors: bool) -> Quad:
    mapped = cv2.perspectiveTransform(quad[None], transform)[0].astype(np.float32)
    return np.asarray(mapped[[1, 0, 3, 2]] if mirrors else mapped, np.float32)
