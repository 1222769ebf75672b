"""Plates laid into a picture and plates taken out of it."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.common.raster import Pixels

Quad = NDArray[np.float32]
# Left, top, right, bottom in whole pixels.
Bounds = tuple[int, int, int, int]

FOCAL_IN_WIDTHS = (6.0, 40.0)
INPAINTED_WIDTH_PX = 40
PART_FROM_NEIGHBOUR = 0.25


def posed(
    rng: Generator, centre: tuple[float, float], width_px: float, aspect: float, roll_degrees: float = 0.0
) -> Quad:
    """The corners (4, 2) of a plate that is turned in space; `width_px` is the width it has when seen straight on."""
    yaw, pitch = np.radians(np.clip(rng.normal(0, (22, 9)), -60, 60))
    roll = np.radians(roll_degrees + rng.normal(0, 2.5))
    flat = np.array(
        [(-0.5, -0.5 / aspect, 0), (0.5, -0.5 / aspect, 0), (0.5, 0.5 / aspect, 0), (-0.5, 0.5 / aspect, 0)]
    )
    turned = flat @ _turn(0, 1, roll).T @ _turn(1, 2, pitch).T @ _turn(0, 2, yaw).T
    distance = float(np.exp(rng.uniform(*np.log(FOCAL_IN_WIDTHS))))
    scale = width_px * distance / (distance + turned[:, 2:])
    return np.asarray(turned[:, :2] * scale + np.array(centre), np.float32)


def _turn(first: int, second: int, angle: float) -> NDArray[np.float64]:
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix


def outline(width: float, height: float) -> Quad:
    """The corners (4, 2) of a whole picture of this size."""
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)


def visible_share(quad: Quad, size: tuple[int, int]) -> float:
    """The part of a quadrilateral's area that lies in a picture of this width and height, 0 to 1."""
    area = cv2.contourArea(quad)
    if area <= 0:
        return 0.0
    return float(cv2.intersectConvexConvex(quad.astype(np.float32), outline(*size))[0] / area)


def bounds(quad: Quad, size: tuple[int, int], around: float = 0.0) -> Bounds:
    """Left, top, right, bottom of the whole pixels that enclose it, grown by a part of its size, cut to the picture."""
    width, height = size
    low, high = quad.min(axis=0), quad.max(axis=0)
    grown = (high - low) * around
    left, top = np.floor(low - grown).astype(int)
    right, bottom = np.ceil(high + grown).astype(int) + 1
    return max(int(left), 0), max(int(top), 0), min(int(right), width), min(int(bottom), height)


def white_level(picture: Pixels, quad: Quad) -> float:
    """How bright the brighter part inside a quadrilateral's bounds is, 0 to 255."""
    left, top, right, bottom = bounds(quad, (picture.shape[1], picture.shape[0]))
    inside = picture[top:bottom, left:right]
    return float(np.percentile(inside, 80)) if inside.size else 128.0


def paste(rng: Generator, picture: Pixels, plate: Pixels, quad: Quad, *, white: float, blur_px: float) -> None:
    """Lays a plate over its corners in the picture. white: how bright its white becomes; blur_px: sigma of the lens."""
    height, width = picture.shape[:2]
    left, top, right, bottom = bounds(quad, (width, height), 0.12)
    if right - left < 2 or bottom - top < 2:
        return
    area = picture[top:bottom, left:right].astype(np.float32)
    corners = quad - np.array((left, top), np.float32)
    lit = _lit(rng, _reduced(plate, corners), white)
    layer, share = _warped(lit, corners, (right - left, bottom - top))
    if blur_px > 0.25:
        layer, share = _blurred(layer, blur_px), _blurred(share, blur_px)
    if rng.random() < 0.35:
        area *= 1 - rng.uniform(0.4, 0.9) * _holder(rng, corners, area.shape, blur_px)
    mixed = area * (1 - share[..., None]) + layer
    picture[top:bottom, left:right] = np.clip(mixed, 0, 255).astype(np.uint8)


def _reduced(plate: Pixels, corners: Quad) -> Pixels:
    """The plate at about the size it is shown at, so that no stroke is skipped."""
    height, width = plate.shape[:2]
    shown = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3])) * 1.15
    if shown >= width:
        return plate
    size = max(8, round(float(shown))), max(4, round(float(shown) * height / width))
    return np.asarray(cv2.resize(plate, size, interpolation=cv2.INTER_AREA), np.uint8)


def _lit(rng: Generator, plate: Pixels, white: float) -> NDArray[np.float32]:
    """In the light of the place: white at `white`, black above zero, a tint, a slope of light across."""
    black = white * rng.uniform(0.02, 0.22)
    tint = rng.normal(1, 0.035, 3)
    slope = 1 + rng.normal(0, 0.1) * np.linspace(-1, 1, plate.shape[1])[None, :, None]
    return np.asarray((black + plate * ((white - black) / 235.0)) * tint * slope, np.float32)


def _warped(
    plate: NDArray[np.float32], corners: Quad, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The plate in its place, black elsewhere, and how much of each pixel it covers, 0 to 1."""
    height, width = plate.shape[:2]
    transform = cv2.getPerspectiveTransform(outline(width, height) - 0.5, corners - 0.5)
    layers = np.dstack([plate, np.ones((height, width), np.float32)])
    warped = cv2.warpPerspective(layers, transform, size, flags=cv2.INTER_LINEAR)
    return np.ascontiguousarray(warped[..., :3]), np.ascontiguousarray(warped[..., 3])


def _blurred(layer: NDArray[np.float32], blur_px: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(layer, (0, 0), blur_px), np.float32)


def _holder(rng: Generator, corners: Quad, shape: tuple[int, ...], blur_px: float) -> NDArray[np.float32]:
    """Where the dark frame or the recess around a plate is, 0 to 1, (h, w, 1)."""
    middle = corners.mean(axis=0)
    outline = middle + (corners - middle) * rng.uniform(1.03, 1.2) + np.array((0, rng.uniform(0, 2)))
    mask = np.zeros(shape[:2], np.float32)
    cv2.fillConvexPoly(mask, np.round(outline * 16).astype(np.int32), 1.0, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(blur_px, 0.6)), np.float32)[..., None]


def cover(rng: Generator, picture: Pixels, quad: Quad) -> None:
    """Takes a plate out: fills its surroundings in over it, so that nothing of it can be found."""
    height, width = picture.shape[:2]
    left, top, right, bottom = bounds(quad, (width, height), 0.45)
    if right - left < 3 or bottom - top < 3:
        return
    area = picture[top:bottom, left:right]
    mask = np.zeros(area.shape[:2], np.uint8)
    middle = quad.mean(axis=0)
    outline = middle + (quad - middle) * (1.16, 1.3) - (left, top)
    cv2.fillConvexPoly(mask, np.round(outline).astype(np.int32), 255)
    filled = _neighbour(rng, picture, (left, top, right, bottom)) if rng.random() < PART_FROM_NEIGHBOUR else None
    filled = _inpainted(area, mask) if filled is None else filled
    soft = cv2.blur(mask, (3, 3)).astype(np.float32)[..., None] / 255
    grain = rng.standard_normal(area.shape[:2], np.float32)[..., None] * rng.uniform(0, 3)
    area[:] = np.clip(area * (1 - soft) + (filled + grain) * soft, 0, 255).astype(np.uint8)


def _inpainted(area: Pixels, mask: Pixels) -> Pixels:
    height, width = area.shape[:2]
    part = min(1.0, INPAINTED_WIDTH_PX / width)
    size = max(3, round(width * part)), max(3, round(height * part))
    small = cv2.resize(area, size, interpolation=cv2.INTER_AREA)
    gone = (cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    if gone.all():
        return np.asarray(cv2.GaussianBlur(area, (0, 0), max(width, height) / 3), np.uint8)
    healed = cv2.inpaint(small, gone, 2, cv2.INPAINT_TELEA)
    return np.asarray(cv2.resize(healed, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _neighbour(rng: Generator, picture: Pixels, place: Bounds) -> Pixels | None:
    """A piece of the picture right above or below, of the same size, brought to the same brightness; None without room."""
    left, top, right, bottom = place
    shift = (bottom - top) * (1 if rng.random() < 0.5 else -1)
    if top + shift < 0 or bottom + shift > picture.shape[0]:
        return None
    piece = cv2.GaussianBlur(picture[top + shift : bottom + shift, left:right], (0, 0), 1.5)
    edge = np.concatenate([picture[top, left:right], picture[bottom - 1, left:right]]).mean(axis=0)
    return np.asarray(np.clip(piece + (edge - piece.mean(axis=(0, 1))), 0, 255), np.uint8)
