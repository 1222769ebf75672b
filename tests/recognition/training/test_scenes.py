"""Samples for the detector."""

import numpy as np
import pytest
from numpy.random import Generator

from services.recognition.training import scenes
from services.recognition.training.frames import part_of
from services.recognition.training.plate_pool import PlatePool, Sheet
from services.recognition.training.scenes import Scene, Scenes
from tests.recognition.training import street

COUNT = 60


class PlainPool(PlatePool):
    """Plates without letters, which need no fonts."""

    def take(self, rng: Generator) -> Sheet:
        has_two_lines = bool(rng.random() < 0.2)
        height, width = (160, 260) if has_two_lines else (80, 380)
        return Sheet(rng.integers(0, 255, (height, width, 3), dtype=np.uint8), has_two_lines)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    """From drawn frames."""
    data = street.folder(tmp_path_factory.mktemp("street"), ["a-t1.jpg", "a-t2.jpg"])
    source = Scenes(data, part=part_of("a", 1), pool=PlainPool())
    rng = np.random.default_rng(5)
    return [source.sample(rng) for _ in range(COUNT)]


def test_a_sample_has_the_size_that_was_asked_for() -> None:
    pixels, quads, exactness = Scenes(pool=PlainPool()).sample(np.random.default_rng(1), (256, 160))
    assert pixels.shape == (160, 256, 3)
    assert pixels.dtype == np.uint8
    assert quads.shape == (len(exactness), 4, 2)


def test_the_same_seed_gives_the_same_samples() -> None:
    one, other = (Scenes(pool=PlainPool()).sample(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_array_equal(one.quads, other.quads)


def test_every_target_is_mostly_in_the_picture_and_wide_enough(samples: list[Scene]) -> None:
    for sample in samples:
        height, width = sample.pixels.shape[:2]
        for quad in sample.quads:
            inside = np.clip(quad, 0, (width, height))
            assert np.ptp(quad[:, 0]) >= scenes.LEAST_WIDTH_PX
            assert np.ptp(inside, axis=0).prod() >= 0.4 * np.ptp(quad, axis=0).prod()


def test_targets_do_not_overlap(samples: list[Scene]) -> None:
    for sample in samples:
        for place, one in enumerate(sample.quads):
            for other in sample.quads[place + 1 :]:
                assert (np.maximum(one.min(0) - other.max(0), other.min(0) - one.max(0)) > 0).any()


def test_corners_go_clockwise_from_the_top_left(samples: list[Scene]) -> None:
    for quad in (quad for sample in samples for quad in sample.quads):
        across, down = quad[1] - quad[0], quad[3] - quad[0]
        assert across[0] > 0
        assert across[0] * down[1] - across[1] * down[0] > 0


def test_real_and_drawn_plates_and_empty_pictures_all_occur(samples: list[Scene]) -> None:
    told = np.concatenate([sample.exactness for sample in samples])
    assert {scenes.TRUE_CORNERS, scenes.BOX_ONLY} <= set(told.tolist())
    assert any(len(sample.quads) == 0 for sample in samples)
