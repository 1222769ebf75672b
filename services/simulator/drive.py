"""A drive: which vehicle passes which camera in which frame. A pure function of its arguments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from math import inf
from random import Random

from services.simulator.bodies import Kind
from services.simulator.cameras import Camera, hang_cameras
from services.simulator.dice import dice
from services.simulator.plates import Plate, Sheet, given_plate, invent_plate
from services.simulator.vehicle import PAINTS, Vehicle

MAX_CAMERAS = 64
SPACING_M = 60.0
# Share of the frames in which nobody passes although the camera fired.
_EMPTY = 0.08
_KINDS = {Kind.HATCHBACK: 36, Kind.SALOON: 24, Kind.SUV: 26, Kind.VAN: 14}


@dataclass(frozen=True, slots=True)
class Plant:
    """A given plate, to be seen in the frame of this number, counted from 0 over all cameras, or soon after."""

    plate: Plate
    number: int


@dataclass(frozen=True, slots=True)
class Passing:
    """A vehicle before a camera. `main` is True when it drives with the main traffic."""

    vehicle: Vehicle
    main: bool = True


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame to be taken.

    number: over all cameras, from 0; sequence: of this camera, from 1, without gaps; offset_s: after the start;
    planted: True when a given plate is to be seen, which is then drawn in easy conditions.
    """

    camera: Camera
    number: int
    sequence: int
    offset_s: float
    passing: tuple[Passing, ...]
    planted: bool = False


@dataclass(frozen=True, slots=True)
class Drive:
    """A whole drive, its shots in the order of time."""

    seed: int
    cameras: tuple[Camera, ...]
    shots: tuple[Shot, ...]


@dataclass(order=True, slots=True)
class _Due:
    """A vehicle that reaches a camera at a time."""

    at_s: float
    number: int
    vehicle: Vehicle = field(compare=False)
    planted: bool = field(compare=False)


def plan_drive(
    *, seed: int, cameras: int, frames: int, rate: float, plants: Sequence[Plant] = (), run: str = "sim"
) -> Drive:
    """A drive of `frames` frames, `rate` a second over all cameras together. The ids of the cameras begin with `run`.

    Every planted plate is seen at least once. Raises ValueError when a number is out of range or a plate has no frame.
    """
    if not 1 <= cameras <= MAX_CAMERAS:
        raise ValueError(f"between 1 and {MAX_CAMERAS} cameras can be simulated")
    if frames < 1 or not 0 < rate < inf:
        raise ValueError("frames and rate must be positive")
    hung = hang_cameras(seed, cameras, SPACING_M, run)
    placed = _place_plants(plants, hung, frames)
    return Drive(seed, hung, tuple(_shots(seed, hung, frames, rate, placed)))


def spread_plants(texts: Sequence[tuple[str, str]], frames: int) -> tuple[Plant, ...]:
    """Plates given as (text, country), spread evenly over the drive. Raises ValueError for what cannot be drawn."""
    step = frames / (len(texts) + 1)
    return tuple(Plant(given_plate(text, country), int(step * (n + 1))) for n, (text, country) in enumerate(texts))


def _place_plants(plants: Sequence[Plant], cameras: tuple[Camera, ...], frames: int) -> dict[int, Plant]:
    """The frame of each plant: the wished one or the nearest free one where its plate can be seen."""
    placed: dict[int, Plant] = {}
    for plant in plants:
        wished = min(max(plant.number, 0), frames - 1)
        free = (n for n in (*range(wished, frames), *range(wished - 1, -1, -1)) if n not in placed)
        fitting = [n for n in free if _can_pass(plant.plate, cameras[n % len(cameras)])]
        if not fitting:
            raise ValueError("there are more planted plates than frames that can show them")
        placed[fitting[0]] = plant
    return placed


def _can_pass(plate: Plate, camera: Camera) -> bool:
    """Motorcycles have a plate at the rear only, so only a camera that looks along the traffic sees it."""
    return camera.looks_along or plate.sheet is not Sheet.MOTORCYCLE


def _shots(
    seed: int, cameras: tuple[Camera, ...], frames: int, rate: float, plants: dict[int, Plant]
) -> Iterator[Shot]:
    random = dice(seed, "drive")
    waiting: list[list[_Due]] = [[] for _ in cameras]
    for number in range(frames):
        index, offset_s = number % len(cameras), number / rate
        camera = cameras[index]
        arrivals: list[_Due] = []
        if number in plants:
            arrivals.append(_Due(offset_s, number, _vehicle(random, plants[number].plate), planted=True))
        elif waiting[index] and waiting[index][0].at_s <= offset_s:
            arrivals.append(heappop(waiting[index]))
        elif random.random() > _EMPTY:
            arrivals.append(_Due(offset_s, number, _newcomer(random, camera), planted=False))
        for due in arrivals:
            _drive_on(random, replace(due, at_s=offset_s), index, cameras, waiting)
        passing = [Passing(due.vehicle) for due in arrivals]
        if camera.wide and random.random() < 0.45:
            passing.append(Passing(_newcomer(random, camera, main=False), main=False))
        planted = any(due.planted for due in arrivals)
        yield Shot(camera, number, number // len(cameras) + 1, offset_s, tuple(passing), planted)


def _drive_on(random: Random, due: _Due, index: int, cameras: tuple[Camera, ...], waiting: list[list[_Due]]) -> None:
    """Sends a vehicle to the next camera that can see its plate, unless it turns off before."""
    at_s = due.at_s
    for following in range(index + 1, len(cameras)):
        at_s += SPACING_M / random.uniform(8.0, 16.0)
        if random.random() < 0.12 and not due.planted:
            return
        if _can_pass(due.vehicle.plate, cameras[following]):
            heappush(waiting[following], replace(due, at_s=at_s))
            return


def _newcomer(random: Random, camera: Camera, *, main: bool = True) -> Vehicle:
    """A vehicle with an invented plate that this camera can see."""
    plate = invent_plate(random)
    rear_seen = camera.looks_along is main
    while plate.sheet is Sheet.MOTORCYCLE and not rear_seen:
        plate = invent_plate(random)
    return _vehicle(random, plate)


def _vehicle(random: Random, plate: Plate) -> Vehicle:
    kind = random.choices(list(_KINDS), list(_KINDS.values()))[0]
    if plate.sheet is Sheet.MOTORCYCLE:
        kind = Kind.MOTORCYCLE
    return Vehicle(plate, kind, random.choice(PAINTS), random.getrandbits(48))
