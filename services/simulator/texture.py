"""Surfaces made of noise: asphalt, foliage, clouds. All are functions of the generator handed in."""

import cv2
import numpy as np
from numpy.typing import NDArray

Surface = NDArray[np.float32]


def cloud(
    random: np.random.Generator, shape: tuple[int, int], coarsest_px: float, octaves: int = 5, decay: float = 0.55
) -> Surface:
    """Smooth noise (height, width) with mean 0 and deviation 1; the largest lumps are `coarsest_px` wide."""
    total: Surface = np.zeros(shape, np.float32)
    size_px, weight = coarsest_px, 1.0
    for _ in range(octaves):
        rows, columns = max(2, round(shape[0] / size_px)), max(2, round(shape[1] / size_px))
        lumps = random.standard_normal((rows, columns)).astype(np.float32)
        total += weight * cv2.resize(lumps, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
        size_px, weight = max(size_px / 2, 1.0), weight * decay
    return np.asarray((total - total.mean()) / max(float(total.std()), 1e-6), np.float32)


def pyramid(texture: Surface, levels: int) -> list[Surface]:
    """The texture and its halvings, against flicker far away."""
    made = [texture]
    for _ in range(levels - 1):
        height, width = made[-1].shape[:2]
        smaller = cv2.resize(made[-1], (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
        made.append(np.asarray(smaller, np.float32))
    return made


def sample(levels: list[Surface], x_px: Surface, y_px: Surface, footprint_px: Surface) -> Surface:
    """Looks texels up, repeating in both directions, each from the level that fits its footprint (texels a pixel)."""
    choice = np.clip(np.round(np.log2(np.maximum(footprint_px, 1.0))), 0, len(levels) - 1).astype(np.int32)
    result: Surface = np.zeros((*x_px.shape, *levels[0].shape[2:]), np.float32)
    for number, level in enumerate(levels):
        chosen = choice == number
        if chosen.any():
            height, width = level.shape[:2]
            scale = 1.0 / (1 << number)
            columns = np.mod(x_px[chosen] * scale, width).reshape(1, -1).astype(np.float32)
            rows = np.mod(y_px[chosen] * scale, height).reshape(1, -1).astype(np.float32)
            result[chosen] = _remap(level, columns, rows)
    return result


def _remap(level: Surface, columns: Surface, rows: Surface) -> Surface:
    """cv2.remap takes at most 32,767 columns at a time."""
    width = 16_384
    padding = -columns.shape[1] % width
    folded = [np.pad(one, ((0, 0), (0, padding))).reshape(-1, width) for one in (columns, rows)]
    found = cv2.remap(level, folded[0], folded[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found.reshape(-1, *level.shape[2:])[: columns.shape[1]], np.float32)
