"""Where a plate lies in a picture: its size, how it is turned, and which pixels it covers."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition import rectify

# Width in pixels of a usual plate of one line, at hardness 1. Each step of hardness takes from the narrowest.
NARROWEST_PX, WIDEST_PX, NARROWER_PER_HARDNESS_PX = 82.0, 260.0, 25.0
TWO_LINES_WIDTH = 0.65
USUAL_ASPECT, TWO_LINES_ASPECT = 4.7, 1.6

Matrix = NDArray[np.float64]
Points = NDArray[np.float64]
# How a detector errs, in parts of a plate's width and height (standard deviations): its edges (left, upper, right, lower), then
# each corner by itself; and how far edges lie out on the average. Measured on rendered plates.
EDGES_OFF, EDGES_OUT = np.array([0.025, 0.05, 0.025, 0.05]), np.array([0.0, -0.025, 0.0, 0.025])
CORNERS_OFF = np.array([0.012, 0.07])
LOOSENESS, HOW_LOOSE = (0.5, 1.0, 2.0), (0.4, 0.45, 0.15)


@dataclass(frozen=True, slots=True)
class Placement:
    """A plate in a picture. Points are continuous: the centre of the first pixel is (0.5, 0.5)."""

    to_picture: Matrix  # (3, 3), from the plate's pixels
    corners: Points  # (4, 2), clockwise from the top left
    width_px: int
    height_px: int


def placed(rng: np.random.Generator, art_width: int, art_height: int, hardness: float, *, two_lines: bool) -> Placement:
    """The plate somewhere near the middle of a picture that is a little larger than it."""
    flat = _outline(art_width, art_height)
    quad = _turned(rng, art_width / art_height, min(1.0, hardness))
    quad *= _width_px(rng, art_width / art_height, hardness, two_lines) / _mean_width(quad)
    low, high = quad.min(axis=0), quad.max(axis=0)
    extent = high - low
    before = extent * rng.uniform((0.04, 0.1), (0.16, 0.5)) + 3 + rng.random(2)
    after = extent * rng.uniform((0.04, 0.1), (0.16, 0.5)) + 3
    corners = quad - low + before
    width_px, height_px = np.ceil(extent + before + after).astype(int).tolist()
    return Placement(transform_between(flat, corners), corners, width_px, height_px)


def loosened(rng: np.random.Generator, corners: Points, hardness: float) -> rectify.Quad:
    """The corners as a detector gives them: edges and corners a little off, sometimes only as an upright box."""
    share = min(1.0, hardness)
    if rng.random() < 0.07 * share:
        corners = _box(corners)
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    down = (corners[3] - corners[0] + corners[2] - corners[1]) / 2
    looseness = share * float(rng.choice(LOOSENESS, p=HOW_LOOSE))
    left, upper, right, lower = rng.normal(0, looseness, 4) * EDGES_OFF + share * EDGES_OUT
    edges = np.array([(left, upper), (right, upper), (right, lower), (left, lower)])
    moved = edges + rng.normal(0, looseness, (4, 2)) * CORNERS_OFF
    return np.asarray(corners + moved @ np.stack([across, down]), np.float32)


def transform_between(points: Points, others: Points) -> Matrix:
    """The transform that takes the first four points to the others."""
    scale = np.abs(others).max()  # keeps the numbers of float32 small
    transform = cv2.getPerspectiveTransform(points.astype(np.float32), (others / scale).astype(np.float32))
    return np.asarray(np.diag([scale, scale, 1.0]) @ transform, np.float64)


def mapped(transform: Matrix, points: Points) -> Points:
    """points (..., 2) through a transform (3, 3)."""
    whole = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1) @ transform.T
    return np.asarray(whole[..., :2] / whole[..., 2:], np.float64)


def on_pixel_places(transform: Matrix) -> Matrix:
    """The same transform for OpenCV, which counts from the centre of the first pixel, not from its corner."""
    there = np.array([(1.0, 0.0, 0.5), (0.0, 1.0, 0.5), (0.0, 0.0, 1.0)])
    back = np.array([(1.0, 0.0, -0.5), (0.0, 1.0, -0.5), (0.0, 0.0, 1.0)])
    return np.asarray(back @ transform @ there, np.float64)


def warped(pixels: Pixels, transform: Matrix, width_px: int, height_px: int) -> Pixels:
    """A picture of this size with the plate in it; black where there is none."""
    warp = cv2.warpPerspective(pixels, on_pixel_places(transform), (width_px, height_px), flags=cv2.INTER_LINEAR)
    return np.asarray(warp, np.uint8)


def _outline(width: float, height: float) -> Points:
    return np.array([(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)])


def _width_px(rng: np.random.Generator, aspect: float, hardness: float, two_lines: bool) -> float:
    """Log-uniform; a plate that is shorter than usual is so in the picture as well."""
    narrowest = max(30.0, NARROWEST_PX - NARROWER_PER_HARDNESS_PX * hardness)
    usual = float(np.exp(rng.uniform(np.log(narrowest), np.log(WIDEST_PX))))
    if two_lines:
        return usual * TWO_LINES_WIDTH * min(1.0, aspect / TWO_LINES_ASPECT)
    return usual * min(1.0, aspect / USUAL_ASPECT)


def _turned(rng: np.random.Generator, aspect: float, hardness: float) -> Points:
    """The plate's corners as a camera sees them: turned about three axes, sheared, in perspective. Height is about 1."""
    wild = 2.0 if rng.random() < 0.1 else 1.0
    yaw = np.clip(rng.normal(0, 19), -52, 52) * hardness
    pitch = np.clip(rng.normal(6, 10), -32, 32) * hardness
    roll = np.clip(rng.normal(0, 3.5 * wild), -20, 20) * hardness
    flat = _outline(aspect, 1.0) - (aspect / 2, 0.5)
    solid = np.hstack([flat, np.zeros((4, 1))]) @ _rotation(*np.radians([pitch, yaw, roll])).T
    distance = aspect * float(np.exp(rng.uniform(np.log(3), np.log(40))))
    seen = solid[:, :2] / (1 + solid[:, 2:] / distance)
    shear = rng.normal(0, 0.05 * wild) * hardness  # of lying askew to the lens, and of a rolling shutter
    return np.asarray(seen @ np.array([(1.0, 0.0), (shear, 1.0)]), np.float64)


def _rotation(pitch: float, yaw: float, roll: float) -> Matrix:
    (sin_p, sin_y, sin_r), (cos_p, cos_y, cos_r) = np.sin([pitch, yaw, roll]), np.cos([pitch, yaw, roll])
    about_x = np.array([(1, 0, 0), (0, cos_p, -sin_p), (0, sin_p, cos_p)])
    about_y = np.array([(cos_y, 0, sin_y), (0, 1, 0), (-sin_y, 0, cos_y)])
    about_z = np.array([(cos_r, -sin_r, 0), (sin_r, cos_r, 0), (0, 0, 1)])
    return np.asarray(about_z @ about_x @ about_y, np.float64)


def _mean_width(quad: Points) -> float:
    return float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2


def _box(corners: Points) -> Points:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
