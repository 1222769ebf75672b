"""Which character each of the reader's columns sees, from the characters' places on the drawn plate."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.recognition.alphabet import BLANK, CHARACTERS, COLUMNS, READER_HEIGHT_PX, READER_WIDTH_PX
from services.recognition.training.render.cutting import WHOLE
from services.recognition.training.render.placement import Matrix
from services.recognition.training.render.plate import CharacterBox

COLUMN_PX = READER_WIDTH_PX // COLUMNS
NOT_SUPERVISED = -1
# A character is named in the columns of its middle; those at its edges are left to the network.
NAMED_PART = 0.6
# Less of a character than the first is no character; from the second on it is one. Between them nobody can say.
LEAST_SEEN, MOST_UNSEEN = 0.7, 0.4
LEAST_SEEN_DOWN = 0.8

Columns = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character in the reader's input, in its pixels. seen and seen_down: the part of it that is in the input."""

    character: str
    left: float
    right: float
    top: float
    bottom: float
    seen: float
    seen_down: float

    @property
    def is_read(self) -> bool:
        return self.seen >= LEAST_SEEN


def glyphs(
    boxes: Sequence[CharacterBox], transforms: Sequence[Matrix], hidden: tuple[float, float] = WHOLE
) -> tuple[Glyph, ...]:
    """Where the characters come to lie. transforms: from the plate to the reader's input, whole or one for each line.

    hidden: what lies left of the first and right of the second, in the plate's pixels, cannot be seen.
    """
    if not boxes:
        return ()
    lines = np.minimum([box.line for box in boxes], len(transforms) - 1)
    sides = np.array([(box.x, box.x + box.width, box.y, box.y + box.height) for box in boxes], np.float64)
    bare = np.clip(sides[:, :2], *hidden)
    through = np.asarray(transforms)[lines]
    whole = _edges(through, sides)
    left, right = _edges(through, np.hstack([bare, sides[:, 2:]]))[:, :2].T
    width_px = READER_WIDTH_PX / len(transforms)
    left, right = np.clip(left, 0, width_px), np.clip(right, 0, width_px)
    seen = (right - left) / (whole[:, 1] - whole[:, 0])
    top, bottom = whole[:, 2], whole[:, 3]
    seen_down = (np.clip(bottom, 0, READER_HEIGHT_PX) - np.clip(top, 0, READER_HEIGHT_PX)) / (bottom - top)
    shift = lines * width_px
    facts = np.stack([left + shift, right + shift, top, bottom, seen, seen_down], axis=1).tolist()
    return tuple(Glyph(box.character, *fact) for box, fact in zip(boxes, facts, strict=True))


def is_undecided(places: Sequence[Glyph]) -> bool:
    """Whether a character is cut so that a label would be a guess."""
    return any(
        MOST_UNSEEN <= place.seen < LEAST_SEEN or (place.is_read and place.seen_down < LEAST_SEEN_DOWN)
        for place in places
    )


def labelled(places: Sequence[Glyph]) -> Columns:
    """The class of each column (COLUMNS,): BLANK between characters, NOT_SUPERVISED at their edges."""
    read = [place for place in places if place.is_read]
    columns = np.full(COLUMNS, BLANK, np.int8)
    for place in read:
        columns[_covered(place, 1.0)] = NOT_SUPERVISED
    for place in read:
        columns[_named(place)] = CHARACTERS.index(place.character)
    for before, after in pairwise(read):
        if before.character == after.character:
            _part(columns, before, after)
    return columns


def text(places: Sequence[Glyph]) -> str:
    return "".join(place.character for place in places if place.is_read)


def decoded(columns: Columns) -> str:
    """What the columns say: runs of one class are one character; columns that are not supervised are passed over."""
    said = columns[columns != NOT_SUPERVISED]
    starts = np.flatnonzero(np.diff(said, prepend=np.int8(BLANK)))
    return "".join(CHARACTERS[said[start]] for start in starts if said[start] != BLANK)


def _edges(transforms: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where left, right, top and bottom of boxes (N, 4) lie after their transforms (N, 3, 3): the middles of the edges."""
    left, right, top, bottom = sides.T
    x, y, one = (left + right) / 2, (top + bottom) / 2, np.ones_like(left)
    points = np.stack([(left, y, one), (right, y, one), (x, top, one), (x, bottom, one)]).transpose(2, 1, 0)
    mapped = transforms @ points
    return np.hstack([mapped[:, 0, :2] / mapped[:, 2, :2], mapped[:, 1, 2:] / mapped[:, 2, 2:]])


def _covered(place: Glyph, part: float) -> slice:
    """The columns whose centre lies in the middle part of a character."""
    middle, reach = (place.left + place.right) / 2, (place.right - place.left) / 2 * part
    first = int(np.ceil((middle - reach) / COLUMN_PX - 0.5))
    last = int(np.floor((middle + reach) / COLUMN_PX - 0.5))
    return slice(max(0, first), min(COLUMNS, last + 1))


def _named(place: Glyph) -> slice:
    """The columns that name a character: at least the one at its middle."""
    columns = _covered(place, NAMED_PART)
    if columns.start < columns.stop:
        return columns
    nearest = int(np.clip((place.left + place.right) / 2 // COLUMN_PX, 0, COLUMNS - 1))
    return slice(nearest, nearest + 1)


def _part(columns: Columns, before: Glyph, after: Glyph) -> None:
    """Sets a BLANK between two equal characters, if need be in place of one of their columns or with one moved aside."""
    first, second = _named(before), _named(after)
    if np.any(columns[first.stop : second.start] == BLANK):
        return
    if first.stop < second.start:
        places = np.arange(first.stop, second.start)
        seam = (before.right + after.left) / 2 / COLUMN_PX - 0.5
        columns[places[np.argmin(np.abs(places - seam))]] = BLANK
    elif second.stop - second.start > 1:
        columns[second.start] = BLANK
    elif first.stop - first.start > 1:
        columns[first.stop - 1] = BLANK
    elif second.stop < COLUMNS and columns[second.stop] in (BLANK, NOT_SUPERVISED):
        columns[second.start], columns[second.stop] = BLANK, columns[second.start]
    elif first.start > 0 and columns[first.start - 1] in (BLANK, NOT_SUPERVISED):
        columns[first.start - 1], columns[first.start] = columns[first.start], BLANK
