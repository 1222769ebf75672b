"""A pinhole camera above a street. World: metres, x to the right, y up, z along the road; the camera stands at z = 0."""

from dataclasses import dataclass
from functools import cached_property
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 1280, 720
Points = NDArray[np.float64]
Rays = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """Where a camera stands and looks. Pitch is positive downwards, yaw to the right, roll clockwise.

    Not a slots class: the rotation is worked out once.
    """

    x_m: float
    height_m: float
    focal_px: float
    pitch_deg: float
    yaw_deg: float
    roll_deg: float = 0.0

    @cached_property
    def rotation(self) -> Points:
        """Columns: the camera's right, up and forward in the world."""
        pitch, yaw, roll = radians(-self.pitch_deg), radians(self.yaw_deg), radians(self.roll_deg)
        forward = np.array([sin(yaw) * cos(pitch), sin(pitch), cos(yaw) * cos(pitch)])
        right = np.array([cos(yaw), 0.0, -sin(yaw)])
        up = np.cross(forward, right)
        rolled_right = right * cos(roll) + up * sin(roll)
        return np.stack([rolled_right, up * cos(roll) - right * sin(roll), forward], axis=1)

    @property
    def place(self) -> Points:
        """Position of the lens."""
        return np.array([self.x_m, self.height_m, 0.0])

    def project(self, points: Points) -> Points:
        """Pixels (n, 2) of world points (n, 3). What lies behind the lens is pushed just before it."""
        seen = (points - self.place) @ self.rotation
        depth = np.maximum(seen[:, 2], 0.05)
        return np.stack(
            [WIDTH_PX / 2 + self.focal_px * seen[:, 0] / depth, HEIGHT_PX / 2 - self.focal_px * seen[:, 1] / depth], 1
        )

    def rays(self) -> Rays:
        """Direction of every pixel (height, width, 3), not normalised: its forward part is 1."""
        across, down = np.meshgrid(np.arange(WIDTH_PX) + 0.5 - WIDTH_PX / 2, np.arange(HEIGHT_PX) + 0.5 - HEIGHT_PX / 2)
        local = np.stack([across / self.focal_px, -down / self.focal_px, np.ones_like(across)], axis=2)
        return (local @ self.rotation.T).astype(np.float32)
