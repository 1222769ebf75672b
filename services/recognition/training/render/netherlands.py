"""Dutch and Luxembourgish plates: black on yellow."""

from numpy.random import Generator

from services.recognition.training.render import faces, palette
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.design import Border, Design
from services.recognition.training.render.layout import Spacing
from services.recognition.training.render.paint import Colour, jittered
from services.recognition.training.render.press import LONG, MOTORCYCLE, SQUARE, euro, face_like, pressed
from services.recognition.training.render.texts import LETTERS, filled, number

NL_LETTERS = "BDFGHJKLNPRSTVWXZ"
LU_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
# The fourteen ways in which letters and digits have been mixed since 1951.
SIDECODES = (
    "@@-##-##", "##-##-@@", "##-@@-##", "@@-##-@@", "@@-@@-##", "##-@@-@@", "##-@@@-#", "#-@@@-##", "@@-###-@",
    "@-###-@@", "@@@-##-@", "@-##-@@@", "#-@@-###", "###-@@-#",
)  # fmt: skip
SPACING = Spacing(letter=0.15, group=0.4, hyphen=0.27, hyphen_stroke=0.14)
BORDER = Border(width_mm=3.5, inset_mm=2.5, radius_mm=9.0)
NL_SQUARE, NL_MOTO = (340.0, 210.0), (210.0, 143.0)


def dutch(rng: Generator) -> Design:
    """A car's plate of any sidecode."""
    throw = rng.random()
    if throw < 0.03:
        text = pick(rng, ("CD", "CDJ", "AA")) + "-" + number(rng, 4)
    else:
        text = filled(rng, pick(rng, SIDECODES), NL_LETTERS if happens(rng, 0.7) else LETTERS)
    ink, ground = _dutch_colours(rng)
    return _dutch(rng, "NL_SIDECODE", (text,), LONG, ink=ink, ground=ground)


def dutch_two_lines(rng: Generator) -> Design:
    """A square plate or a motorcycle's: two groups above, one below, or one above two."""
    groups = filled(rng, pick(rng, SIDECODES), NL_LETTERS).split("-")
    cut = 2 if happens(rng, 0.6) else 1
    rows = ("-".join(groups[:cut]), "-".join(groups[cut:]))
    size = NL_SQUARE if happens(rng, 0.5) else NL_MOTO
    return _dutch(rng, "NL_SIDECODE", rows, size, ink=palette.black(rng), ground=palette.yellow(rng))


def _dutch_colours(rng: Generator) -> tuple[Colour, Colour]:
    throw = rng.random()
    if throw < 0.05:  # taxi
        return palette.black(rng), jittered(rng, palette.LIGHT_BLUE, 25)
    if throw < 0.10:  # repeated on a trailer or a carrier
        return palette.black(rng), palette.white(rng)
    if throw < 0.13:  # dealer, or before 1978
        return palette.white(rng), pick(rng, (palette.GREEN, palette.NAVY))
    return palette.black(rng), palette.yellow(rng)


def _dutch(
    rng: Generator, series: str, rows: tuple[str, ...], size: tuple[float, float], *, ink: Colour, ground: Colour
) -> Design:
    is_high = len(rows) == 2
    has_band = happens(rng, 0.45 if size == NL_MOTO else 0.93)
    height = between(rng, 0.45, 0.55) if is_high and happens(rng, 0.7) else 1.0
    band = euro(rng, "NL", height)
    return pressed(
        rng, "NL", series, rows,
        face=face_like(rng, faces.DUTCH), ink=ink, ground=ground, size=size, cap=0.72 if is_high else 0.74,
        spacing=SPACING, border=BORDER if happens(rng, 0.75) else None, left=band if has_band else None,
    )  # fmt: skip


def luxembourgish(rng: Generator) -> Design:
    """AB 1234, older and custom ones, on one or two lines."""
    text = filled(rng, pick(rng, ("@@ ####",) * 7 + ("@@ ###", "@ ####", "####", "#####", "@@ ##")), LU_LETTERS)
    if happens(rng, 0.22) and " " in text:
        upper, lower = text.split(" ")
        return _luxembourgish(rng, (upper, lower), pick(rng, (SQUARE, MOTORCYCLE)))
    return _luxembourgish(rng, (text,), LONG)


def _luxembourgish(rng: Generator, rows: tuple[str, ...], size: tuple[float, float]) -> Design:
    height = between(rng, 0.45, 0.6) if len(rows) == 2 and happens(rng, 0.6) else 1.0
    return pressed(
        rng, "LU", "LU_STD", rows,
        face=face_like(rng, faces.BELGIAN if happens(rng, 0.4) else faces.fe(), 0.4), ink=palette.black(rng),
        ground=palette.yellow(rng), size=size, cap=0.72, spacing=Spacing(letter=0.15, group=0.5),
        border=BORDER if happens(rng, 0.8) else None, left=euro(rng, "L", height),
    )  # fmt: skip
