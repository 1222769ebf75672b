"""The normal form of plates."""

import pytest
from hypothesis import given
from hypothesis.strategies import sampled_from, text

from services.common.plate import MAX_CHARACTERS, PlateInvalid, fold, normalise, parse


@given(raw=text(max_size=60))
def test_normalising_twice_changes_nothing(raw: str) -> None:
    try:
        once = normalise(raw)
    except PlateInvalid:
        return
    assert normalise(once) == once
    assert 1 <= len(once) <= MAX_CHARACTERS
    assert once.isalnum()


@given(
    raw=text(sampled_from("ABCXYZ0189ÄÖÜ"), min_size=1, max_size=10),
    separator=sampled_from(["-", " ", ".", "·", "\t", "_", "‐"]),
)
def test_separators_and_case_mean_nothing(raw: str, separator: str) -> None:
    assert normalise(separator.join(raw.lower())) == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1-abc-123", "1ABC123"),
        ("MÜ-X 12H", "MÜX12H"),
        ("MU\u0308X12", "MÜX12"),
        ("１ＡＢＣ１２３", "1ABC123"),
        ("É-1é", "E1E"),
        ("АВС 123", "ABC123"),  # Cyrillic letters, as on Bulgarian plates
        ("ΑΒΕ-1234", "ABE1234"),  # Greek letters
        ("١٢٣", "123"),
        ("A\u200b-14", "A14"),
    ],
)
def test_known_spellings(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


@pytest.mark.parametrize("raw", ["", " ", "---", "🚗", "\u0301", "A" * 17, "1-" * 5000, "A-" * 17])
def test_nothing_and_too_much_are_refused_without_repeating_them(raw: str) -> None:
    with pytest.raises(PlateInvalid) as refusal:
        normalise(raw)
    assert refusal.value.reason == "PLATE_INVALID"
    assert not raw.strip() or raw not in refusal.value.words


@given(raw=text())
def test_folding_never_raises_and_is_final(raw: str) -> None:
    assert fold(fold(raw)) == fold(raw)


@pytest.mark.parametrize("pattern", ["1-ABC-*", "1-AB?-123", "%", "1_ABC_123"])
def test_a_pattern_is_refused_rather_than_stripped_of_its_wildcards(pattern: str) -> None:
    with pytest.raises(PlateInvalid):
        parse(pattern)
