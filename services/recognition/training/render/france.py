"""French plates."""

from numpy.random import Generator

from services.recognition.training.render import bands, palette
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.design import Band, Design
from services.recognition.training.render.layout import Spacing
from services.recognition.training.render.press import LONG, THIN, any_face, euro, pressed
from services.recognition.training.render.texts import filled, number

LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
HIGH, MOTORCYCLE = (275.0, 200.0), (210.0, 130.0)
SPACING = Spacing(letter=0.14, group=0.42, hyphen=0.26)


def siv(rng: Generator) -> Design:
    """AB-123-CD between two blue bands."""
    template = pick(rng, ("@@-###-@@",) * 14 + ("WW-###-@@", "W-###-@@"))
    return _white(rng, "FR_SIV", (filled(rng, template, LETTERS),), LONG)


def siv_two_lines(rng: Generator) -> Design:
    """AB-123 above CD, or AB above 123-CD."""
    first, middle, last = filled(rng, "@@-###-@@", LETTERS).split("-")
    rows = (f"{first}-{middle}", last) if happens(rng, 0.3) else (first, f"{middle}-{last}")
    return _white(rng, "FR_SIV", rows, HIGH if happens(rng, 0.5) else MOTORCYCLE)


def fni(rng: Generator) -> Design:
    """1234 AB 75: white, yellow behind, or white on black before 1993."""
    department = number(rng, 2).rjust(2, "0") if happens(rng, 0.9) else pick(rng, ("2A", "2B", "971", "974"))
    middle = "@@@"[: int(rng.integers(1, 4))]
    first = number(rng, 4)
    text = first + " " + filled(rng, middle, LETTERS) + " " + department
    throw = rng.random()
    rows: tuple[str, ...] = (text,)
    if happens(rng, 0.15):
        rows = (first, text.split(" ", 1)[1])
    size = HIGH if len(rows) == 2 else LONG
    if throw < 0.35:
        return pressed(
            rng, "FR", "FR_FNI", rows, face=any_face(rng), ink=pick(rng, (palette.SILVER, palette.WHITE)),
            ground=palette.black(rng), size=size, spacing=SPACING, border=THIN if happens(rng, 0.3) else None,
        )  # fmt: skip
    ground = palette.yellow(rng) if happens(rng, 0.5) else palette.white(rng)
    return pressed(
        rng, "FR", "FR_FNI", rows, face=any_face(rng), ink=palette.black(rng), ground=ground, size=size,
        spacing=SPACING, border=None, left=euro(rng, "F") if happens(rng, 0.6) else None,
    )  # fmt: skip


def _white(rng: Generator, series: str, rows: tuple[str, ...], size: tuple[float, float]) -> Design:
    is_high = len(rows) == 2
    has_region = happens(rng, 0.4 if is_high else 0.93)
    height = between(rng, 0.45, 0.6) if is_high and happens(rng, 0.4) else 1.0
    return pressed(
        rng, "FR", series, rows,
        face=any_face(rng), ink=palette.black(rng), ground=palette.white(rng), size=size, cap=0.7, spacing=SPACING,
        border=THIN if happens(rng, 0.15) else None, left=euro(rng, "F", height),
        right=Band(palette.blue(rng), bands.region(_department(rng)), between(rng, 34, 48)) if has_region else None,
    )  # fmt: skip


def _department(rng: Generator) -> str:
    return number(rng, 2).rjust(2, "0") if happens(rng, 0.85) else pick(rng, ("2A", "2B", "971", "972", "974"))
