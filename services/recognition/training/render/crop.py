"""Samples for the reader: drawn plates, taken by a camera and rectified as the product does it, with their labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition import rectify
from services.recognition.alphabet import (
    BLANK,
    COLUMNS,
    COUNTRY_INDEX,
    ONE_LINE,
    READER_HEIGHT_PX,
    READER_WIDTH_PX,
    TWO_LINES,
)
from services.recognition.reading import Layout
from services.recognition.training.render import camera, columns, cutting, holder, plate, surroundings, wear
from services.recognition.training.render.chance import between, happens
from services.recognition.training.render.cutting import Cut
from services.recognition.training.render.placement import Matrix, Placement, loosened, placed, warped

PART_CUT, PART_FED_WRONG, PART_WITHOUT_PLATE = 0.04, 0.03, 0.04
MARGINS = (-0.02, 0.08)
NO_PLATE, NO_SERIES = "no plate", "no series"
# The artwork is averaged down to this many of its pixels for one of the picture, then worn and warped.
OVERSAMPLED = 1.6
# A plate whose characters are this high bears the usual blur; smaller ones less.
USUAL_CHARACTER_PX = 17.0
PLACES_TRIED = 6


@dataclass(frozen=True, slots=True)
class ReaderSample:
    """What the reader is trained on. columns: of each column its class, BLANK or NOT_SUPERVISED."""

    pixels: Pixels  # (READER_HEIGHT_PX, READER_WIDTH_PX, 3), BGR
    text: str
    columns: columns.Columns  # (COLUMNS,)
    country: int
    layout: int
    is_fed_wrong: bool  # split though of one line or the other way round: the text is not to be learned
    kind: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A sample with what is known of how it came about."""

    sample: ReaderSample
    art: plate.PlateArt
    transforms: tuple[Matrix, ...]  # from the artwork to the reader's input, whole or one for each line
    glyphs: tuple[columns.Glyph, ...]
    camera: camera.Camera
    character_px: float  # height of the lowest character in the picture


@dataclass(frozen=True, slots=True)
class _View:
    """A plate in its picture, and how the product looks at it."""

    place: Placement
    cut: Cut | None
    corners: rectify.Quad
    margin: float
    is_split: bool
    transforms: tuple[Matrix, ...]
    glyphs: tuple[columns.Glyph, ...]


def sample(
    rng: Generator, hardness: float = 1.0, kind: str | None = None, backgrounds: Sequence[Pixels] = ()
) -> ReaderSample:
    """One sample. hardness: 0 is clean, 1 what is trained on. kind: one of plate.KINDS; None draws one, or no plate.

    backgrounds: pictures without plates, of which parts are put behind half of the plates.
    """
    return next(samples(rng, hardness, kind, backgrounds))


def samples(
    rng: Generator,
    hardness: float = 1.0,
    kind: str | None = None,
    backgrounds: Sequence[Pixels] = (),
    shots: int = 1,
) -> Iterator[ReaderSample]:
    """Samples without end. shots: how many of every drawn plate, which takes longer to draw than to photograph."""
    for taken in takes(rng, hardness, kind, backgrounds, shots):
        while kind is None and happens(rng, PART_WITHOUT_PLATE):
            yield without_plate(rng, hardness, backgrounds)
        yield taken.sample


def takes(
    rng: Generator,
    hardness: float = 1.0,
    kind: str | None = None,
    backgrounds: Sequence[Pixels] = (),
    shots: int = 1,
) -> Iterator[Taken]:
    """Samples that show a plate, without end."""
    share = min(1.0, hardness)
    while True:
        art = plate.draw(rng, kind)
        for _ in range(shots):
            is_cut, is_fed_wrong = happens(rng, PART_CUT * share), happens(rng, PART_FED_WRONG * share)
            for view in _decided(rng, art, hardness, is_cut, is_fed_wrong):
                yield _taken(rng, art, view, hardness, backgrounds)


def _taken(rng: Generator, art: plate.PlateArt, view: _View, hardness: float, backgrounds: Sequence[Pixels]) -> Taken:
    character_px = min((box.height for box in art.characters), default=0) * _scale(art, view.place)
    shot_by = camera.chosen(rng, hardness, float(np.clip(character_px / USUAL_CHARACTER_PX, 0.4, 1.6)))
    picture = _picture(rng, art, view, shot_by, hardness=hardness, backgrounds=backgrounds)
    is_fed_wrong = view.is_split != (_layout(art) == TWO_LINES)
    made = ReaderSample(
        pixels=rectify.rectified(picture, view.corners - np.float32(0.5), view.margin, two_lines=view.is_split),
        text=art.text if is_fed_wrong else columns.text(view.glyphs),
        columns=np.full(COLUMNS, columns.NOT_SUPERVISED, np.int8) if is_fed_wrong else columns.labelled(view.glyphs),
        country=COUNTRY_INDEX.get(art.country, 0),
        layout=_layout(art),
        is_fed_wrong=is_fed_wrong,
        kind=art.series or NO_SERIES,
    )
    return Taken(made, art, view.transforms, view.glyphs, shot_by, character_px)


def _decided(rng: Generator, art: plate.PlateArt, hardness: float, is_cut: bool, is_fed_wrong: bool) -> Iterator[_View]:
    """One view in which it is clear what can be read; none if such a one is hard to find."""
    for _ in range(PLACES_TRIED):
        view = _view(rng, art, hardness, is_cut, is_fed_wrong)
        if is_fed_wrong or not columns.is_undecided(view.glyphs):
            yield view
            return


def _view(rng: Generator, art: plate.PlateArt, hardness: float, is_cut: bool, is_fed_wrong: bool) -> _View:
    height, width = art.pixels.shape[:2]
    two_lines = _layout(art) == TWO_LINES
    place = placed(rng, width, height, hardness, two_lines=two_lines)
    margin = between(rng, *MARGINS)
    cut = cutting.chosen(rng, art.characters) if is_cut and art.characters else None
    corners = loosened(rng, cut.corners(place, width, height, margin) if cut else place.corners, hardness)
    is_split = two_lines != is_fed_wrong
    transforms = tuple(transform @ place.to_picture for transform in _into_reader(corners, margin, is_split))
    glyphs = columns.glyphs(art.characters, transforms, cut.left if cut else cutting.WHOLE)
    return _View(place, cut, corners, margin, is_split, transforms, glyphs)


def _picture(
    rng: Generator,
    art: plate.PlateArt,
    view: _View,
    shot_by: camera.Camera,
    *,
    hardness: float,
    backgrounds: Sequence[Pixels],
) -> Pixels:
    """What the camera gives."""
    place = view.place
    behind = surroundings.surroundings(rng, place.width_px, place.height_px, backgrounds)
    if shot_by.surroundings_gain < 1:
        behind = np.asarray(cv2.convertScaleAbs(behind, alpha=shot_by.surroundings_gain), np.uint8)
    shrunk = _shrunk(art.pixels, _scale(art, place) * OVERSAMPLED)
    back = np.diag([art.pixels.shape[1] / shrunk.shape[1], art.pixels.shape[0] / shrunk.shape[0], 1.0])
    held = holder.held(wear.worn(shrunk, rng, hardness), rng, min(1.0, hardness))
    to_plate = np.array([(1.0, 0.0, -held.left), (0.0, 1.0, -held.top), (0.0, 0.0, 1.0)])
    picture = _mounted(behind, held.pixels, place.to_picture @ back @ to_plate)
    if view.cut:
        picture = view.cut.applied(picture, place, art.pixels.shape[1], art.pixels.shape[0], rng)
    return camera.taken(shot_by, picture, rng)


def without_plate(rng: Generator, hardness: float, backgrounds: Sequence[Pixels]) -> ReaderSample:
    """Paint, bars or lamps where a detector thought to see a plate. Its layout is how it was fed."""
    is_split = happens(rng, 0.2)
    place = placed(rng, 260 if is_split else 378, 160 if is_split else 80, hardness, two_lines=is_split)
    picture = surroundings.surroundings(rng, place.width_px, place.height_px, backgrounds)
    corners = loosened(rng, place.corners, hardness)
    return ReaderSample(
        pixels=rectify.rectified(camera.shot(picture, rng, hardness), corners, two_lines=is_split),
        text="",
        columns=np.full(COLUMNS, BLANK, np.int8),
        country=0,
        layout=TWO_LINES if is_split else ONE_LINE,
        is_fed_wrong=False,
        kind=NO_PLATE,
    )


def _layout(art: plate.PlateArt) -> int:
    return TWO_LINES if art.layout == Layout.TWO_LINES else ONE_LINE


def _scale(art: plate.PlateArt, place: Placement) -> float:
    """Pixels of the picture for one of the artwork."""
    return float(np.linalg.norm(place.corners[1] - place.corners[0]) / art.pixels.shape[1])


def _into_reader(corners: rectify.Quad, margin: float, is_split: bool) -> Sequence[Matrix]:
    """The transforms of the whole plate, or of its lines, from points of the picture to those of the reader's input."""
    if is_split:
        return rectify.half_homographies(corners, margin)
    return (rectify.homography(corners, READER_WIDTH_PX, READER_HEIGHT_PX, margin),)


def _shrunk(art: Pixels, part: float) -> Pixels:
    if part >= 1:
        return art
    height, width = art.shape[:2]
    size = (max(8, round(width * part)), max(8, round(height * part)))
    return np.asarray(cv2.resize(art, size, interpolation=cv2.INTER_AREA), np.uint8)


def _mounted(behind: Pixels, art: Pixels, to_picture: Matrix) -> Pixels:
    """The plate in front of what is behind it."""
    height, width = behind.shape[:2]
    seen = warped(np.asarray(cv2.cvtColor(art, cv2.COLOR_BGR2BGRA), np.uint8), to_picture, width, height)
    through = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(seen, 3)), cv2.COLOR_GRAY2BGR)
    in_front = cv2.cvtColor(seen, cv2.COLOR_BGRA2BGR)
    return np.asarray(cv2.add(in_front, cv2.multiply(behind, through, scale=1 / 255)), np.uint8)
