"""German plates."""

from dataclasses import replace

from numpy.random import Generator

from services.recognition.training.render import bands, faces, marks, palette
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.design import Band, Border, Design
from services.recognition.training.render.layout import Spacing
from services.recognition.training.render.paint import Colour, jittered
from services.recognition.training.render.press import LONG, euro, face_like, pressed
from services.recognition.training.render.texts import LETTERS, filled, number

SQUARE, MOTORCYCLE, SMALL_MOTORCYCLE = (340.0, 200.0), (220.0, 200.0), (180.0, 200.0)
SPACING = Spacing(letter=0.13, group=0.3, slot=0.52, hyphen=0.2)
BORDER = Border(width_mm=3.0, inset_mm=2.0, radius_mm=9.0)
UMLAUT = 0.06
SEALS = marks.chosen(
    marks.stacked("sticker", "seal"), marks.stacked("seal", "sticker"), marks.stacked("sticker", "seal"),
    marks.stacked("seal"), marks.stacked("shield", "seal"), marks.stacked("blank", "seal"), marks.stacked("seal", "blank"),
)  # fmt: skip


def german(rng: Generator) -> Design:
    """B AB 123, with the seals between the district and the letters."""
    district, letters, digits = _parts(rng)
    text = f"{district}~{letters}{_gap(rng)}{digits}"
    return _season(rng, _german(rng, (text,), LONG))


def german_two_lines(rng: Generator) -> Design:
    """The district above, or district and letters above the number."""
    district, letters, digits = _parts(rng)
    throw = rng.random()
    if throw < 0.8:
        rows = (f"{district}~", f"{letters}{_gap(rng)}{digits}")
        return _german(rng, rows, SQUARE if throw < 0.45 else pick(rng, (MOTORCYCLE, SMALL_MOTORCYCLE)))
    return _german(rng, (f"{district}~{letters}", digits), pick(rng, (SQUARE, MOTORCYCLE)))


def _parts(rng: Generator) -> tuple[str, str, str]:
    throw = rng.random()
    if throw < 0.04:  # diplomats, army, dealers
        return pick(rng, ("0", "Y")), "", number(rng, 6)
    district = filled(rng, pick(rng, ("@", "@@", "@@", "@@@", "@@@")))
    if happens(rng, UMLAUT):
        at = int(rng.random() * len(district))
        district = district[:at] + pick(rng, "ÄÖÜ") + district[at + 1 :]
    if throw < 0.07:
        return district, "", "0" + pick(rng, "4567") + filled(rng, "###")
    letters = filled(rng, pick(rng, ("@", "@@", "@@")))
    digits = number(rng, min(4, 8 - len(district) - len(letters)))
    if len(district + letters + digits) < 8 and happens(rng, 0.16):
        digits += pick(rng, "EH") if happens(rng, 0.9) else pick(rng, LETTERS)
    return district, letters, digits


def _gap(rng: Generator) -> str:
    return "_" if happens(rng, 0.6) else " "


def _colours(rng: Generator) -> Colour:
    """Green for those free of tax, red for dealers."""
    throw = rng.random()
    if throw < 0.06:
        return jittered(rng, palette.GREEN, 20)
    return jittered(rng, palette.TRAFFIC_RED, 20) if throw < 0.12 else palette.black(rng)


def _german(rng: Generator, rows: tuple[str, ...], size: tuple[float, float]) -> Design:
    is_high = len(rows) == 2
    band = euro(rng, "D", between(rng, 0.45, 0.58) if is_high else 1.0)
    return pressed(
        rng, "DE", "DE_STD", rows,
        face=face_like(rng, faces.fe()) if happens(rng, 0.9) else face_like(rng, faces.FE_LIKE, 0.5), ink=_colours(rng),
        ground=palette.white(rng), size=size, cap=0.72, spacing=SPACING, border=BORDER, slot=SEALS,
        left=replace(band, width_mm=band.width_mm * (0.75 if size == SMALL_MOTORCYCLE else 1.0)),
    )  # fmt: skip


def _season(rng: Generator, design: Design) -> Design:
    """Small numbers above one another at the right edge: from this month to that one; or a red or yellow end date."""
    throw = rng.random()
    if throw < 0.1:
        return replace(design, right=Band(design.ground, bands.months(design.ink), between(rng, 24, 38), 1.0, 6))
    if throw < 0.13:
        colour = pick(rng, (palette.TRAFFIC_RED, palette.YELLOW))
        return replace(design, right=Band(colour, bands.months(palette.BLACK, 3), between(rng, 36, 48), 1.0, 0))
    return design
