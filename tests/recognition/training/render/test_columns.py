"""The classes of the reader's columns, from the places of characters."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.recognition.alphabet import BLANK, CHARACTERS, COLUMNS, READER_WIDTH_PX
from services.recognition.rectify import half_homographies
from services.recognition.training.render import columns
from services.recognition.training.render.plate import CharacterBox

SAME = np.eye(3)


def row(text: str, width: int, gap: int, left: int = 4, line: int = 0) -> list[CharacterBox]:
    return [CharacterBox(sign, left + place * (width + gap), 10, width, 28, line) for place, sign in enumerate(text)]


@given(
    text=st.text(CHARACTERS, min_size=1, max_size=9),
    width=st.integers(7, 13),
    gap=st.integers(2, 4),
    left=st.integers(0, 6),
)
def test_the_columns_spell_the_text(text: str, width: int, gap: int, left: int) -> None:
    places = columns.glyphs(row(text, width, gap, left), [SAME])
    assert columns.decoded(columns.labelled(places)) == text


@given(sign=st.sampled_from("I1"), count=st.integers(2, 5), width=st.integers(3, 5), gap=st.integers(3, 6))
def test_slim_equal_neighbours_stay_apart_where_there_is_room(sign: str, count: int, width: int, gap: int) -> None:
    boxes = [box for pair in range(count // 2) for box in row(sign * 2, width, gap, left=8 + pair * 36)]
    places = columns.glyphs(boxes, [SAME])
    assert columns.decoded(columns.labelled(places)) == sign * len(boxes)


def test_a_column_in_the_middle_of_a_character_names_it_and_one_at_its_edge_is_not_supervised() -> None:
    labels = columns.labelled(columns.glyphs([CharacterBox("A", 40, 10, 20, 28, 0)], [SAME]))
    assert labels[9] == BLANK
    assert labels[10] == columns.NOT_SUPERVISED
    assert set(labels[11:14].tolist()) == {CHARACTERS.index("A")}
    assert labels[14] == columns.NOT_SUPERVISED
    assert labels[15] == BLANK


def test_the_second_line_stands_in_the_right_half() -> None:
    corners = np.array([(0, 0), (80, 0), (80, 50), (0, 50)], np.float32)
    boxes = [CharacterBox("A", 10, 5, 20, 16, 0), CharacterBox("B", 10, 29, 20, 16, 1)]
    upper, lower = columns.glyphs(boxes, half_homographies(corners))
    assert (upper.left, upper.right) == (10, 30)
    assert (lower.left, lower.right) == (READER_WIDTH_PX / 2 + 10, READER_WIDTH_PX / 2 + 30)
    assert columns.decoded(columns.labelled([upper, lower])) == "AB"


@given(edge=st.floats(10, 30))
def test_what_is_hidden_is_read_when_enough_of_it_is_seen(edge: float) -> None:
    (place,) = columns.glyphs([CharacterBox("A", 10, 10, 20, 28, 0)], [SAME], (edge, np.inf))
    seen = (30 - edge) / 20
    assert place.seen == np.clip(seen, 0, 1) or abs(place.seen - seen) < 1e-9
    assert columns.text([place]) == ("A" if place.seen >= columns.LEAST_SEEN else "")
    assert columns.is_undecided([place]) == (columns.MOST_UNSEEN <= place.seen < columns.LEAST_SEEN)


def test_a_plate_without_characters_is_blank() -> None:
    assert columns.labelled(columns.glyphs([], [SAME])).tolist() == [BLANK] * COLUMNS
