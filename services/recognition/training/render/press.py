"""The works where plates are pressed: the same order twice never gives quite the same plate."""

from collections.abc import Sequence
from dataclasses import replace

from numpy.random import Generator

from services.recognition.training.render import faces, palette
from services.recognition.training.render.bands import euro_band
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.design import Band, Border, Design, Mark
from services.recognition.training.render.face import Face
from services.recognition.training.render.layout import Spacing
from services.recognition.training.render.paint import Colour, jittered

LONG, SQUARE, MOTORCYCLE = (520.0, 110.0), (340.0, 210.0), (210.0, 140.0)
THIN = Border(width_mm=3.5, inset_mm=2.0, radius_mm=9.0)
# Makers of reproductions have their own type.
OTHER_FACE = 0.12
BAND_MISSING = 0.05


def face_like(rng: Generator, face: Face, others: float = OTHER_FACE) -> Face:
    """The face as one of its makers presses it, or in a share of the throws any other one."""
    if happens(rng, others):
        return any_face(rng)
    return pick(rng, faces.makers(face))


def any_face(rng: Generator) -> Face:
    """Any face at all: where a country names none, or every maker has his own."""
    return pick(rng, faces.general())


def euro(
    rng: Generator, letters: str, height: float = 1.0, colour: Colour | None = None, mark: Mark | None = None
) -> Band:
    """The European band with the letters of a country, or with another mark."""
    colour = colour or palette.blue(rng)
    return Band(colour, mark or euro_band(letters), between(rng, 36, 50), height, between(rng, 0, 8))


def pressed(
    rng: Generator,
    country: str,
    series: str,
    rows: Sequence[str],
    *,
    face: Face,
    ink: Colour,
    ground: Colour,
    size: tuple[float, float],
    cap: float = 0.72,
    spacing: Spacing,
    border: Border | None,
    left: Band | None = None,
    right: Band | None = None,
    slot: Mark | None = None,
    top: float = 0.0,
    bottom: float = 0.0,
) -> Design:
    """A design with the given nominal measures, each a little off."""
    return Design(
        country=country,
        series=series,
        rows=tuple(rows),
        width_mm=size[0] * between(rng, 0.98, 1.02),
        height_mm=size[1] * between(rng, 0.98, 1.02),
        face=face,
        ink=ink,
        ground=ground,
        cap=min(max(cap * between(rng, 0.9, 1.1), 0.5), 0.88),
        spacing=_set(rng, spacing),
        border=_bordered(rng, border),
        left=None if happens(rng, BAND_MISSING) else left,
        right=None if happens(rng, BAND_MISSING) else right,
        slot=slot,
        margin_mm=between(rng, 5, 16),
        top=top,
        bottom=bottom,
        relief=between(rng, 0.2, 1.0) if happens(rng, 0.7) else 0.0,
    )


def _set(rng: Generator, spacing: Spacing) -> Spacing:
    return replace(
        spacing,
        letter=spacing.letter * between(rng, 0.65, 1.4),
        group=spacing.group * between(rng, 0.75, 1.3),
        hyphen=spacing.hyphen * between(rng, 0.8, 1.2),
        slot=spacing.slot * between(rng, 0.9, 1.15),
        stretch=spacing.stretch * between(rng, 0.92, 1.08),
        hyphen_stroke=spacing.hyphen_stroke * between(rng, 0.8, 1.25),
        hyphen_at=spacing.hyphen_at + between(rng, -0.05, 0.05),
        align=spacing.align if happens(rng, 0.8) else between(rng, 0.2, 0.8),
        spread=spacing.spread if happens(rng, 0.7) else between(rng, 0, 0.8),
    )


def _bordered(rng: Generator, border: Border | None) -> Border | None:
    if border is None or happens(rng, 0.06):
        return THIN if border is None and happens(rng, 0.06) else None
    return Border(
        border.width_mm * between(rng, 0.6, 1.25),
        border.inset_mm * between(rng, 0.0, 1.6),
        border.radius_mm * between(rng, 0.6, 1.3),
        border.colour and jittered(rng, border.colour, 15),
    )
