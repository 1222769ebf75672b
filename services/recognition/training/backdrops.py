"""Backgrounds without a photograph, and things that are no plate: what a training without licensed frames stands on."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels

WORDS = (
    "open",
    "bar",
    "sale",
    "taxi",
    "stop",
    "hotel",
    "pizza",
    "auto",
    "school",
    "market",
    "post",
    "bank",
    "park",
    "way",
)
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def procedural_background(rng: Generator, size: tuple[int, int]) -> Pixels:
    """A street-like picture (height, width, 3) of sky, ground, boxes, lamps and signs. size: width, height in pixels."""
    width, height = size
    horizon = float(rng.uniform(0.1, 0.6)) * height
    above, below = rng.uniform(30, 240, 3), rng.uniform(20, 160, 3)
    down = np.arange(height, dtype=np.float32)[:, None, None]
    share = np.clip((down - horizon) / max(height * 0.08, 1) + 0.5, 0, 1)
    shade = 1 + rng.uniform(-0.3, 0.3) * (down / height - 0.5)
    columns = np.broadcast_to((above * (1 - share) + below * share) * shade, (height, width, 3))
    picture = np.clip(columns, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(6, 22))):
        _draw_shape(rng, picture)
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    picture = np.asarray(
        cv2.addWeighted(picture, 1 - (paleness := float(rng.uniform(0, 0.9))), grey, paleness, 0), np.uint8
    )
    for _ in range(int(rng.integers(0, 3))):
        draw_distractor(rng, picture)
    return _roughened(rng, picture)


def draw_distractor(rng: Generator, picture: Pixels) -> None:
    """Draws something that a detector likes to take for a plate: a sign, a grille, a lamp, an empty panel, a barrier."""
    height, width = picture.shape[:2]
    wide = max(6, round(float(np.exp(rng.uniform(np.log(width * 0.05), np.log(width * 0.4))))))
    place = int(rng.integers(-wide // 3, width)), int(rng.integers(0, height))
    DISTRACTORS[int(rng.integers(len(DISTRACTORS)))](rng, picture, place, wide)


def _draw_shape(rng: Generator, picture: Pixels) -> None:
    height, width = picture.shape[:2]
    colour = tuple(float(value) for value in rng.uniform(0, 255, 3))
    x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
    wide, high = (int(value) for value in rng.uniform(0.03, 0.5, 2) * (width, height))
    kind = rng.integers(4)
    if kind == 0:
        cv2.rectangle(picture, (x, y), (x + wide, y + high), colour, -1)
    elif kind == 1:
        cv2.ellipse(picture, (x, y), (wide // 2 + 1, high // 2 + 1), float(rng.uniform(0, 180)), 0, 360, colour, -1)
    elif kind == 2:
        cv2.line(picture, (x, y), (x + wide, y + high), colour, int(rng.integers(1, 6)), cv2.LINE_AA)
    else:
        corners = np.array(
            [(x, y), (x + wide, y + high // 3), (x + wide, y + high), (x - wide // 3, y + high)], np.int32
        )
        cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)


def _roughened(rng: Generator, picture: Pixels) -> Pixels:
    """With coarse and fine texture."""
    height, width = picture.shape[:2]
    coarse = rng.standard_normal((max(height // 8, 1), max(width // 8, 1), 1), np.float32) * rng.uniform(2, 14)
    grain = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def _sign(rng: Generator, picture: Pixels, place: tuple[int, int], wide: int) -> None:
    """Words on a panel: in several lines, or larger than a plate's and of small letters."""
    lines = int(rng.integers(1, 5))
    scale = wide / 160 * float(rng.uniform(0.5, 1.2))
    pitch = max(6, round(scale * 30))
    x, y = place
    ground, ink = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
    if rng.random() < 0.7:
        cv2.rectangle(picture, place, (x + wide, y + pitch * lines + pitch // 2), tuple(ground.tolist()), -1)
    for line in range(lines):
        words = " ".join(str(word) for word in rng.choice(WORDS, int(rng.integers(1, 3))))
        at = (x + 2, y + pitch * (line + 1))
        font = FONTS[int(rng.integers(len(FONTS)))]
        cv2.putText(picture, words, at, font, scale, tuple(ink.tolist()), int(rng.integers(1, 3)), cv2.LINE_AA)


def _grille(rng: Generator, picture: Pixels, place: tuple[int, int], wide: int) -> None:
    """Bars, upright or level, as of a radiator, a fence or a crossing."""
    x, y = place
    high = max(4, round(wide / float(rng.uniform(2, 6))))
    light, dark = float(rng.uniform(90, 250)), float(rng.uniform(0, 90))
    cv2.rectangle(picture, place, (x + wide, y + high), (dark,) * 3, -1)
    is_level = rng.random() < 0.5
    length = high if is_level else wide
    step = max(3, round(length / float(rng.uniform(3, 14))))
    for offset in range(0, length, step):
        start, end = (
            ((x, y + offset), (x + wide, y + offset)) if is_level else ((x + offset, y), (x + offset, y + high))
        )
        cv2.line(picture, start, end, (light,) * 3, max(1, step // 3), cv2.LINE_AA)


def _lamp(rng: Generator, picture: Pixels, place: tuple[int, int], wide: int) -> None:
    """A bright lens, red, amber or white."""
    tint = ((40, 40, 235), (60, 170, 250), (250, 250, 250))[int(rng.integers(3))]
    axes = (max(2, wide // 4), max(2, round(wide / float(rng.uniform(6, 14)))))
    cv2.ellipse(picture, place, axes, float(rng.normal(0, 12)), 0, 360, tint, -1, cv2.LINE_AA)


def _panel(rng: Generator, picture: Pixels, place: tuple[int, int], wide: int) -> None:
    """An empty rectangle with a border."""
    x, y = place
    high = max(4, round(wide / float(rng.uniform(0.6, 8))))
    ground, edge = rng.uniform(60, 255, 3), rng.uniform(0, 200, 3)
    cv2.rectangle(picture, place, (x + wide, y + high), tuple(ground.tolist()), -1)
    cv2.rectangle(picture, place, (x + wide, y + high), tuple(edge.tolist()), int(rng.integers(1, 4)), cv2.LINE_AA)


def _chequers(rng: Generator, picture: Pixels, place: tuple[int, int], wide: int) -> None:
    """Slanting stripes, as of a barrier or a lorry's warning board."""
    x, y = place
    high = max(4, round(wide / float(rng.uniform(2, 7))))
    first, second = rng.uniform(0, 255, 3).tolist(), rng.uniform(0, 255, 3).tolist()
    stripe = max(2, round(wide / float(rng.uniform(4, 12))))
    area = picture[max(y, 0) : y + high, max(x, 0) : x + wide]
    down, across = np.indices(area.shape[:2])
    area[:] = np.where((((across + down) // stripe) % 2 == 0)[..., None], first, second).astype(np.uint8)


Drawer = Callable[[Generator, Pixels, tuple[int, int], int], None]
DISTRACTORS: tuple[Drawer, ...] = (_sign, _sign, _grille, _lamp, _panel, _chequers)
