"""A sheet laid over part of the picture, twice as fine, on which solid things of the world are painted back to front."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from services.simulator.optics import HEIGHT_PX, WIDTH_PX, Points, View

FINER = 2
_SHIFT = 4
Colour = Sequence[float]


class Canvas:
    """Paint over one rectangle of the picture; what stays unpainted is see-through.

    tone: how bright `shape`, `line` and `glaze` come out; `patches` and `sheet` bring their own light.
    """

    def __init__(self, view: View, corner: tuple[int, int], size: tuple[int, int], tone: float) -> None:
        self.view, self.tone = view, tone
        self.left, self.top = corner
        width, height = self.width, self.height = size
        # Colour and cover in one sheet, so that one stroke paints both.
        self.paint: NDArray[np.uint8] = np.zeros((height * FINER, width * FINER, 4), np.uint8)

    @classmethod
    def around(cls, view: View, points: Points, tone: float, margin_px: int = 6) -> "Canvas":
        """A canvas that holds the projection of world points (n, 3), as far as the picture reaches. May be empty."""
        pixels = view.project(points)
        low = np.clip(np.floor(pixels.min(axis=0)) - margin_px, 0, (WIDTH_PX, HEIGHT_PX)).astype(int)
        high = np.clip(np.ceil(pixels.max(axis=0)) + margin_px, 0, (WIDTH_PX, HEIGHT_PX)).astype(int)
        corner, size = low.tolist(), (high - low).tolist()
        return cls(view, (corner[0], corner[1]), (size[0], size[1]), tone)

    @property
    def is_empty(self) -> bool:
        """True when nothing of it lies within the picture."""
        return self.width < 2 or self.height < 2

    def place(self, points: Points) -> Points:
        """Where world points (n, 3) fall on this sheet, in its own pixels (n, 2)."""
        return (self.view.project(points) - (self.left, self.top)) * FINER

    def patches(self, corners: Points, colours: Points) -> None:
        """Paints convex patches (n, k, 3) in order, each in its colour (n, 3)."""
        count, sides = corners.shape[:2]
        flat = self.place(corners.reshape(-1, 3)).reshape(count, sides, 2)
        fixed = self._fixed(flat)
        for patch, (blue, green, red) in zip(fixed, colours.tolist(), strict=True):
            cv2.fillConvexPoly(self.paint, patch, (blue, green, red, 255), cv2.LINE_8, _SHIFT)

    def shape(self, outline: Points, colour: Colour) -> None:
        """Paints one flat shape (n, 3) of any form."""
        cv2.fillPoly(self.paint, [self._fixed(self.place(outline))], self._toned(colour), cv2.LINE_AA, _SHIFT)

    def line(self, points: Points, colour: Colour, width_m: float) -> None:
        """Paints a line through world points (n, 3), as thick as `width_m` looks at its first point, over what is there."""
        depth = max(float((points[0] - self.view.place) @ self.view.rotation[:, 2]), 0.5)
        thick = max(1, round(self.view.focal_px * width_m / depth * FINER))
        fixed = [self._fixed(self.place(points))]
        cv2.polylines(self.paint, fixed, False, self._toned(colour), thick, cv2.LINE_AA, _SHIFT)

    def glaze(self, outline: Points, colour: Colour, share: float) -> None:
        """Mixes a colour into what is there, within a shape (n, 3)."""
        places = self.place(outline)
        low, high = self._window(places)
        if (high <= low).any():
            return
        window = np.s_[low[1] : high[1], low[0] : high[0], :3]
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        cv2.fillPoly(mask, [self._fixed(places - low)], round(share * 255), cv2.LINE_AA, _SHIFT)
        self.paint[window] = _mixed(self.paint[window], np.array(self._toned(colour)[:3], np.float32), mask)

    def sheet(self, face: NDArray[np.uint8], corners: Points) -> None:
        """Lays a flat picture onto four world points, clockwise from the upper left."""
        target = self.place(corners)
        size = target.max(axis=0) - target.min(axis=0)
        share = min(1.0, 1.25 * float(size[0]) / face.shape[1])
        small = cv2.resize(face, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        height, width = small.shape[:2]
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
        warp = cv2.getPerspectiveTransform(source.astype(np.float32), (target - 0.5).astype(np.float32))
        low, high = self._window(target)
        if (high <= low).any():
            return
        moved = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], np.float64) @ warp
        extent = (int(high[0] - low[0]), int(high[1] - low[1]))
        window = np.s_[low[1] : high[1], low[0] : high[0], :3]
        laid = cv2.warpPerspective(small, moved, extent, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros(laid.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, self._fixed(target - low), 255, cv2.LINE_AA, _SHIFT)
        self.paint[window] = _mixed(self.paint[window], laid, mask)

    def lay_over(self, picture: NDArray[np.float32], smear_px: Points) -> None:
        """Puts the painted part into the picture (height, width, 3), smeared along a way (2,) in its pixels."""
        small = cv2.resize(self.paint, (self.width, self.height), interpolation=cv2.INTER_AREA)
        paint = _smeared(np.asarray(small, np.uint8), smear_px)
        window = picture[self.top : self.top + self.height, self.left : self.left + self.width]
        # Half-covered pixels hold half of the colour already, since the bare sheet is black.
        bare = cv2.cvtColor(255 - paint[:, :, 3], cv2.COLOR_GRAY2BGR)
        window *= bare.astype(np.float32) * np.float32(1 / 255)
        window += paint[:, :, :3]

    def _toned(self, colour: Colour) -> tuple[float, float, float, float]:
        blue, green, red = colour
        return blue * self.tone, green * self.tone, red * self.tone, 255.0

    def _window(self, places: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Lowest and highest whole pixel of this sheet around places on it."""
        size = (self.width * FINER, self.height * FINER)
        low = np.clip(np.floor(places.min(axis=0)) - 1, 0, size).astype(np.int64)
        high = np.clip(np.ceil(places.max(axis=0)) + 1, 0, size).astype(np.int64)
        return low, high

    @staticmethod
    def _fixed(points: Points) -> NDArray[np.int32]:
        return np.round(np.clip(points - 0.5, -8000, 8000) * (1 << _SHIFT)).astype(np.int32)


def _mixed(
    below: NDArray[np.uint8], above: NDArray[np.floating | np.integer], cover: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    weight = cover[:, :, None] / np.float32(255)
    return np.asarray(below * (1 - weight) + above * weight, np.uint8)


def _smeared(paint: NDArray[np.uint8], way_px: Points) -> NDArray[np.uint8]:
    reach = float(np.abs(way_px).max())
    if reach < 0.7:
        return paint
    half = int(np.ceil(reach / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.uint8)
    start, stop = (half - way_px / 2) * 16, (half + way_px / 2) * 16
    cv2.line(kernel, np.round(start).astype(int).tolist(), np.round(stop).astype(int).tolist(), 255, 1, cv2.LINE_AA, 4)
    weights = kernel.astype(np.float32) / max(float(kernel.sum()), 1.0)
    return np.asarray(cv2.filter2D(paint, -1, weights, borderType=cv2.BORDER_CONSTANT), np.uint8)
