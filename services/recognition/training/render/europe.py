"""Plates of the rest of Europe, as a table."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.random import Generator

from services.recognition.training.render import bands, faces, marks, palette, words
from services.recognition.training.render.chance import Weighted, between, happens, pick
from services.recognition.training.render.design import Band, Border, Caption, Decal, Design, Mark
from services.recognition.training.render.face import Face
from services.recognition.training.render.layout import Spacing
from services.recognition.training.render.paint import Colour, jittered
from services.recognition.training.render.press import LONG, SQUARE, THIN, any_face, euro, face_like, pressed
from services.recognition.training.render.texts import LETTERS, filled

Finish = Callable[[Generator, Design], Design]
# Letters that look the same in Latin, Greek and Cyrillic.
GREEK, CYRILLIC = "ABEZHIKMNOPTYX", "ABEKMHOPCTYX"
NO_VOWELS = "BCDFGHJKLMNPRSTVWXYZ"
TWO_LINES = 0.1
MOTORCYCLE = (200.0, 160.0)

ARMS, STICKER, HOLOGRAM = marks.one_of("shield"), marks.one_of("sticker"), marks.one_of("hologram")
TWIN = marks.stacked("sticker", "sticker")


def _plain(_: Generator, design: Design) -> Design:
    return design


@dataclass(frozen=True, slots=True)
class Issue:
    """The plates of one country. rows: templates, `/` parts two lines and stands for a gap on one.

    letters: those it uses; band: letters in the blue band, empty without one; slot: what stands where `~` is.
    """

    country: str
    name: str
    weight: float
    rows: tuple[str, ...]
    band: str = ""
    letters: str = LETTERS
    slot: Mark | None = None
    slot_width: float = 0.5
    ink: Callable[[Generator], Colour] = palette.black
    ground: Callable[[Generator], Colour] = palette.white
    border: Border | None = THIN
    face: Callable[[Generator], Face] = any_face
    band_mark: Callable[[str], Mark] = bands.euro_band
    band_colour: Callable[[Generator], Colour] = palette.blue
    size: tuple[float, float] = LONG
    finish: Finish = _plain


def european(rng: Generator) -> Design:
    """A plate of any country of the table."""
    return issued(rng, _CHANCES.pick(rng))


def issued(rng: Generator, issue: Issue) -> Design:
    """A plate of this country."""
    text = filled(rng, pick(rng, issue.rows), issue.letters)
    rows: tuple[str, ...] = (text.replace("/", " "),)
    size = issue.size
    if happens(rng, TWO_LINES):
        rows, size = _broken(text), pick(rng, (SQUARE, SQUARE, MOTORCYCLE, (280.0, 200.0)))
    is_high = len(rows) == 2
    height = between(rng, 0.42, 0.6) if is_high and happens(rng, 0.5) else 1.0
    mark = issue.band_mark(issue.band)
    design = pressed(
        rng, issue.country, issue.name, rows,
        face=issue.face(rng), ink=issue.ink(rng), ground=issue.ground(rng), size=size,
        spacing=Spacing(letter=0.14, hyphen=0.24, slot=issue.slot_width),
        border=issue.border, slot=issue.slot,
        left=euro(rng, issue.band, height, issue.band_colour(rng), mark) if issue.band else None,
    )  # fmt: skip
    return design if is_high else issue.finish(rng, design)


def _broken(text: str) -> tuple[str, ...]:
    """The text on two lines: parted at a sign near its middle, or in the middle."""
    places = [index for index, sign in enumerate(text) if sign in " /-~_." and 0 < index < len(text) - 1]
    if not places:
        return text[: len(text) // 2], text[len(text) // 2 :]
    at = min(places, key=lambda place: abs(place - len(text) / 2 + 0.3))
    upper = text[: at + 1] if text[at] == "~" else text[:at]
    return upper.replace("/", " "), text[at + 1 :].replace("/", " ")


def _german_face(rng: Generator) -> Face:
    return face_like(rng, faces.fe(), 0.45)


def _white_on(*grounds: Colour) -> Callable[[Generator], Colour]:
    return lambda rng: jittered(rng, pick(rng, grounds), 20)


def _black_or_green(rng: Generator) -> Colour:
    """Green letters stand for vans or for electric cars."""
    return jittered(rng, palette.GREEN, 20) if happens(rng, 0.12) else palette.black(rng)


def _white_or_green(rng: Generator) -> Colour:
    """A green ground stands for electric cars, a yellow one for trade."""
    throw = rng.random()
    if throw < 0.1:
        return jittered(rng, palette.PALE_GREEN, 20)
    return palette.yellow(rng) if throw < 0.13 else palette.white(rng)


def _red_lines(rng: Generator, design: Design) -> Design:
    """Austria: red above and below."""
    red = jittered(rng, palette.TRAFFIC_RED, 20)
    thick = between(rng, 2.5, 5)
    lines = [Decal(marks.filled(red), 0.5, y, design.width_mm, thick) for y in (0.03, 0.97)]
    return replace(design, border=None, decals=(*design.decals, *lines))


def _dated(rng: Generator, design: Design) -> Design:
    """Portugal: a yellow strip with year and month at the right."""
    if happens(rng, 0.3):
        return design
    return replace(design, right=Band(palette.yellow(rng), bands.months(palette.BLACK), between(rng, 34, 46)))


def _province(rng: Generator, design: Design) -> Design:
    """Italy, Albania: a second band at the right, with a year in a circle above a province."""
    if happens(rng, 0.2):
        return design
    mark = bands.region(filled(rng, "@@")) if happens(rng, 0.6) else marks.nothing
    return replace(design, right=Band(palette.blue(rng), mark, between(rng, 34, 46)))


def _county(rng: Generator, design: Design) -> Design:
    """Ireland: the county's name above the number."""
    small = Caption(words.word(rng, 4, 9), between(rng, 0.1, 0.14), between(rng, 9, 13), design.ink)
    return replace(design, captions=(small,), top=0.14, cap=0.74)


def _stickered(rng: Generator, design: Design) -> Design:
    """A control sticker somewhere between the groups or at an edge."""
    x, y = pick(rng, ((0.5, 0.2), (0.5, 0.5), (0.95, 0.2), (0.95, 0.75), (0.53, 0.85)))
    sticker = Decal(marks.chosen(STICKER, HOLOGRAM), x + between(rng, -0.03, 0.03), y, 24, 24)
    return replace(design, decals=(*design.decals, sticker)) if happens(rng, 0.6) else design


GREEN_BORDER = replace(THIN, width_mm=5.0, colour=palette.GREEN)
RED_BORDER = replace(THIN, colour=palette.BRIGHT_RED)
SWISS = (300.0, 80.0)
ISSUES = (
    Issue("AT", "AT", 2.2, ("@~#####@", "@@~###@@", "@@~####@", "@@~#@@", "@~@@@@#"), "A", slot=ARMS,
          finish=_red_lines, ink=_black_or_green),
    Issue("CH", "CH", 2.0, ("~@@_.######", "~@@.####", "@@.######~", "~@@.#####~", "@@ ## ###"), slot=ARMS, border=None,
          size=SWISS, slot_width=0.7),
    Issue("IT", "IT", 2.2, ("@@/###@@", "@@/###_@@", "@@ ###@@"), "I", finish=_province, border=None),
    Issue("ES", "ES", 2.0, ("####/@@@", "#### @@@", "@-####-@@", "@@-####-@"), "E", letters=NO_VOWELS),
    Issue("PL", "PL", 2.4, ("@@ #####", "@@~#####", "@@@~###@", "@@@ ##@@", "@@@~####", "@@ ####@", "@# @@@"), "PL",
          slot=marks.chosen(STICKER, HOLOGRAM), slot_width=0.4, band_mark=bands.flag_or_stars,
          ground=_white_or_green),
    Issue("CZ", "CZ", 2.4, ("#@#~####", "#@@~####", "#@#/####", "@@@~####"), "CZ", slot=TWIN, slot_width=0.45),
    Issue("SK", "SK", 2.6, ("@@~###@@", "@@_###@@", "@@~###@@", "@@/###@@"), "SK", slot=marks.chosen(ARMS, ARMS, TWIN),
          band_mark=bands.shield_or_stars),
    Issue("HU", "HU", 1.6, ("@@@-###", "@@@-###", "@@~@@-###", "@@_@@-###"), "H", slot=ARMS, slot_width=0.4,
          ground=_white_or_green),
    Issue("RO", "RO", 2.0, ("@@ ## @@@", "@ ### @@@", "@ ## @@@", "@@_##_@@@"), "RO", face=_german_face),
    Issue("BG", "BG", 1.4, ("@@ #### @@", "@ #### @@", "@_####_@@"), "BG", letters=CYRILLIC),
    Issue("HR", "HR", 1.4, ("@@~###-@@", "@@~####-@", "@@~####-@@"), "HR", slot=ARMS, letters=NO_VOWELS + "AEIOU"),
    Issue("SI", "SI", 1.3, ("@@~@@-###", "@@~##-@@@", "@@~@#-###", "@@~###-@@"), "SLO", slot=ARMS, border=GREEN_BORDER),
    Issue("GR", "GR", 1.3, ("@@@-####", "@@@_####", "@@@/####"), "GR", letters=GREEK),
    Issue("PT", "PT", 1.4, ("##-##-@@", "##-@@-##", "@@-##-##", "@@-##-@@", "@@_##_@@"), "P", finish=_dated, border=None),
    Issue("IE", "IE", 1.4, ("###-@-#####", "##-@-#####", "###-@@-####", "##-@@-###", "###-@-###"), "IRL", finish=_county),
    Issue("DK", "DK", 1.4, ("@@ ## ###", "@@_##_###", "@@_#####"), "DK", border=RED_BORDER,
          ground=lambda rng: palette.yellow(rng) if happens(rng, 0.15) else palette.white(rng)),
    Issue("SE", "SE", 1.4, ("@@@ ###", "@@@_###", "@@@ ##@", "@@@~###"), "S", slot=marks.chosen(STICKER, HOLOGRAM),
          slot_width=0.35, finish=_stickered),
    Issue("NO", "NO", 1.3, ("@@ #####", "@@_#####", "@@ ####"), "N", ink=_black_or_green, border=None,
          band_mark=bands.flag_or_stars),
    Issue("FI", "FI", 1.3, ("@@@-###", "@@-##", "@@-###", "@@@-##"), "FIN"),
    Issue("LT", "LT", 1.3, ("@@@~###", "@@@_###", "@@~####"), "LT", slot=TWIN, slot_width=0.4),
    Issue("UA", "UA", 1.4, ("@@ #### @@", "@@_####_@@"), "UA", letters=CYRILLIC + "I", band_mark=bands.flag_band,
          ink=_black_or_green),
    Issue("", "EE", 0.4, ("### @@@", "###_@@@"), "EST"),
    Issue("", "LV", 0.4, ("@@-####", "@@-###"), "LV"),
    Issue("", "RS", 0.4, ("@@~###-@@", "@@~####-@@"), "SRB", slot=ARMS),
    Issue("", "BA", 0.3, ("@##-@-###",), "BIH"),
    Issue("", "MK", 0.3, ("@@~####-@@", "@@ ####-@@"), "NMK", slot=ARMS,
          band_colour=_white_on(palette.TRAFFIC_RED, palette.BLUE)),
    Issue("", "AL", 0.3, ("@@ ###_@@", "@@ ### @@"), "AL", finish=_province),
    Issue("", "MD", 0.3, ("@@@ ###", "@@_@_###"), "MD", band_mark=bands.flag_band),
    Issue("", "TR", 0.5, ("## @ ####", "## @@ ###", "## @@@ ##", "##_@@_####"), "TR"),
    Issue("", "IS", 0.3, ("@@ @##", "@@~###", "@@_@##"), "IS", slot=STICKER, ink=_white_on(palette.NAVY, palette.BLUE)),
    Issue("", "MT", 0.3, ("@@@ ###", "@@@~###"), "M", slot=STICKER),
    Issue("", "CY", 0.3, ("@@@ ###", "@@@_###"), "CY"),
    Issue("", "ME", 0.2, ("@@~@@###", "@@ @@###"), "MNE", slot=ARMS),
    Issue("", "BY", 0.3, ("####_@@-#", "#### @@-#"), "BY", letters=CYRILLIC + "I", band_mark=bands.flag_band),
)  # fmt: skip
TOTAL = sum(issue.weight for issue in ISSUES)
_CHANCES = Weighted(*((issue, issue.weight) for issue in ISSUES))
