"""Plates are told from other text, and pieces of plates are put together."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy, booleans, builds, floats, lists, sampled_from, text, tuples

from services.recognition import plate_likeness
from services.recognition.plate_likeness import plates
from services.recognition.reading import Box, Choice, Colour, Corners, CountryShare, Layout, Seen, TextBox

RED, BLACK, YELLOW = Colour.RED_ON_WHITE, Colour.BLACK_ON_WHITE, Colour.BLACK_ON_YELLOW


def text_box(
    raw: str,
    left: float,
    top: float,
    *,
    height: float = 40,
    pitch: float = 0.6,
    sure: float = 0.99,
    colour: Colour = Colour.UNKNOWN,
    is_plate: bool = False,
) -> TextBox:
    width = height * pitch * len(raw)
    corners: Corners = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    positions = tuple((Choice(character.upper(), sure),) for character in raw if character.isalnum())
    return TextBox(raw, positions, corners, colour, is_plate=is_plate)


def seen(*boxes: TextBox) -> Seen:
    return Seen(1280, 720, boxes)


def texts(*boxes: TextBox, country: str = "") -> list[str]:
    return [plate.text for plate in plates(seen(*boxes), country)]


@pytest.mark.parametrize(
    "raw",
    ["1-ABC-123", "ABC-123", "M-ABC-123", "AB-123-CD", "KA AB 1234", "SB 90 TZI", "WA 12345", "1234 BCD", "O-ABC-123"],
)
def test_a_plate_alone_is_found(raw: str) -> None:
    (plate,) = plates(seen(text_box(raw, 300, 300)))
    assert plate.text == "".join(filter(str.isalnum, raw))
    assert plate.raw == raw
    assert plate.layout is Layout.ONE_LINE
    assert plate.box == Box(plate.box.x, 299, plate.box.width, 42)
    assert plate.box.width == pytest.approx(1.1 * 24 * len(raw), abs=2)
    assert len(plate.characters) == len(plate.text)


@pytest.mark.parametrize(
    "raw",
    [
        "PIZZERIA",
        "www.garage.be",
        "Your electric drive",
        "30",
        "226",
        "0471 23 45 67",
        "E40",
        "A12",
        "LIDL",
        "TOTAL",
        "2000",
        "P+R",
        "",
        "-",
        "x",
        "espark.0",
        "24h/24",
        "N4",
        "C&A",
        "1",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    ],
)
@pytest.mark.parametrize("colour", [Colour.UNKNOWN, BLACK, Colour.OTHER, Colour.BLUE_ON_WHITE])
def test_signs_are_no_plates(raw: str, colour: Colour) -> None:
    assert texts(text_box(raw, 300, 300, colour=colour)) == []


@pytest.mark.parametrize("raw", ["OLIFANT", "A-14", "P-114", "1", "999", "AB-12"])
def test_short_and_personalised_belgian_plates_are_known_by_their_colour(raw: str) -> None:
    (plate,) = plates(seen(text_box(raw, 300, 300, pitch=1.2 if len(raw) < 3 else 0.7, colour=RED)))
    assert plate.raw == raw
    assert plate.candidates


def test_an_unknown_format_is_kept_and_marked() -> None:
    (plate,) = plates(seen(text_box("12345ABCD", 300, 300)))
    assert plate.is_unknown_format
    assert (plate.text, plate.country) == ("12345ABCD", "")


def test_an_engine_that_finds_plates_is_believed() -> None:
    found = plates(
        seen(text_box("LIDL", 300, 300, sure=0.1, is_plate=True), text_box("7", 1, 1, height=2, is_plate=True))
    )
    assert [plate.text for plate in found] == ["LIDL", "7"] or [plate.text for plate in found] == ["7", "LIDL"]


@pytest.mark.parametrize(
    ("upper", "lower", "plate"),
    [
        ("1-ABC", "123", "1ABC123"),
        ("M-ABC", "123", "MABC123"),
        ("S-AAB", "123", "SAAB123"),
        ("AB", "1234", "AB1234"),
        ("1-123", "ABC", "1123ABC"),
    ],
)
def test_two_lines_become_one_plate(upper: str, lower: str, plate: str) -> None:
    top = text_box(upper, 300, 300)
    found = plates(seen(text_box("GARAGE DUPONT", 290, 400, height=12), text_box(lower, 305, 345), top))
    assert [(reading.text, reading.layout) for reading in found] == [(plate, Layout.TWO_LINES)]
    assert found[0].raw == f"{upper} {lower}"
    assert found[0].box.height >= 80


def test_two_groups_on_one_line_become_one_plate() -> None:
    assert texts(text_box("1-ABC", 300, 300), text_box("-123", 440, 302)) == ["1ABC123"]


def test_plates_of_two_cars_stay_two() -> None:
    found = texts(
        text_box("1-ABC-123", 100, 300), text_box("2-DEF-456", 700, 310, sure=0.999), text_box("SALE", 400, 100)
    )
    assert found == ["2DEF456", "1ABC123"]
    above = texts(text_box("1-ABC-123", 100, 300), text_box("2-DEF-456", 100, 345))
    assert sorted(above) == ["1ABC123", "2DEF456"]


@pytest.mark.parametrize(("left", "top"), [(300, 420), (600, 340), (300, 100)])
def test_lines_far_apart_are_not_put_together(left: float, top: float) -> None:
    assert "1ABC123" not in texts(text_box("1-ABC", 300, 300), text_box("123", left, top))


def test_text_cut_by_the_edge_is_no_short_plate() -> None:
    assert texts(text_box("B-216", 1280 - 5 * 24, 300, colour=RED)) == []
    assert texts(text_box("A-14", 600, 300, colour=RED)) == ["A14"]


@pytest.mark.parametrize("change", [{"height": 5}, {"pitch": 0.2}, {"pitch": 2.0}, {"sure": 0.5}])
def test_text_of_no_plates_shape_or_sureness_is_left_out(change: dict[str, float]) -> None:
    usual = {"height": 40.0, "pitch": 0.6, "sure": 0.99} | change
    box = text_box("1-ABC-123", 100, 300, height=usual["height"], pitch=usual["pitch"], sure=usual["sure"])
    assert texts(box) == []


def test_where_the_camera_stands_decides_between_countries() -> None:
    (plate,) = plates(seen(text_box("AB1234", 300, 300)), "LU")
    assert plate.country == "LU"
    (plate,) = plates(seen(text_box("AB1234", 300, 300)), "NL")
    assert plate.country == "NL"


def own(text: str, country: str, probability: float = 0.93) -> TextBox:
    """A plate as our own networks give it: without separators, calibrated, with the country that it looks like."""
    box = text_box(text, 300, 300, is_plate=True)
    return replace(box, probability=probability, countries=(CountryShare(country, 0.97),))


def test_the_probability_of_our_own_reader_is_the_confidence() -> None:
    (plate,) = plates(seen(own("1ABC123", "BE")))
    assert (plate.text, plate.confidence, plate.country) == ("1ABC123", 0.93, "BE")


@pytest.mark.parametrize("text", ["X4Y7Z2Q", "0O0O0O", "IIIII11", "A1B2C3D4E", "B1ABC123", "I1O0"])
def test_random_texts_come_out_as_they_were_read(text: str) -> None:
    (plate,) = plates(seen(own(text, "")))
    assert (plate.text, plate.raw, plate.country) == (text, text, "")


@pytest.mark.parametrize("text", ["X4Y7Z2Q", "0O0O0O", "A1B2C3D4E"])
def test_what_fits_no_series_is_marked_so(text: str) -> None:
    (plate,) = plates(seen(own(text, "")))
    assert plate.is_unknown_format


POINT = tuples(floats(-100, 1500), floats(-100, 900))
BOXES: SearchStrategy[TextBox] = builds(
    TextBox,
    raw=text("AB1Ö -.8Z0é語", max_size=40),
    positions=lists(
        lists(builds(Choice, character=sampled_from("AB1Ö8Z0"), probability=floats(0, 1)), min_size=1, max_size=3).map(
            tuple
        ),
        max_size=12,
    ).map(tuple),
    corners=tuples(POINT, POINT, POINT, POINT),
    colour=sampled_from(Colour),
    layout=sampled_from(Layout),
    is_plate=booleans(),
    probability=floats(0, 1),
    countries=lists(
        builds(CountryShare, country=sampled_from(["", "BE", "SK"]), probability=floats(0, 1)), max_size=2
    ).map(tuple),
)


@given(boxes=lists(BOXES, max_size=6).map(tuple))
@settings(deadline=None)
def test_whatever_an_engine_sees_gives_sound_plates(boxes: tuple[TextBox, ...]) -> None:
    found = plates(Seen(1280, 720, boxes))
    assert [plate.confidence for plate in found] == sorted((plate.confidence for plate in found), reverse=True)
    for plate in found:
        assert 1 <= len(plate.text) == len(plate.characters) <= 16
        assert len(plate.raw) <= plate_likeness.MAX_RAW_CHARACTERS
        assert 0 <= plate.confidence <= 1
        assert plate.box.x >= 0
        assert plate.box.x + plate.box.width <= 1281
