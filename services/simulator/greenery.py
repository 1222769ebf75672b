"""Street trees: a trunk, and a crown of leaf clumps lit from above."""

from random import Random

import cv2
import numpy as np

from services.simulator.optics import View
from services.simulator.site import ROAD_HALF_M, Site
from services.simulator.texture import Surface, cloud

_SPRITE_PX = 420


def plant_trees(picture: Surface, site: Site, edges_m: tuple[float, float]) -> None:
    """Draws trees along one or both pavements, the farthest first. edges_m: where the pavements end."""
    view, random, noise = site.view, site.random, site.noise
    kerb_m = ROAD_HALF_M + 0.5
    sprites = [_draw_tree(random, noise) for _ in range(2)]
    spots = [
        (side * random.uniform(kerb_m, min(abs(edge), kerb_m + 1.2)), z_m + random.uniform(-2, 2))
        for side, edge in zip((-1, 1), edges_m, strict=True)
        if random.random() < 0.6
        for z_m in np.arange(random.uniform(17, 28), 150, random.uniform(11, 17)).tolist()
    ]
    for x_m, z_m in sorted(spots, key=lambda spot: -spot[1]):
        _paste(picture, view, random.choice(sprites), (x_m, z_m), random.uniform(6.0, 8.5))


def _draw_tree(random: Random, noise: np.random.Generator) -> Surface:
    """A tree (height, width, 4): colour and cover, foot in the middle of the lowest row."""
    size = _SPRITE_PX
    tree: Surface = np.zeros((size, size, 4), np.float32)
    cv2.line(tree, (size // 2, size - 1), (size // 2, size // 2), (54, 62, 72, 255), 15, cv2.LINE_AA)
    for _ in range(5):
        tip = (size // 2 + random.randint(-100, 100), size // 3 + random.randint(-40, 40))
        cv2.line(tree, (size // 2, round(size * 0.62)), tip, (50, 58, 68, 255), 6, cv2.LINE_AA)
    hue = random.choice(((44, 84, 62), (40, 78, 74), (52, 92, 58)))
    for across, down, radius in _boughs(random):
        for _ in range(170):
            x, y = across + random.gauss(0, radius * 0.5), down + random.gauss(0, radius * 0.42)
            if y > 0.6:
                continue
            light = 0.8 - 0.9 * (y - down) / radius * 0.45 - 0.7 * (down - 0.3) + random.gauss(0, 0.12)
            colour = tuple(max(7.0, channel * light) for channel in hue)
            axes = (random.randint(3, 8), random.randint(2, 6))
            at = (round(size * (0.5 + x)), round(size * y))
            cv2.ellipse(tree, at, axes, random.randint(0, 180), 0, 360, (*colour, 255), -1, cv2.LINE_AA)
    rough = cloud(noise, (size, size), 14, octaves=3, decay=0.9)
    tree[:, :, :3] *= np.clip(1 + 0.2 * rough, 0.4, 1.7)[:, :, None]
    return tree


def _boughs(random: Random) -> list[tuple[float, float, float]]:
    """Place and size of the leafy parts of a crown, in shares of the sprite, the lowest first."""
    boughs = [(random.uniform(-0.24, 0.24), random.uniform(0.16, 0.48), random.uniform(0.1, 0.17)) for _ in range(13)]
    return sorted(boughs, key=lambda bough: -bough[1])


def _paste(picture: Surface, view: View, tree: Surface, spot: tuple[float, float], height_m: float) -> None:
    foot = view.project(np.array([[spot[0], 0.0, spot[1]]]))[0]
    size = round(view.focal_px * height_m / spot[1])
    left, top = round(float(foot[0])) - size // 2, round(float(foot[1])) - size
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + size, picture.shape[1]), min(top + size, picture.shape[0])
    if size < 6 or x0 >= x1 or y0 >= y1:
        return
    method = cv2.INTER_AREA if size < _SPRITE_PX else cv2.INTER_LINEAR
    scaled = cv2.resize(tree, (size, size), interpolation=method)[y0 - top : y1 - top, x0 - left : x1 - left]
    cover = scaled[:, :, 3:] / 255
    haze = min(0.45, spot[1] / 260)
    colour = scaled[:, :, :3] * (1 - haze) + 205 * haze
    picture[y0:y1, x0:x1] = picture[y0:y1, x0:x1] * (1 - cover) + colour * cover
