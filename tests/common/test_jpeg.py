"""Which JPEG files are plain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers
from PIL import Image

from services.common import jpeg
from tests.common.test_picture import saved

NOISE = Image.fromarray(np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8))
PLAIN = saved(NOISE, "JPEG")
SCAN = PLAIN.index(b"\xff\xda")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 95, "subsampling": 0},
        {"optimize": True},
        {"comment": b"\xff\xda\xff\xd9"},
        {"restart_marker_blocks": 1},
    ],
)
def test_what_cameras_write_is_plain(options: dict[str, object]) -> None:
    assert jpeg.is_plain(saved(NOISE, "JPEG", **options))
    assert jpeg.is_plain(saved(NOISE, "JPEG", **options) + b"what follows does not count")


def test_what_has_several_scans_is_not() -> None:
    assert not jpeg.is_plain(saved(NOISE, "JPEG", progressive=True))


@given(part=integers(0, len(PLAIN) - 1))
def test_what_is_cut_off_is_not(part: int) -> None:
    assert not jpeg.is_plain(PLAIN[:part])


@given(junk=binary(min_size=1, max_size=4))
def test_what_has_junk_between_its_segments_is_not(junk: bytes) -> None:
    assert not jpeg.is_plain(PLAIN[:2] + junk + PLAIN[2:]) or junk.startswith(b"\xff")


@pytest.mark.parametrize("marker", [b"\xff\xdb", b"\xff\xc4", b"\xff\xda", b"\xff\xd8", b"\xff\xff"])
def test_what_has_another_marker_in_its_data_is_not(marker: bytes) -> None:
    middle = (SCAN + len(PLAIN)) // 2
    assert not jpeg.is_plain(PLAIN[:middle] + marker + PLAIN[middle + 2 :])


@given(content=binary(max_size=60))
def test_noise_is_not(content: bytes) -> None:
    assert not jpeg.is_plain(b"\xff\xd8" + content) or b"\xff\xda" in content
