"""The format tables: every plate of every series is known as such, and nothing else is lost."""

import re

import pytest
from hypothesis import given, settings
from hypothesis.strategies import DataObject, SearchStrategy, data, from_regex, integers, sampled_from, text

from services.common.plate import PlateInvalid, normalise
from services.recognition import formats, series
from services.recognition.formats import CONFUSABLE, Evidence
from services.recognition.priors import CountryPrior
from services.recognition.reading import Colour, CountryShare
from services.recognition.series import Series

PLATES = {kind.code: from_regex(kind.pattern, fullmatch=True) for kind in series.ALL}
# The same as its pattern, which bounds the length by a look-ahead that cannot be generated from.
GERMAN = r"(?:[A-ZÄÖÜ]{1,2}[A-Z]{1,2}[1-9][0-9]{0,3}|[A-ZÄÖÜ]{3}[A-Z]{2}[1-9][0-9]{0,1}|[A-ZÄÖÜ]{3}[A-Z][1-9][0-9]{0,2})[EH]?"
PLATES["DE_STD"] = from_regex(GERMAN, fullmatch=True).filter(lambda plate: len(plate) <= 8)
KINDS = {kind.code: kind for kind in series.ALL}


@pytest.mark.parametrize("code", sorted(PLATES))
@given(data=data())
@settings(max_examples=30)
def test_every_plate_of_a_series_is_recognised_as_that_series(code: str, data: DataObject) -> None:
    plate = data.draw(PLATES[code])
    found = formats.examine(plate)
    assert code in found.valid_series
    assert KINDS[code].country in {candidate.country for candidate in found.candidates}
    assert found.normalised == plate


def test_an_index_at_the_end_is_belgian_by_its_gaps() -> None:
    assert formats.examine("ABC-123-1", Evidence(Colour.RED_ON_WHITE)).country == "BE"
    assert formats.examine("A-BC 1231").country == "DE"


@pytest.mark.parametrize("code", sorted(PLATES))
@given(data=data())
@settings(max_examples=30)
def test_how_a_plate_is_written_reads_back_as_the_plate(code: str, data: DataObject) -> None:
    plate = data.draw(PLATES[code])
    for candidate in formats.examine(plate).candidates:
        assert normalise(candidate.display) == plate
        assert candidate.series in formats.examine(candidate.display).valid_series


@given(raw=text(max_size=200))
@settings(max_examples=300)
def test_any_text_is_examined_or_refused_as_no_plate(raw: str) -> None:
    try:
        found = formats.examine(raw)
    except PlateInvalid:
        return
    assert found.raw == raw
    assert found.normalised == normalise(raw)
    assert sum(candidate.prior for candidate in found.candidates) < 1
    assert [candidate.prior for candidate in found.candidates] == sorted(
        (candidate.prior for candidate in found.candidates), reverse=True
    )
    assert all(len(variant) == len(found.normalised) != 0 for variant in found.confusable_variants)


@pytest.mark.parametrize(
    ("raw", "code", "country"),
    [
        ("1-ABC-123", "BE_STD_2010", "BE"),
        ("2-ABC-123", "BE_STD_2010", "BE"),
        ("1-123-ABC", "BE_STD_2010_REV", "BE"),
        ("ABC-123-1", "BE_STD_INDEX_LAST", None),
        ("123-ABC-1", "BE_STD_INDEX_LAST", None),
        ("ABC-123", "BE_1973", "BE"),
        ("123-ABC", "BE_2008", "BE"),
        ("AB.123", "BE_1962", None),
        ("1.AB.23", "BE_1962", None),
        ("A.123.B", "BE_1962", None),
        ("A.1234", "BE_1953", None),
        ("1234.A", "BE_1953", None),
        ("M-ABC-123", "BE_MOTO", None),
        ("1-MAB-123", "BE_MOTO", "BE"),
        ("S-AAB-123", "BE_MOPED", None),
        ("S-PAB-123", "BE_MOPED", None),
        ("O-ABC-123", "BE_OLDTIMER", None),
        ("T-XAB-123", "BE_TAXI", None),
        ("1-TXA-123", "BE_TAXI", "BE"),
        ("T-LAB-123", "BE_VVB", None),
        ("Q-ABC-123", "BE_TRAILER", None),
        ("G-ABC-123", "BE_AGRI", None),
        ("Z-ABC-123", "BE_COMM", None),
        ("XA-25-ABC", "BE_TEMP_SHORT", None),
        ("UA-26-ABC", "BE_NATIONAL", None),
        ("8-ABC-123", "BE_INTL", "BE"),
        ("CD-AB-123", "BE_CD", None),
        ("EUR-1234", "BE_EUR", None),
        ("1", "BE_COURT", None),
        ("999", "BE_COURT", None),
        ("A-14", "BE_AEP", None),
        ("P-114", "BE_AEP", None),
        ("9-ABC-123", "BE_PERS_2010", "BE"),
        ("OLIFANT", "BE_PERS", "BE"),
        ("AB-12", "BE_PERS", None),
        ("AB-123-C", "NL_SIDECODE", "NL"),
        ("12-ABC-3", "NL_SIDECODE", "NL"),
        ("CDJ-123", "NL_CDJ", None),
        ("AB-123-CD", "FR_SIV", "FR"),
        ("WW-123-AB", "FR_WW", None),
        ("1234 AB 75", "FR_FNI", None),
        ("123 AB 2A", "FR_FNI", None),
        ("KA-AB 1234", "DE_STD", "DE"),
        ("M-A 1E", "DE_STD", "DE"),
        ("MÜ-X 12H", "DE_STD", "DE"),
        ("0-17-1", "DE_DIPLOMATIC", None),
        ("Y-123 456", "DE_ARMY", None),
        ("AB 1234", "LU_STD", None),
        ("12345", "LU_CUSTOM", None),
        ("LA12 BCD", "UK_STD", "GB"),
        ("A123 BCD", "UK_PREFIX", None),
        ("Q123 ABC", "UK_Q", None),
        ("101 D 234", "UK_DIPLOMATIC", None),
    ],
)
def test_known_plates(raw: str, code: str, country: str | None) -> None:
    found = formats.examine(raw)
    assert code in found.valid_series
    if country:
        assert found.country == country


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("1-ABO-123", "BE_STD_2010"),  # no O since 2010
        ("SS-123-AB", "FR_SIV"),
        ("AI-123-CD", "FR_SIV"),
        ("HJ 1234", "LU_STD"),
        ("LI12 BCD", "UK_STD"),
        ("KA-AB 0123", "DE_STD"),
        ("KA-AB 12345", "DE_STD"),
        ("1-2-3-4", "BE_PERS"),  # no letter
        ("CD-12", "BE_PERS"),
    ],
)
def test_what_a_series_leaves_out(raw: str, code: str) -> None:
    found = formats.examine(raw)
    assert code not in found.valid_series or found.country != "BE"


@pytest.mark.parametrize("raw", ["ABCDEFGHI", "123456789012", "AB12CD34E", "ПЛЯЖ"])
def test_an_unknown_format_is_kept_without_candidates(raw: str) -> None:
    found = formats.examine(raw)
    assert found.candidates == ()
    assert found.country == ""
    assert found.display == found.normalised == normalise(raw)


def test_a_gap_decides_between_two_german_districts() -> None:
    assert {c.display for c in formats.examine("DES123").candidates if c.series == "DE_STD"} == {"DE-S 123", "D-ES 123"}
    assert [c.display for c in formats.examine("DE-S 123").candidates if c.series == "DE_STD"] == ["DE-S 123"]
    assert [c.display for c in formats.examine("D ES 123").candidates if c.series == "DE_STD"] == ["D-ES 123"]


@pytest.mark.parametrize(
    ("raw", "evidence", "country"),
    [
        ("ABC123", Evidence(Colour.RED_ON_WHITE), "BE"),
        ("ABC123", Evidence(Colour.BLACK_ON_WHITE), "DE"),
        ("AB1234", Evidence(Colour.BLACK_ON_YELLOW, "LU"), "LU"),
        ("12ABC3", Evidence(country="NL"), "NL"),
        ("AB12CDE", Evidence(country="GB"), "GB"),
    ],
)
def test_colour_and_place_decide_between_countries(raw: str, evidence: Evidence, country: str) -> None:
    assert formats.examine(raw, evidence).country == country


@pytest.mark.parametrize("raw", ["ABC123", "1ABC123", "SB90TZI", "KA-AB 1234", "OLIFANT"])
def test_belgium_is_home(raw: str) -> None:
    assert formats.examine(raw, Evidence(country="BE")) == formats.examine(raw)


def test_a_text_that_only_a_catch_all_fits_names_no_country() -> None:
    found = formats.examine("SB90TZI")
    assert found.valid_series == ("BE_PERS",)
    assert found.country == ""


@pytest.mark.parametrize(
    ("misread", "plate"),
    [
        ("1A8C123", "1ABC123"),
        ("IABC123", "1ABC123"),
        ("1ABC1Z3", "1ABC123"),
        ("1ABCI23", "1ABC123"),
        ("1A5C123", "1ASC123"),
        ("1ABCS23", "1ABC523"),
        ("1A6C123", "1AGC123"),
        ("1ABCG23", "1ABC623"),
        ("1A0C123", "1ADC123"),
        ("1AOC123", "1AQC123"),
        ("1APC123", "1AFC123"),
        ("1ABC0O3", "1ABC003"),
        ("2-A8C-I23", "2ABC123"),
    ],
)
def test_known_confusions_are_among_the_variants(misread: str, plate: str) -> None:
    found = formats.examine(misread)
    known = {*found.confusable_variants, *formats.variants(found.normalised)}
    assert plate in known
    assert found.raw == misread


def strong() -> SearchStrategy[Series]:
    return sampled_from([kind for kind in formats.STRONG if kind.code != "DE_STD"])


@given(kind=strong(), data=data())
@settings(max_examples=200)
def test_one_confused_character_is_undone_by_a_variant(kind: Series, data: DataObject) -> None:
    plate = data.draw(from_regex(kind.pattern, fullmatch=True))
    places = [index for index, character in enumerate(plate) if character in CONFUSABLE]
    if not places or len(plate) > formats.MAX_VARIANT_CHARACTERS:
        return
    index = places[data.draw(integers(0, len(places) - 1))]
    confused = data.draw(sampled_from(CONFUSABLE[plate[index]]))
    assert plate in set(formats.variants(plate[:index] + confused + plate[index + 1 :]))


def test_confusion_goes_both_ways() -> None:
    assert all(character in CONFUSABLE[other] for character, others in CONFUSABLE.items() for other in others)


def test_series_have_one_code_each_and_groups_that_cover_the_plate() -> None:
    assert len(PLATES) == len(series.ALL)
    for kind in series.ALL:
        for plate in ("1ABC123", "AB123CD", "KAAB1234", "123", "A14", "12345", "1234AB75", "CDAB123"):
            match = re.fullmatch(kind.pattern, plate)
            assert not match or "".join(filter(None, match.groups())) == plate


def looks(**shares: float) -> Evidence:
    return Evidence(looks=tuple(CountryShare(country, share) for country, share in shares.items()))


FURTHER = {kind.code: from_regex(kind.pattern, fullmatch=True) for kind in series.FURTHER}


@pytest.mark.parametrize("code", sorted(FURTHER))
@given(data=data())
@settings(max_examples=20)
def test_plates_of_countries_further_away_are_known_by_their_looks(code: str, data: DataObject) -> None:
    plate = data.draw(FURTHER[code])
    country = code[:2]
    found = formats.examine(plate, looks(**{country: 0.97}))
    assert found.country == country
    assert code in found.valid_series
    assert code not in formats.examine(plate).valid_series


def test_looks_decide_between_countries_of_one_format() -> None:
    assert formats.examine("BA123CD", looks(SK=0.9)).country == "SK"
    assert formats.examine("BA123CD", looks(IT=0.9)).country == "IT"
    assert formats.examine("BA123CD", looks(FR=0.9)).country == "FR"
    assert formats.examine("BA123CD").country == "FR"


def test_where_looks_are_known_a_catch_all_is_no_format() -> None:
    found = formats.examine("X4Y7Z2", Evidence(looks=(CountryShare("", 0.95),)))
    assert found.candidates == ()
    assert found.country == ""


def test_sure_looks_name_the_country_of_an_unknown_format() -> None:
    found = formats.examine("AB12CD34E", looks(SK=0.97))
    assert found.candidates == ()
    assert found.country == "SK"


def test_a_camera_s_own_prior_decides_where_all_else_is_even() -> None:
    at_the_border = Evidence(camera=CountryPrior((("LU", 50.0),)))
    assert formats.examine("AB1234", at_the_border).country == "LU"
    assert formats.examine("AB1234").country != "LU"
