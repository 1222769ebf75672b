"""What a camera makes of a picture: lens, sensor, processing and encoding, each by day, by night or in infrared."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.training.render import codec, lens, sensor
from services.recognition.training.render.chance import between, happens, pick

DAY, NIGHT, INFRARED = "day", "night", "infrared"
PART_NIGHT, PART_INFRARED = 0.10, 0.08
NO_BALANCE = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Camera:
    """How a picture is taken. Lengths in pixels of the picture, noise in grey levels; every default does nothing."""

    light: str = DAY
    surroundings_gain: float = 1.0  # of what does not reflect like a plate: for who puts a plate into a picture
    defocus_px: float = 0.0
    motion_px: float = 0.0
    motion_degrees: float = 0.0
    fringe_px: float = 0.0
    haze: float = 0.0
    haze_brightness: float = 0.0
    drops: int = 0
    gain: float = 1.0
    lamp_least: float = 1.0
    bloom: float = 0.0
    is_grey: bool = False
    balance: tuple[float, float, float] = NO_BALANCE
    gamma: float = 1.0
    shot_noise: float = 0.0
    read_noise: float = 0.0
    chroma_noise: float = 0.0
    grain_px: float = 0.0
    smoothing: float = 0.0
    sharpening: float = 0.0
    sharpening_px: float = 1.0
    resampled_part: float = 1.0
    is_resampled_coarsely: bool = False
    video_step: float = 0.0
    video_side_px: int = 8
    video_dropped: float = 0.0
    jpeg_quality: int = 100


def chosen(rng: Generator, hardness: float, blur_scale: float = 1.0) -> Camera:
    """Some camera in some weather. hardness: 0 changes nothing, 1 is what is trained on.

    blur_scale: what a plate bears, 1 for one of about 120 pixels. A far plate that is blurred like a near one is not a
    hard sample but none.
    """
    if hardness <= 0:
        return Camera()
    share = min(1.0, hardness)  # of how often; hardness itself says how much
    light = _light(rng, share)
    dark = 0.0 if light == DAY else between(rng, 0.2, 1.0)
    is_video, is_sharp = happens(rng, 0.3 * share), happens(rng, 0.3 * share)
    return Camera(
        light=light,
        surroundings_gain=1.0 if light == DAY else between(rng, 0.05, 0.5),
        defocus_px=hardness * blur_scale * (between(rng, 0.0, 1.2) if happens(rng, 0.85) else between(rng, 1.0, 1.8)),
        motion_px=hardness * blur_scale * between(rng, 1.0, 4.2) if happens(rng, 0.18 * share) else 0.0,
        motion_degrees=float(rng.normal(0, 12)) if happens(rng, 0.85) else between(rng, 0, 180),
        fringe_px=blur_scale * between(rng, 0.2, 0.9) if happens(rng, 0.1 * share) else 0.0,
        haze=hardness * between(rng, 0.05, 0.5) if happens(rng, 0.15 * share) else 0.0,
        haze_brightness=between(rng, 90, 230),
        drops=int(rng.integers(1, 7)) if happens(rng, 0.03 * share) else 0,
        gain=_gain(rng, light, hardness),
        lamp_least=between(rng, 0.4, 1.0) if light == NIGHT or happens(rng, 0.05 * share) else 1.0,
        bloom=between(rng, 0.1, 0.8) if light != DAY or happens(rng, 0.1 * share) else 0.0,
        is_grey=happens(rng, 0.08 * share),
        balance=_balance(rng, hardness),
        gamma=float(np.exp(rng.normal(0, 0.22 * hardness))),
        shot_noise=hardness * between(rng, 0, 7),
        read_noise=hardness * (between(rng, 0, 4) + dark * between(rng, 0, 7)),
        chroma_noise=hardness * between(rng, 2, 12) if happens(rng, 0.15 * share + 0.3 * dark) else 0.0,
        grain_px=between(rng, 0.3, 0.9) if happens(rng, 0.35) else 0.0,
        smoothing=between(rng, 0.1, 1.0) if happens(rng, 0.15 * share) else 0.0,
        sharpening=hardness * between(rng, 0.3, 2.2) if is_sharp else 0.0,
        sharpening_px=between(rng, 0.7, 1.6),
        resampled_part=1 - hardness * between(rng, 0.05, 0.5) * min(1.0, blur_scale)
        if happens(rng, 0.18 * share)
        else 1.0,
        is_resampled_coarsely=happens(rng, 0.3),
        video_step=hardness * float(np.exp(rng.uniform(np.log(6), np.log(26)))) if is_video else 0.0,
        video_side_px=pick(rng, (4, 8, 8)),
        video_dropped=between(rng, 0, 0.12) * share if happens(rng, 0.3) else 0.0,
        jpeg_quality=_quality(rng, hardness),
    )


def taken(camera: Camera, pixels: Pixels, rng: Generator) -> Pixels:
    """The picture as this camera gives it, of the same size and with everything in the same place."""
    light = pixels.astype(np.float32)
    light = _through_lens(camera, light, rng)
    light = _on_sensor(camera, light, rng)
    if camera.smoothing:
        light = sensor.smoothed(light, camera.smoothing)
    if camera.sharpening:
        light = sensor.sharpened(light, camera.sharpening, camera.sharpening_px)
    return _sent(camera, np.clip(light + 0.5, 0, 255).astype(np.uint8), rng)


def shot(pixels: Pixels, rng: Generator, hardness: float) -> Pixels:
    """The picture as some camera gives it."""
    return taken(chosen(rng, hardness), pixels, rng)


def _light(rng: Generator, share: float) -> str:
    throw = float(rng.random()) / share
    return NIGHT if throw < PART_NIGHT else INFRARED if throw < PART_NIGHT + PART_INFRARED else DAY


def _gain(rng: Generator, light: str, hardness: float) -> float:
    """By day about right; a plate at night is lit well, hardly or, by the car behind or the camera's lamp, too much."""
    if light == DAY:
        return float(np.exp(np.clip(rng.normal(-0.1, 0.27), -0.9, 0.45) * hardness))
    if light == INFRARED:
        return between(rng, 0.55, 1.6)
    return between(rng, 0.22, 0.75) if happens(rng, 0.6) else between(rng, 0.8, 1.6)


def _balance(rng: Generator, hardness: float) -> tuple[float, float, float]:
    blue, green, red = np.exp(rng.normal(0, (0.08, 0.04, 0.08)) * min(1.5, hardness)).tolist()
    return blue, green, red


def _quality(rng: Generator, hardness: float) -> int:
    """Of a JPEG: mostly good, sometimes down to 20."""
    spoiled = float(rng.random()) ** 1.5 * 75 * min(1.0, hardness)
    return int(np.clip(95 - spoiled, 20, 95))


def _through_lens(camera: Camera, light: lens.Light, rng: Generator) -> lens.Light:
    if camera.lamp_least < 1:
        light = sensor.lit(light, rng, camera.lamp_least)
    if camera.haze:
        light = lens.hazed(light, camera.haze, camera.haze_brightness)
    if camera.drops:
        light = lens.rained_on(light, camera.drops, rng)
    light = lens.defocused(light, camera.defocus_px)
    light = lens.moved(light, camera.motion_px, camera.motion_degrees)
    return lens.fringed(light, camera.fringe_px) if camera.fringe_px else light


def _on_sensor(camera: Camera, light: sensor.Light, rng: Generator) -> sensor.Light:
    light = light * np.float32(camera.gain)
    if camera.bloom:
        light = lens.bloomed(light, camera.bloom, light.shape[0] * 0.06)
    shares = sensor.INFRARED if camera.light == INFRARED else sensor.GREY if camera.is_grey else None
    light = sensor.grey(light, shares) if shares else sensor.balanced(light, camera.balance)
    light = sensor.noisy(
        light,
        rng,
        shot=camera.shot_noise,
        read=camera.read_noise,
        chroma=0.0 if shares else camera.chroma_noise,
        grain_px=camera.grain_px,
    )
    return sensor.curved(light, camera.gamma)


def _sent(camera: Camera, pixels: Pixels, rng: Generator) -> Pixels:
    if camera.resampled_part < 1:
        pixels = codec.resampled(pixels, camera.resampled_part, camera.is_resampled_coarsely)
    if camera.video_step:
        pixels = codec.as_video(
            pixels, rng, step=camera.video_step, side_px=camera.video_side_px, dropped=camera.video_dropped
        )
    if camera.jpeg_quality < 100:
        pixels = codec.as_jpeg(pixels, camera.jpeg_quality)
    return pixels
