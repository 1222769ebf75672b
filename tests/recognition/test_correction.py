"""Characters are corrected where formats decide, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis.strategies import floats, lists, text

from services.common.plate import PlateInvalid
from services.recognition import correction
from services.recognition.formats import NO_EVIDENCE, Evidence
from services.recognition.reading import Choice, Colour, Position

RED = Evidence(Colour.RED_ON_WHITE)
BLACK = Evidence(Colour.BLACK_ON_WHITE)


def positions(text: str, **doubts: tuple[str, float, float]) -> tuple[Position, ...]:
    """Sure characters, but for those at `at<index>`, where a second one has a probability too."""
    places: list[Position] = []
    for index, character in enumerate(text):
        if f"at{index}" in doubts:
            other, first, second = doubts[f"at{index}"]
            places.append((Choice(character, first), Choice(other, second)))
        else:
            places.append((Choice(character, 0.99),))
    return tuple(places)


def likeliest(raw: str, places: tuple[Position, ...], evidence: Evidence = NO_EVIDENCE) -> correction.Spelling:
    return correction.likeliest(correction.as_read(raw, places), evidence)


@pytest.mark.parametrize(
    "plate", ["1ABC123", "ABC123", "AB123CD", "KAAB1234", "SB90TZI", "B152FTO", "MABC123", "12ABC3"]
)
@pytest.mark.parametrize("evidence", [NO_EVIDENCE, RED, BLACK])
def test_a_sure_read_stays(plate: str, evidence: Evidence) -> None:
    assert likeliest(plate, positions(plate), evidence).text == plate


def test_a_doubt_that_the_format_decides_is_decided() -> None:
    found = likeliest("1-A8C-123", positions("1A8C123", at2=("B", 0.7, 0.25)))
    assert (found.text, found.raw) == ("1ABC123", "1-ABC-123")
    assert [choice.character for choice in found.positions[2]] == ["B", "8"]
    assert found.positions[2][0].probability == pytest.approx(0.9 * 0.95)
    assert sum(choice.probability for choice in found.positions[2]) <= 1


def test_colour_helps_to_decide() -> None:
    misread = positions("IABC123")
    assert likeliest("IABC123", misread, RED).text == "1ABC123"
    assert likeliest("IABC123", misread, BLACK).text == "IABC123"


def test_the_country_letter_of_the_band_is_no_part_of_the_plate() -> None:
    assert likeliest("B 1-ABC-123", positions("B1ABC123")).text == "1ABC123"
    assert likeliest("F AB-123-CD", positions("FAB123CD")).text == "AB123CD"
    assert likeliest("D KA AB 123", positions("DKAAB123")).text == "DKAAB123"  # a longer German plate would fit too


def test_an_unlikely_change_is_not_made() -> None:
    assert likeliest("B152FT0", positions("B152FT0")).text == "B152FT0"
    assert likeliest("AB8CD9F", positions("AB8CD9F")).text == "AB8CD9F"


def test_an_engine_without_alternatives_keeps_its_text() -> None:
    assert correction.as_read("1-abc-123", ()).text == "1ABC123"
    assert correction.as_read("1-abc-123", ()).probability == 0
    assert correction.as_read("AB-1", positions("XYZ")).text == "AB1"
    assert correction.as_read("8", ((Choice("B", 0.5), Choice("8", 0.4)),)).positions == (
        (Choice("8", 0.4), Choice("B", 0.5)),
    )


@pytest.mark.parametrize("raw", ["", "--", "A" * 17])
def test_what_no_plate_can_be_is_refused(raw: str) -> None:
    with pytest.raises(PlateInvalid):
        correction.as_read(raw, ())


@given(raw=text(max_size=20), shares=lists(floats(0, 1), max_size=20))
def test_any_text_keeps_its_length_but_for_the_band(raw: str, shares: list[float]) -> None:
    places = tuple((Choice(character, share),) for character, share in zip(raw, shares, strict=False))
    try:
        read = correction.as_read(raw, places)
    except PlateInvalid:
        return
    found = correction.likeliest(read, NO_EVIDENCE)
    assert len(found.text) == len(found.positions)
    assert [position[0].character for position in found.positions] == list(found.text)
    assert len(read.text) - len(found.text) in (0, 1)
    assert 0 <= found.probability <= 1
