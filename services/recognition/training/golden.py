"""Golden sets: pictures of drawn plates that no training sees. The small one is the same on every machine: it uses no font files.

Each plate is drawn, soiled where the condition says so, laid into a street-like picture and taken by a camera of
`conditions`. Whether it is legible is decided from the picture and the clean drawing before any reader sees it; one that is
not counts neither for nor against a reader.
"""

import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import StrEnum

import cv2
import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition import quad
from services.recognition.reading import Corners
from services.recognition.training import backdrops, conditions, golden_legible, pasting
from services.recognition.training.labels import Label, Sample
from services.recognition.training.render import fonts, kinds, plate, wear
from services.recognition.training.render.plate import PlateArt

# Trainings seed their generators with single numbers; a sequence that begins with this one never gives the same stream.
SEED = 0x601DE
WIDTH_PX, HEIGHT_PX = 640, 360
NEIGHBOURS = ("NL", "FR", "DE", "LU", "GB")
OWN_GROUPS = (*NEIGHBOURS, "random", "foreign")
# Height of the letters in the picture, in pixels: of a plate 60 to 200 px wide, and of one far away.
LETTERS_PX, FAR_LETTERS_PX = (9.5, 30.0), (7.5, 10.0)
# So many plates lie askew in their picture, in degrees (standard deviation).
ROLL_DEGREES = 2.0
QUALITY = (70, 96)
WHITE = (150.0, 250.0)


class Size(StrEnum):
    """Which set. They share no picture: small is looked at while models are chosen and in CI, large is what is reported,
    and probabilities are fitted on calibration.
    """

    SMALL = "small"
    LARGE = "large"
    CALIBRATION = "calibration"


# Multiples of the number of conditions.
PER_GROUP = {Size.SMALL: 28, Size.LARGE: 84, Size.CALIBRATION: 154}


@dataclass(frozen=True, slots=True)
class GoldenPicture:
    """One picture and the truth about the plate in it. content: JPEG; corners: pixels, clockwise from the top left."""

    name: str
    content: bytes = field(repr=False)
    art: PlateArt = field(repr=False)
    group: str
    condition: str
    corners: Corners
    is_legible: bool

    def sample(self) -> Sample:
        """As the evaluation takes it."""
        groups = (
            ("group", self.group),
            ("condition", self.condition),
            ("layout", self.art.layout),
            ("country", self.art.country or "none"),
        )
        label = Label(self.art.text, quad.enclosing(self.corners), groups, self.is_legible)
        return Sample(self.name, lambda: self.content, (label,))


def groups() -> tuple[str, ...]:
    """Each Belgian kind, each neighbour, the rest of Europe, random texts and foreign layouts."""
    return tuple(dict.fromkeys(group(kind) for kind in kinds.WEIGHTS))


def group(kind: str) -> str:
    """The group that plates of a renderer's kind count under."""
    if kind.startswith("BE_"):
        return kind
    return next((own for own in OWN_GROUPS if kind == own or kind.startswith(f"{own}_")), "rest")


def pictures(size: Size, per_group: int | None = None) -> Iterator[GoldenPicture]:
    """The pictures of a set, group by group, each condition as often as the others."""
    for name in groups():
        for number in range(per_group or PER_GROUP[size]):
            yield picture(size, name, number)


def picture(size: Size, name: str, number: int) -> GoldenPicture:
    """One picture of a group; the same for the same arguments, and the same fonts unless the set is small."""
    with fonts.left_out() if size is Size.SMALL else nullcontext():
        return _picture(size, name, number)


def _picture(size: Size, name: str, number: int) -> GoldenPicture:
    rng = np.random.default_rng([SEED, zlib.crc32(f"{size} {name}".encode()), number])
    condition = tuple(conditions.CONDITIONS)[number % len(conditions.CONDITIONS)]
    art = plate.draw(rng, _kind(rng, name))
    street = backdrops.procedural_background(rng, (WIDTH_PX, HEIGHT_PX))
    corners = _placed(rng, art, FAR_LETTERS_PX if condition == "far" else LETTERS_PX)
    soiled = wear.worn(art.pixels, rng) if condition == "dirt" else art.pixels
    pasting.paste(rng, street, soiled, corners, white=float(rng.uniform(*WHITE)), blur_px=0.0)
    packed = _packed(conditions.taken(street, condition, rng), rng)
    seen = np.asarray(cv2.imdecode(np.frombuffer(packed, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    first, second, third, fourth = ((float(x), float(y)) for x, y in corners)
    return GoldenPicture(
        name=f"{name}-{number:04}.jpg",
        content=packed,
        art=art,
        group=name,
        condition=condition,
        corners=(first, second, third, fourth),
        is_legible=golden_legible.is_legible(art, seen, corners),
    )


def _kind(rng: Generator, name: str) -> str:
    """One of the group's kinds, as often as the renderer draws it."""
    members = {kind: weight for kind, weight in kinds.WEIGHTS.items() if group(kind) == name}
    weights = np.array(list(members.values()))
    return list(members)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _placed(rng: Generator, art: PlateArt, letters_px: tuple[float, float]) -> pasting.Quad:
    """Corners wholly inside the picture, so that the letters have a height in this range."""
    height, width = art.pixels.shape[:2]
    drawn_px = float(np.median([character.height for character in art.characters]))
    scale = float(np.exp(rng.uniform(*np.log(letters_px)))) / drawn_px
    shape = pasting.posed(rng, (0.0, 0.0), width * scale, width / height, float(rng.normal(0, ROLL_DEGREES)))
    low, high = shape.min(axis=0), shape.max(axis=0)
    room = np.maximum(np.array((WIDTH_PX, HEIGHT_PX)) - 16 - (high - low), 0)
    return np.asarray(shape - low + 8 + rng.uniform(0, 1, 2) * room, np.float32)


def _packed(pixels: Pixels, rng: Generator) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*QUALITY))]
    return cv2.imencode(".jpg", pixels, quality)[1].tobytes()
