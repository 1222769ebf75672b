"""Cameras: every picture keeps its size, and nothing moves in it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.raster import Pixels
from services.recognition.training.render import camera, codec, holder, wear


def picture(width: int = 90, height: int = 40) -> Pixels:
    pixels = np.full((height, width, 3), 210, np.uint8)
    cv2.rectangle(pixels, (30, 10), (60, 30), (40, 30, 150), -1)
    return pixels


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), width=st.integers(12, 120), height=st.integers(10, 90), hardness=st.floats(0, 2))
def test_a_shot_keeps_the_size_of_any_picture(seed: int, width: int, height: int, hardness: float) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    shot = camera.shot(pixels, rng, hardness)
    assert shot.shape == pixels.shape
    assert shot.dtype == np.uint8


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), width=st.integers(20, 200), height=st.integers(12, 160))
def test_wear_keeps_the_size_and_its_input(seed: int, width: int, height: int) -> None:
    pixels = picture(width, height)
    before = pixels.copy()
    worn = wear.worn(pixels, np.random.default_rng(seed), 1.0)
    assert worn.shape == pixels.shape
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("wearing", [wearing for _, wearing in wear.WEARS])
def test_each_kind_of_wear_leaves_a_picture_of_numbers(wearing: wear.Wearing) -> None:
    for seed in range(10):
        light = wearing(picture(300, 80).astype(np.float32), np.random.default_rng(seed))
        assert light.shape == (80, 300, 3)
        assert np.isfinite(light).all()


def test_hardness_nought_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    assert np.array_equal(camera.shot(picture(), rng, 0.0), picture())
    assert np.array_equal(wear.worn(picture(), rng, 0.0), picture())


def test_a_plain_camera_moves_nothing() -> None:
    blurred = camera.Camera(defocus_px=1.0, motion_px=3.0, resampled_part=0.6, video_step=8.0, jpeg_quality=80)
    shot = camera.taken(blurred, picture(), np.random.default_rng(1))
    shift, _ = cv2.phaseCorrelate(*(cv2.cvtColor(p, cv2.COLOR_BGR2GRAY).astype(np.float32) for p in (picture(), shot)))
    assert np.abs(shift).max() < 0.3


def test_coarser_video_is_farther_from_the_picture() -> None:
    rng = np.random.default_rng(2)
    pixels = np.asarray(cv2.GaussianBlur(rng.integers(0, 256, (48, 96, 3)).astype(np.uint8), (0, 0), 1.0), np.uint8)
    losses = [
        float(np.abs(codec.as_video(pixels, rng, step=step, side_px=8, dropped=0).astype(int) - pixels).mean())
        for step in (4.0, 16.0, 64.0)
    ]
    assert losses == sorted(losses)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_holder_is_around_the_plate(seed: int) -> None:
    held = holder.held(picture(300, 80), np.random.default_rng(seed))
    plate = held.pixels[held.top : held.top + 80, held.left : held.left + 300]
    assert np.array_equal(plate, picture(300, 80))
