"""The golden sets are the same everywhere, hold every kind of plate, and know the truth about each."""

import cv2
import numpy as np
import pytest

from services.recognition import priors
from services.recognition.alphabet import CHARACTERS, COUNTRIES
from services.recognition.rectify import rectified
from services.recognition.training import conditions, golden, golden_legible, pasting
from services.recognition.training.golden import Size
from services.recognition.training.render import kinds, plate


def test_every_kind_of_the_renderer_is_in_a_group() -> None:
    assert {golden.group(kind) for kind in kinds.WEIGHTS} == set(golden.groups())
    assert {"BE_STD_2010", "BE_MOTO", "NL", "FR", "DE", "LU", "GB", "rest", "random", "foreign"} <= set(golden.groups())


def test_a_picture_is_the_same_each_time_and_another_in_the_other_set() -> None:
    one, again = (golden.picture(Size.SMALL, "BE_MOTO", 3) for _ in range(2))
    assert one.content == again.content
    assert one.content != golden.picture(Size.LARGE, "BE_MOTO", 3).content


@pytest.mark.parametrize("number", range(len(conditions.CONDITIONS)))
def test_a_picture_knows_its_plate(number: int) -> None:
    taken = golden.picture(Size.SMALL, "BE_STD_2010", number)
    assert set(taken.art.text) <= set(CHARACTERS)
    across, down = np.array(taken.corners).T
    assert 0 <= across.min() < across.max() <= golden.WIDTH_PX
    assert 0 <= down.min() < down.max() <= golden.HEIGHT_PX
    (label,) = taken.sample().labels
    assert (label.text, label.is_counted) == (taken.art.text, taken.is_legible)
    assert dict(label.groups)["condition"] == taken.condition


def test_most_plates_by_day_are_legible_and_none_behind_a_wall() -> None:
    days = [golden.picture(Size.SMALL, name, 0) for name in golden.groups()[:12]]
    assert np.mean([one.is_legible for one in days]) > 0.7
    wall = np.full((golden.HEIGHT_PX, golden.WIDTH_PX, 3), 128, np.uint8)
    assert not any(golden_legible.is_legible(one.art, wall, np.array(one.corners, np.float32)) for one in days)


@pytest.mark.parametrize("kind", ["BE_STD_2010", "BE_STD_2010_SQUARE"])
def test_a_clean_drawing_is_legible_and_a_covered_character_is_not(kind: str) -> None:
    art = plate.draw(np.random.default_rng(5), kind)
    height, width = art.pixels.shape[:2]
    outline = pasting.outline(width, height)
    assert golden_legible.is_legible(art, art.pixels, outline)
    covered = art.pixels.copy()
    box = art.characters[-1]
    covered[box.y - 2 : box.y + box.height + 2, box.x - 2 : box.x + box.width + 2] = art.pixels[:3].mean()
    assert not golden_legible.is_legible(art, covered, outline)


def test_the_plate_is_where_its_corners_say() -> None:
    taken = golden.picture(Size.SMALL, "BE_STD_2010", 0)
    picture = cv2.imdecode(np.frombuffer(taken.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    seen = rectified(np.asarray(picture, np.uint8), np.array(taken.corners, np.float32)).astype(float)
    height, width = taken.art.pixels.shape[:2]
    drawn = rectified(taken.art.pixels, pasting.outline(width, height))
    assert np.corrcoef(seen.ravel(), drawn.astype(float).ravel())[0, 1] > 0.6


def test_the_shares_that_looks_start_from_are_the_renderer_s() -> None:
    rng = np.random.default_rng(1)
    drawn = [kinds.design(rng).country for _ in range(1500)]
    for country, share in priors.TRAINED.items():
        assert drawn.count(country) / len(drawn) == pytest.approx(share, rel=0.35, abs=0.01)
    others = [country for country in COUNTRIES if country not in priors.TRAINED]
    found = np.mean([drawn.count(country) / len(drawn) for country in others])
    assert found == pytest.approx(priors.TRAINED_OTHER, rel=0.35)
