"""A plate before it is painted: every choice is made, nothing is drawn yet. Lengths in millimetres."""

from collections.abc import Callable
from dataclasses import dataclass, field

from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.training.render.face import Face
from services.recognition.training.render.layout import Spacing
from services.recognition.training.render.paint import Box, Colour

# Paints something that is no character of the text into a box.
Mark = Callable[[Pixels, Box, Generator], None]


@dataclass(frozen=True, slots=True)
class Border:
    """A line around the plate. inset_mm: from the edge; colour: None is the letters' one."""

    width_mm: float = 4.0
    inset_mm: float = 2.0
    radius_mm: float = 10.0
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A coloured field at an edge. height: share of the plate's height from its top; inset_mm: from the edge."""

    colour: Colour
    mark: Mark
    width_mm: float = 45.0
    height: float = 1.0
    inset_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Decal:
    """A mark somewhere on the plate. x, y: its centre as a share of the plate's width and height."""

    mark: Mark
    x: float
    y: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Anchored:
    """A mark above or below a sign of the first row. dy: its centre below the line's, in heights of the letters."""

    mark: Mark
    sign: int
    dy: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Caption:
    """A small line that is no part of the text. y: its centre as a share of the plate's height."""

    words: str
    y: float
    height_mm: float
    colour: Colour
    x: float = 0.5


@dataclass(frozen=True, slots=True)
class Design:
    """What stands on a plate and how it looks.

    rows: the text as `layout` sets it, one or two lines; cap: height of the letters as a share of their line;
    inks: colour of single characters by place in the text, where it differs; slot: what stands in the room of `~`;
    top, bottom: share of the height that the rows leave free; relief: strength of the light and dark edges of pressed
    letters, 0 to 1; wobble: how far letters that were stuck on by hand stand out of line, as a share of their height.
    """

    country: str
    series: str
    rows: tuple[str, ...] = field(repr=False)
    width_mm: float
    height_mm: float
    face: Face
    ink: Colour
    ground: Colour
    cap: float = 0.72
    spacing: Spacing = field(default_factory=Spacing)
    border: Border | None = None
    left: Band | None = None
    right: Band | None = None
    slot: Mark | None = None
    inks: tuple[tuple[int, Colour], ...] = ()
    margin_mm: float = 10.0
    top: float = 0.0
    bottom: float = 0.0
    decals: tuple[Decal, ...] = ()
    anchored: tuple[Anchored, ...] = ()
    captions: tuple[Caption, ...] = ()
    relief: float = 0.0
    wobble: float = 0.0
