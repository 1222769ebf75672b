"""Where the cameras of a drive hang, and what each of them watches."""

from dataclasses import dataclass
from math import atan2, degrees, hypot
from random import Random

from services.simulator.dice import dice
from services.simulator.optics import HEIGHT_PX, WIDTH_PX, View

LANE_M = 1.65
_PLATE_UP_M = 0.55
_PLATE_M = 0.52


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of the drive.

    number: from 0 along the road; camera_id: as it is registered; along_m: its place on the road; looks_along: True when
    it sees the main traffic from behind; wide: True when it sees the other lane too; aim_m: how far ahead vehicles are
    expected; look: seeds its street.
    """

    number: int
    camera_id: str
    along_m: float
    looks_along: bool
    wide: bool
    view: View
    aim_m: float
    look: int

    @property
    def main_lane_m(self) -> float:
        """Where the main traffic drives: to the right when it drives away, as in Belgium."""
        return LANE_M if self.looks_along else -LANE_M


def hang_cameras(seed: int, count: int, spacing_m: float, run: str) -> tuple[Camera, ...]:
    """The cameras of a drive, in the order in which the main traffic passes them; their ids begin with `run`."""
    names = [f"{run}-{number + 1:02d}" for number in range(count)]
    return tuple(_hang(dice(seed, "camera", n), n, spacing_m, camera_id) for n, camera_id in enumerate(names))


def _hang(random: Random, number: int, spacing_m: float, camera_id: str) -> Camera:
    # The first looks along the traffic, so that there always is one that sees motorcycles' plates.
    looks_along = number % 2 == 0
    wide = number % 3 == 1
    lane_m = 0.0 if wide else (LANE_M if looks_along else -LANE_M)
    plate_px = random.uniform(112, 132) if wide else random.uniform(140, 205)
    aim_m = random.uniform(6.5, 10.5)
    # How far the horizon lies above the aim follows from height and plate size; a third of the cameras see no sky.
    above_px = random.uniform(330, 470) if random.random() < 0.67 else random.uniform(560, 760)
    height_m = _PLATE_UP_M + above_px * _PLATE_M / plate_px
    x_m = lane_m + random.choice((-1, 1)) * random.uniform(0.2, 0.26 * aim_m)
    return Camera(
        number=number,
        camera_id=camera_id,
        along_m=number * spacing_m,
        looks_along=looks_along,
        wide=wide,
        view=_aimed(random, (x_m, height_m), (lane_m, aim_m), plate_px),
        aim_m=aim_m,
        look=random.getrandbits(48),
    )


def _aimed(random: Random, place: tuple[float, float], target: tuple[float, float], plate_px: float) -> View:
    """A view in which a plate at the target is `plate_px` wide, somewhat below the middle."""
    x_m, height_m = place
    across, ahead = target[0] - x_m, target[1]
    distance_m = hypot(across, ahead, height_m - _PLATE_UP_M)
    focal_px = plate_px / _PLATE_M * distance_m
    at_x, at_y = WIDTH_PX / 2 + random.uniform(-70, 70), HEIGHT_PX * random.uniform(0.66, 0.76)
    down = atan2(height_m - _PLATE_UP_M, hypot(across, ahead)) - atan2(at_y - HEIGHT_PX / 2, focal_px)
    aside = atan2(across, ahead) - atan2(at_x - WIDTH_PX / 2, focal_px)
    return View(x_m, height_m, focal_px, degrees(down), degrees(aside), random.gauss(0, 0.8))
