"""British plates."""

from dataclasses import replace

from numpy.random import Generator

from services.recognition.training.render import bands, faces, marks, palette, words
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.design import Band, Caption, Design
from services.recognition.training.render.layout import Spacing
from services.recognition.training.render.paint import Colour, jittered
from services.recognition.training.render.press import LONG, THIN, any_face, euro, face_like, pressed
from services.recognition.training.render.texts import filled, number

LETTERS = "ABCDEFGHJKLMNOPRSTUVWXYZ"
HIGH, MOTORCYCLE = (285.0, 203.0), (228.0, 178.0)
SPACING = Spacing(letter=0.14, group=0.42)


def british(rng: Generator) -> Design:
    """AB12 CDE, and the older forms."""
    return _modern(rng, (_text(rng),), LONG)


def british_two_lines(rng: Generator) -> Design:
    """AB12 above CDE."""
    upper, lower = (_text(rng) + " " + number(rng, 3)).split(" ")[:2]
    return _modern(rng, (upper, lower), HIGH if happens(rng, 0.6) else MOTORCYCLE)


def before_1973(rng: Generator) -> Design:
    """White or silver on black."""
    text = filled(rng, pick(rng, ("@@@ ###@", "@@@ ###", "### @@@", "@@ ####", "@@@ ##@")), LETTERS)
    rows = tuple(text.split(" ")) if happens(rng, 0.25) else (text,)
    ink = jittered(rng, pick(rng, (palette.SILVER, palette.WHITE)), 15)
    return pressed(
        rng, "GB", "UK_SUFFIX", rows, face=any_face(rng), ink=ink, ground=palette.black(rng), spacing=SPACING,
        size=HIGH if len(rows) == 2 else LONG, border=replace(THIN, colour=ink) if happens(rng, 0.3) else None, cap=0.74,
    )  # fmt: skip


def _text(rng: Generator) -> str:
    throw = rng.random()
    if throw < 0.68:
        return filled(rng, "@@## @@@", LETTERS)
    if throw < 0.8:
        return filled(rng, "@", LETTERS) + number(rng, 3) + " " + filled(rng, "@@@", LETTERS)
    if throw < 0.86:
        return filled(rng, "@@@", LETTERS) + " " + number(rng, 3) + filled(rng, "@", LETTERS)
    if throw < 0.93:
        return filled(rng, pick(rng, ("@@@ ####", "@ ####", "@@ ###", "### @@@", "#### @@")), LETTERS)
    return filled(rng, pick(rng, ("@@@ ####", "###@###", "Q### @@@")), LETTERS)


def _ground(rng: Generator) -> Colour:
    return palette.yellow(rng) if happens(rng, 0.45) else palette.white(rng)


def _modern(rng: Generator, rows: tuple[str, ...], size: tuple[float, float]) -> Design:
    ground, ink = _ground(rng), palette.black(rng)
    design = pressed(
        rng, "GB", "UK_STD", rows,
        face=face_like(rng, faces.BRITISH, 0.2), ink=ink, ground=ground, size=size,
        cap=0.74, spacing=SPACING, border=THIN if happens(rng, 0.3) else None, left=_band(rng, len(rows)),
    )  # fmt: skip
    if happens(rng, 0.45):
        small = Caption(words.dealer(rng), between(rng, 0.90, 0.94), between(rng, 6, 10), ink, between(rng, 0.4, 0.6))
        return replace(design, captions=(small,), bottom=0.07)
    return design


def _band(rng: Generator, rows: int) -> Band | None:
    """A flag over letters on blue, a green flash, or nothing."""
    throw = rng.random()
    if throw < 0.4 or (rows == 2 and throw < 0.7):
        return None
    if throw < 0.55:
        return Band(jittered(rng, palette.GREEN, 20), marks.nothing, between(rng, 30, 45))
    letters = pick(rng, ("GB", "GB", "UK", "ENG", "SCO", "CYM", "GBN"))
    mark = bands.euro_band(letters) if happens(rng, 0.4) else bands.flag_band(letters)
    return euro(rng, letters, mark=mark)
