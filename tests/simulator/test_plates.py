"""Invented plates look like their series; given ones say what was given."""

from random import Random

import pytest
from hypothesis import given
from hypothesis.strategies import integers, sampled_from, text

from services.simulator.glyphs import PATHS
from services.simulator.plates import SERIES, Series, Sheet, given_plate, invent_plate


@given(seed=integers())
def test_an_invented_plate_has_the_shape_of_its_series(seed: int) -> None:
    plate = invent_plate(Random(seed))
    series = next(one for one in SERIES if one.code == plate.series)
    assert series.country == plate.country
    assert series.shape.fullmatch(plate.text)
    assert plate.sheet in dict(series.sheets)


@given(seed=integers(), series=sampled_from(SERIES))
def test_a_text_of_any_series_is_put_back_into_its_groups(seed: int, series: Series) -> None:
    plate = invent_plate(Random(seed))
    again = given_plate(plate.text, plate.country)
    assert again.text == plate.text
    assert series.shape.fullmatch(given_plate(_normalised(series.invent(Random(seed))), series.country).text)


def test_seven_in_ten_invented_plates_are_belgian() -> None:
    random = Random(1)
    countries = [invent_plate(random).country for _ in range(4000)]
    assert 0.66 < countries.count("BE") / len(countries) < 0.74
    assert set(countries) == {"BE", "NL", "FR", "DE", "LU", "GB"}


def test_a_plate_shows_two_lines_only_on_the_sheets_that_have_them() -> None:
    random = Random(2)
    for _ in range(2000):
        plate = invent_plate(random)
        assert (plate.layout == "two_lines") == (plate.sheet in (Sheet.SQUARE, Sheet.MOTORCYCLE))


@pytest.mark.parametrize(
    ("text", "country", "lines"),
    [
        ("1abc234", "BE", ("1-ABC-234",)),
        ("1-ABC-234", "BE", ("1-ABC-234",)),
        ("ABC 123", "BE", ("ABC-123",)),
        ("MABC123", "BE", ("M-ABC", "123")),
        ("XA26BCD", "BE", ("XA-26-BCD",)),
        ("GT123K", "NL", ("GT-123-K",)),
        ("AB123CD", "FR", ("AB-123-CD",)),
        ("AB1234", "LU", ("AB 1234",)),
        ("AB12CDE", "GB", ("AB12 CDE",)),
    ],
)
def test_a_given_plate_is_grouped_as_its_series_is(text: str, country: str, lines: tuple[str, ...]) -> None:
    assert given_plate(text, country).lines == lines


@given(text("0123456789ABCXYZ", min_size=1, max_size=10), sampled_from(["BE", "NL", "FR", "DE", "LU", "GB"]))
def test_a_given_plate_says_what_was_given(words: str, country: str) -> None:
    plate = given_plate(words, country)
    assert plate.text == words
    assert all(sign in PATHS or sign in "- " for line in plate.lines for sign in line)


@pytest.mark.parametrize("words", ["", "-", "ABCDEFGHIJK", "ÄB-C 1", "1_ABC", "1ABC234\n", "１ABC"])
def test_a_text_that_cannot_be_drawn_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="1 to 10 letters"):
        given_plate(words)


def test_a_plate_does_not_show_itself_in_a_log() -> None:
    assert "ABC" not in repr(given_plate("1ABC234"))


def _normalised(display: str) -> str:
    return display.replace("-", "").replace(" ", "")
