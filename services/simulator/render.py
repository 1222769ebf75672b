"""Turns a shot of a drive into a frame: street, vehicles, light, lens, JPEG. Deterministic in its arguments."""

from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from services.common.marker import MarkedPlate, draw_marker
from services.simulator.bodies import Kind
from services.simulator.cameras import Camera
from services.simulator.conditions import Conditions, Difficulty, Hour, draw_conditions
from services.simulator.dice import dice
from services.simulator.drive import Shot
from services.simulator.frame import Frame, TruePlate
from services.simulator.lens import add_glow, darken, develop, encode_jpeg
from services.simulator.light import Light
from services.simulator.scene import place_vehicles, visible_plates
from services.simulator.site import Weather, survey
from services.simulator.street import Street, draw_street
from services.simulator.texture import Surface
from services.simulator.trim import lamp_places
from services.simulator.vehicle import Placed, end_of, paint_vehicle

_BLACK = (7.0, 6.0, 6.0)


def render_frame(shot: Shot, *, seed: int, difficulty: Difficulty, started_at: datetime, marker: bool = False) -> Frame:
    """The frame of a shot of the drive with this seed, on a drive that began at `started_at`.

    The bytes depend on the seed, the camera's number, the sequence, difficulty and marker, and on nothing else.
    `marker` adds the machine-readable marker of services.common.marker.
    """
    random = dice(seed, shot.camera.number, shot.sequence)
    conditions = draw_conditions(random, Difficulty.EASY if shot.planted else difficulty)
    street = _street(shot.camera)
    placed = place_vehicles(random, shot.camera, shot.passing)
    plates = visible_plates(shot.camera, placed)
    picture = _empty_street(shot.camera, conditions.hour).copy()
    _paint_traffic(picture, street, placed, conditions)
    developed = develop(picture, conditions, random.getrandbits(64))
    if marker:
        developed = draw_marker(developed, [_marked(plate) for plate in plates])
    return Frame(
        shot.camera.camera_id,
        shot.sequence,
        started_at + timedelta(seconds=shot.offset_s),
        encode_jpeg(developed, conditions.quality),
        plates,
        approaching=not shot.camera.looks_along,
    )


@lru_cache(maxsize=16)
def _street(camera: Camera) -> Street:
    return draw_street(survey(camera.view, dice(camera.look)))


@lru_cache(maxsize=24)
def _empty_street(camera: Camera, hour: Hour) -> Surface:
    return darken(_street(camera).picture, camera.view, hour)


def _paint_traffic(picture: Surface, street: Street, placed: list[Placed], conditions: Conditions) -> None:
    light = _light(street.weather, conditions.hour)
    for one in placed:
        paint_vehicle(picture, street.view, light, one, conditions.smear_px)
        if conditions.hour is not Hour.DAY and one.vehicle.kind is not Kind.MOTORCYCLE:
            _light_lamps(picture, street, one, conditions.hour)


def _light(weather: Weather, hour: Hour) -> Light:
    if hour is Hour.LAMPS:
        return Light(
            (0.2, 0.97, 0.1), 0.16, _BLACK, (26.0, 30.0, 34.0), (12.0, 13.0, 14.0), (26.0, 30.0, 36.0), 0.24, 0.3, 0.74
        )
    if hour is Hour.INFRARED:
        return Light(
            (0.0, 0.55, -0.835),
            0.26,
            _BLACK,
            (10.0, 10.0, 10.0),
            (14.0, 14.0, 14.0),
            (30.0, 30.0, 30.0),
            0.12,
            0.32,
            0.98,
        )
    length = float(np.linalg.norm(weather.sun))
    across, up, along = (part / length for part in weather.sun)
    strength = 0.5 * weather.sharp
    return Light(
        (across, up, along),
        strength,
        weather.zenith,
        weather.horizon,
        (116, 122, 126),
        (80, 82, 84),
        0.92 - 0.55 * strength,
        1.0,
        0.95,
    )


def _light_lamps(picture: Surface, street: Street, placed: Placed, hour: Hour) -> None:
    places = placed.pose.world(lamp_places(end_of(placed)))
    pixels = street.view.project(places)
    spread_px = abs(float(pixels[1, 0] - pixels[0, 0]))
    colour = (40.0, 34.0, 210.0) if placed.rear else (236.0, 246.0, 252.0)
    strength = {Hour.LAMPS: 1.0, Hour.INFRARED: 0.55}.get(hour, 0.0)
    glow = (colour[0] * strength, colour[1] * strength, colour[2] * strength)
    for pixel in pixels:
        add_glow(picture, pixel, spread_px * (0.3 if placed.rear else 0.5), glow)


def _marked(plate: TruePlate) -> MarkedPlate:
    first, second, third, fourth = ((round(x), round(y)) for x, y in plate.corners)
    return MarkedPlate(plate.plate.text, plate.plate.country, plate.box, (first, second, third, fourth))
