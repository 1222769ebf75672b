"""What is read in a picture: text boxes as an engine gives them, and plates as the service answers them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Corner = tuple[float, float]
Corners = tuple[Corner, Corner, Corner, Corner]


class Colour(StrEnum):
    """Text on ground."""

    UNKNOWN = "unknown"
    RED_ON_WHITE = "red-on-white"
    BLACK_ON_WHITE = "black-on-white"
    BLACK_ON_YELLOW = "black-on-yellow"
    GREEN_ON_WHITE = "green-on-white"
    WHITE_ON_RED = "white-on-red"
    BLUE_ON_WHITE = "blue-on-white"
    OTHER = "other"


class Layout(StrEnum):
    """Lines of a plate."""

    UNKNOWN = "unknown"
    ONE_LINE = "one-line"
    TWO_LINES = "two-lines"


@dataclass(frozen=True, slots=True)
class Choice:
    """A character that may stand at one position, and its probability, 0 to 1."""

    character: str = field(repr=False)
    probability: float


Position = tuple[Choice, ...]


def string_probability(positions: Sequence[Position]) -> float:
    """Probability that the first choice is right at every position, taken as independent; 0 for no position."""
    return math.prod(position[0].probability for position in positions) if positions else 0.0


@dataclass(frozen=True, slots=True)
class CountryShare:
    """A country (ISO 3166-1 alpha-2; empty for all others) that a plate may be of by its looks, and its probability."""

    country: str
    probability: float


class SecondOpinion(StrEnum):
    """What came of asking the second reader about a text. Where it differed, the first answer was kept or changed."""

    NOT_ASKED = "not-asked"
    MISSED = "missed"
    AGREED = "agreed"
    KEPT = "kept"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels of the picture."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class TextBox:
    """Text that an engine found.

    raw: as read, with the separators that the engine sees; our own networks see none, so that `formats` has no gaps to weigh.
    positions: the alternatives, most probable first, at each letter or digit of `raw` in its normal form (separators have
    none). corners: pixels, clockwise from the top left of the text as it is read.
    is_plate: the engine looked for plates and this is one; false when it finds any text.
    probability: that all of the text is right, inserted and dropped characters included; calibrated, unless a second reader
    was heard (`fusion`); 0 when the engine does not tell, and the product of the first choices stands for it.
    countries: by its looks, without regard to the text, most probable first; empty when the engine does not tell.
    strips: PNG pictures of its lines for the second reader, where the engine is not sure; empty where it is.
    """

    raw: str = field(repr=False)
    positions: tuple[Position, ...] = field(repr=False)
    corners: Corners
    colour: Colour = Colour.UNKNOWN
    layout: Layout = Layout.ONE_LINE
    is_plate: bool = False
    probability: float = 0.0
    countries: tuple[CountryShare, ...] = ()
    strips: tuple[bytes, ...] = field(default=(), repr=False)
    second_opinion: SecondOpinion = SecondOpinion.NOT_ASKED


@dataclass(frozen=True, slots=True)
class Seen:
    """All that an engine found in one picture of this size."""

    width_px: int
    height_px: int
    boxes: tuple[TextBox, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A country (ISO 3166-1 alpha-2) and series that the text fits, with its share of belief, and how it is written there."""

    country: str
    series: str
    prior: float
    display: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlateReading:
    """One plate. `country` is empty when no candidate is likely enough; `candidates` is empty when no format fits at all.

    text: normal form, corrected where a format makes another spelling several times likelier (`correction`). raw: what was
    read, never corrected. confidence: probability that `text` is right. characters: alternatives per position of `text`, most
    probable first.
    """

    text: str = field(repr=False)
    raw: str = field(repr=False)
    country: str
    candidates: tuple[Candidate, ...]
    confidence: float
    characters: tuple[Position, ...] = field(repr=False)
    box: Box
    corners: Corners
    colour: Colour
    layout: Layout

    @property
    def is_unknown_format(self) -> bool:
        """No known format fits; the read is kept all the same."""
        return not self.candidates
