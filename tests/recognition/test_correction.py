"""Characters are corrected where formats decide, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis.strategies import floats, lists, sampled_from, text

from services.common.plate import PlateInvalid
from services.recognition import correction
from services.recognition.formats import NO_EVIDENCE, Evidence
from services.recognition.reading import Choice, Colour, CountryShare, Position

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


def looks(**shares: float) -> tuple[CountryShare, ...]:
    return tuple(CountryShare(country, share) for country, share in shares.items())


def measured(text: str, evidence: Evidence, **doubts: tuple[str, float, float]) -> str:
    """What becomes of a text of a calibrated reader that sees of which country the plate is."""
    read = correction.as_read(text, positions(text, **doubts), 0.9)
    return correction.likeliest(read, evidence).text


BELGIAN, SLOVAK, NOBODY = looks(BE=0.97, NL=0.01), looks(SK=0.97, CZ=0.02), (CountryShare("", 0.95),)


@pytest.mark.parametrize(
    ("read", "place", "other", "plate"),
    [
        ("1ABO123", "at3", "Q", "1ABQ123"),
        ("IABC123", "at0", "1", "1ABC123"),
        ("1ABC1O3", "at5", "0", "1ABC103"),
        ("1A8C123", "at2", "B", "1ABC123"),
        ("1ABCI23", "at4", "1", "1ABC123"),
        ("1ABCZ23", "at4", "2", "1ABC223"),
        ("1ABC5S3", "at5", "5", "1ABC553"),
        ("1ABC6G3", "at5", "6", "1ABC663"),
        ("1A0C123", "at2", "D", "1ADC123"),
        ("0ABC123", "at0", "O", "OABC123"),
    ],
)
def test_on_a_belgian_plate_the_format_decides_between_what_the_reader_offers(
    read: str, place: str, other: str, plate: str
) -> None:
    doubt = {place: (other, 0.6, 0.3)}
    assert measured(read, Evidence(looks=BELGIAN), **doubt) == plate
    assert measured(read, Evidence(looks=NOBODY), **doubt) == read
    assert measured(read, Evidence(looks=SLOVAK), **doubt) == read


def test_what_a_calibrated_reader_does_not_offer_is_not_put_in() -> None:
    assert measured("1A8C123", Evidence(looks=BELGIAN)) == "1A8C123"
    assert measured("1A8C123", Evidence(looks=BELGIAN), at2=("B", 0.99, 0.01)) == "1A8C123"


def test_a_plate_gets_the_format_of_the_country_that_it_looks_like() -> None:
    doubt = {"at2": ("0", 0.6, 0.3)}
    assert measured("BAO12CD", Evidence(looks=SLOVAK), **doubt) == "BA012CD"
    assert measured("BAO12CD", Evidence(looks=BELGIAN), **doubt) == "BAO12CD"
    assert measured("BAO12CD", Evidence(), **doubt) == "BA012CD"  # French by its text, where nobody saw the plate


def test_the_probability_of_a_whole_text_is_kept_and_follows_a_correction() -> None:
    read = correction.as_read("1A8C123", positions("1A8C123", at2=("B", 0.6, 0.3)), 0.5)
    assert read.probability == 0.5
    found = correction.likeliest(read, Evidence(looks=BELGIAN))
    assert found.probability == pytest.approx(0.5 * 0.81 / 0.6)
    assert found.is_calibrated


@given(
    letters=text("0O1IB8QDZ2S5ACX", min_size=1, max_size=9),
    doubt=floats(0, 1),
    country=sampled_from(["", "SK", "BE", "PL"]),
)
def test_of_a_calibrated_reader_only_offered_characters_are_reported(letters: str, doubt: float, country: str) -> None:
    read = correction.as_read(letters, positions(letters, at0=("B", 1 - doubt, doubt)), 0.7)
    found = correction.likeliest(read, Evidence(looks=(CountryShare(country, 0.9),)))
    assert found.text in {letters, "B" + letters[1:], letters[1:]}
    assert 0 <= found.probability <= 1
