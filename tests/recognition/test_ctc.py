"""From a reader's columns to text with alternatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import integers

from services.recognition import ctc
from services.recognition.ctc import Alphabet
from services.recognition.reading import Choice, string_probability

CHARACTERS = ["blank", "A", "B", "b", "8", "-", "鄂", " "]
ALPHABET = Alphabet.of(CHARACTERS)
BLANK, A, B, SMALL_B, EIGHT, DASH, OTHER, SPACE = range(8)


def columns(*rows: dict[int, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    filled = np.zeros((len(rows), len(CHARACTERS)), np.float32)
    for row, shares in zip(filled, rows, strict=True):
        for index, share in shares.items():
            row[index] = share
    return filled


def test_repeats_fold_and_blanks_part() -> None:
    text, positions = ctc.decode(
        columns({A: 0.9}, {A: 0.95}, {BLANK: 0.9}, {A: 0.8}, {DASH: 0.7}, {EIGHT: 1.0}), ALPHABET
    )
    assert text == "AA-8"
    assert [position[0] for position in positions] == [Choice("A", 0.95), Choice("A", 0.8), Choice("8", 1.0)]


def test_alternatives_come_from_the_surest_column_of_the_run_case_folded() -> None:
    _, positions = ctc.decode(columns({B: 0.5, EIGHT: 0.4}, {B: 0.6, SMALL_B: 0.2, EIGHT: 0.15}), ALPHABET)
    assert positions == ((Choice("B", 0.8), Choice("8", 0.15)),)


def test_what_stands_on_no_plate_is_left_out() -> None:
    text, positions = ctc.decode(columns({OTHER: 0.8, A: 0.1, BLANK: 0.05}), ALPHABET)
    assert (text, positions) == ("A", ((Choice("A", 0.1),),))


@pytest.mark.parametrize("rows", [[], [{BLANK: 1.0}], [{BLANK: 1.0}] * 5])
def test_nothing_read_is_an_empty_text(rows: list[dict[int, float]]) -> None:
    assert ctc.decode(columns(*rows), ALPHABET) == ("", ())
    assert string_probability(()) == 0


@given(
    rows=integers(0, 30).flatmap(
        lambda count: arrays(np.float32, (count, len(CHARACTERS)), elements={"min_value": 0, "max_value": 1})
    )
)
def test_there_is_a_position_for_every_letter_and_digit(
    rows: np.ndarray[tuple[int, int], np.dtype[np.float32]],
) -> None:
    text, positions = ctc.decode(rows, ALPHABET)
    assert [position[0].character for position in positions if position] != [] or not any(c.isalnum() for c in text)
    assert len(positions) == sum(character.isalnum() for character in text)
    for position in positions:
        assert 1 <= len(position) <= ctc.MAX_CHOICES
        assert [choice.probability for choice in position] == sorted((c.probability for c in position), reverse=True)
