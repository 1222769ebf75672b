"""A row of terraced houses seen straight on: brick and plaster, windows, doors, cornices, roofs."""

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from services.simulator.texture import Surface, cloud

PX_PER_M = 48
HEIGHT_M = 13.0
Colour = tuple[float, float, float]

# Blue, green, red.
WALLS: tuple[Colour, ...] = (
    (62, 78, 138),
    (70, 84, 124),
    (88, 104, 146),
    (126, 150, 172),
    (176, 190, 200),
    (196, 202, 204),
    (96, 112, 136),
    (140, 168, 190),
)
ROOFS: tuple[Colour, ...] = ((52, 52, 56), (58, 66, 96), (70, 72, 76))
FRAMES: tuple[Colour, ...] = ((214, 216, 216), (70, 62, 54), (60, 74, 52), (92, 96, 98))
DOORS: tuple[Colour, ...] = ((44, 54, 40), (40, 44, 92), (96, 70, 44), (52, 48, 46), (150, 150, 146))


@dataclass(frozen=True, slots=True)
class Row:
    """The picture of a row of houses: `colour` (height, width, 3) and `cover` (height, width), 0 where there is sky."""

    colour: Surface
    cover: Surface


def draw_row(random: Random, noise: np.random.Generator, length_m: float) -> Row:
    """Houses side by side over `length_m`, ground at the bottom row."""
    height, width = round(HEIGHT_M * PX_PER_M), round(length_m * PX_PER_M)
    colour: Surface = np.zeros((height, width, 3), np.float32)
    cover: Surface = np.zeros((height, width), np.float32)
    left = 0
    while left < width:
        right = left + round(random.uniform(5.0, 8.5) * PX_PER_M)
        right = width if width - right < 4 * PX_PER_M else right
        if random.random() > 0.08:
            _draw_house(random, noise, colour[:, left:right], cover[:, left:right])
        else:
            _draw_garden_wall(random, noise, colour[:, left:right], cover[:, left:right])
        left = right
    colour *= (1 + 0.05 * cloud(noise, (height, width), 220))[:, :, None]
    return Row(colour, cover)


def _draw_house(random: Random, noise: np.random.Generator, colour: Surface, cover: Surface) -> None:
    height, width = cover.shape
    storeys = random.choice((2, 2, 3, 3))
    storey_m = random.uniform(2.9, 3.3)
    eaves = height - round((storeys * storey_m + 0.5) * PX_PER_M)
    top = max(0, eaves - round(random.uniform(1.0, 2.6) * PX_PER_M))
    wall = random.choice(WALLS)
    colour[eaves:] = wall
    colour[eaves:] *= _masonry(noise, (height - eaves, width), plaster=sum(wall) > 480)[:, :, None]
    colour[top:eaves] = random.choice(ROOFS)
    colour[top:eaves] *= (0.9 + 0.1 * np.cos(np.arange(eaves - top) * 1.3))[:, None, None]
    cover[top:] = 1
    colour[eaves - 10 : eaves + 6] = np.array(wall) * 0.5 + 110
    colour[eaves + 6 : eaves + 14] *= 0.6
    colour[height - 30 :] *= 0.62
    _draw_openings(random, colour, storeys, round(storey_m * PX_PER_M))
    colour[:, :3] *= 0.7


def _draw_garden_wall(random: Random, noise: np.random.Generator, colour: Surface, cover: Surface) -> None:
    height, width = cover.shape
    top = height - round(random.uniform(1.8, 2.6) * PX_PER_M)
    colour[top:] = random.choice(WALLS[:3])
    colour[top:] *= _masonry(noise, (height - top, width), plaster=False)[:, :, None]
    colour[top : top + 6] = 170
    cover[top:] = 1


def _masonry(noise: np.random.Generator, shape: tuple[int, int], *, plaster: bool) -> Surface:
    stain = 1 + 0.045 * cloud(noise, shape, 130)
    if plaster:
        return np.asarray(stain, np.float32)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    course = rows // 4
    bricks = noise.normal(1, 0.11, (shape[0] // 4 + 1, shape[1] // 11 + 2))
    tone = bricks[course, (columns + 5 * (course % 2)) // 11]
    joint = 1 + 0.2 * ((rows % 4 == 0) | ((columns + 5 * (course % 2)) % 11 == 0))
    return np.asarray(stain * tone * joint, np.float32)


def _draw_openings(random: Random, colour: Surface, storeys: int, storey_px: int) -> None:
    height, width = colour.shape[:2]
    columns = 3 if width > 6.6 * PX_PER_M else 2
    frame = random.choice(FRAMES)
    window = (round(random.uniform(0.95, 1.35) * PX_PER_M), round(random.uniform(1.5, 1.9) * PX_PER_M))
    door_column = random.choice((0, columns - 1))
    for storey in range(storeys):
        floor = height - storey * storey_px
        for column in range(columns):
            middle = round((column + 0.5) * width / columns)
            if storey == 0 and column == door_column:
                _draw_door(random, colour, middle, floor)
            else:
                _draw_window(random, colour, (middle, floor - round(0.9 * PX_PER_M)), window, frame)


def _draw_door(random: Random, colour: Surface, middle: int, floor: int) -> None:
    half, top = round(0.52 * PX_PER_M), floor - round(2.35 * PX_PER_M)
    cv2.rectangle(colour, (middle - half - 4, top - 5), (middle + half + 4, floor), (150, 152, 150), -1)
    cv2.rectangle(colour, (middle - half, top), (middle + half, floor - 5), random.choice(DOORS), -1)
    cv2.rectangle(colour, (middle - half + 8, top + 8), (middle + half - 8, top + 40), (58, 56, 50), -1)
    cv2.rectangle(colour, (middle - half - 4, floor - 7), (middle + half + 4, floor), (150, 152, 156), -1)


def _draw_window(random: Random, colour: Surface, place: tuple[int, int], size: tuple[int, int], frame: Colour) -> None:
    """A window whose sill has its middle at this place."""
    middle, sill = place
    half, top = size[0] // 2, sill - size[1]
    cv2.rectangle(colour, (middle - half - 6, top - 12), (middle + half + 6, top), (164, 168, 170), -1)
    cv2.rectangle(colour, (middle - half - 7, sill), (middle + half + 7, sill + 5), (168, 172, 174), -1)
    cv2.rectangle(colour, (middle - half, top), (middle + half, sill), frame, -1)
    pane = colour[top + 5 : sill - 5, middle - half + 5 : middle + half - 5]
    pane[:] = _glass(random, pane.shape[:2])
    cv2.line(colour, (middle, top), (middle, sill), frame, 4)
    if random.random() < 0.6:
        cv2.line(colour, (middle - half, top + size[1] // 3), (middle + half, top + size[1] // 3), frame, 4)
    colour[top : top + 9, middle - half : middle + half] *= 0.6


def _glass(random: Random, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Dark room, reflected sky towards the top, perhaps a curtain."""
    down = np.linspace(0, 1, shape[0])[:, None, None]
    sky = np.array([190.0, 178.0, 164.0]) * random.uniform(0.4, 0.9)
    pane = sky * (1 - down) ** 1.5 + np.array([52.0, 48.0, 44.0]) * down
    pane = np.repeat(pane, shape[1], axis=1)
    if random.random() < 0.55:
        drawn = round(shape[1] * random.uniform(0.15, 0.4))
        pane[:, :drawn] = pane[:, :drawn] * 0.4 + 105
        pane[:, -drawn:] = pane[:, -drawn:] * 0.4 + 105
    return np.asarray(pane, np.float32)
