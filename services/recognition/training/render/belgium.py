"""Belgian plates of all series."""

from collections.abc import Sequence
from dataclasses import replace

from numpy.random import Generator

from services.recognition.training.render import bands, faces, marks, palette, words
from services.recognition.training.render.chance import Weighted, between, happens, pick
from services.recognition.training.render.design import Anchored, Band, Border, Design
from services.recognition.training.render.layout import HYPHEN, Spacing
from services.recognition.training.render.paint import Colour, jittered
from services.recognition.training.render.press import LONG, MOTORCYCLE, SQUARE, euro, face_like, pressed
from services.recognition.training.render.texts import ANY, DIGITS, filled, number

OLD, SMALL_MOPED = (325.0, 105.0), (100.0, 120.0)
BORDER = Border(width_mm=4.5, inset_mm=1.5, radius_mm=9.0)
SPACING = Spacing(letter=0.14, group=0.4, hyphen=0.27)
# The old series were issued without letters that resemble digits.
OLD_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
NORMAL = Weighted(("@@@-###", 0.85), ("###-@@@", 0.15))


def standard(rng: Generator) -> Design:
    """1-ABC-123."""
    return _long(rng, "BE_STD_2010", index(rng) + "-" + filled(rng, "@@@-###"))


def standard_square(rng: Generator) -> Design:
    """1-ABC above 123."""
    return _two_lines(rng, "BE_STD_2010", index(rng), NORMAL.pick(rng))


def reversed_standard(rng: Generator) -> Design:
    """1-123-ABC."""
    return _either(rng, "BE_STD_2010_REV", index(rng), "###-@@@")


def index_last(rng: Generator) -> Design:
    """ABC-123-1."""
    text = filled(rng, NORMAL.pick(rng)) + "-" + index(rng)
    if happens(rng, 0.75):
        return _long(rng, "BE_STD_INDEX_LAST", text)
    upper, lower, last = text.split("-")
    return _sheet(rng, "BE_STD_INDEX_LAST", (upper, f"{lower}-{last}"), SQUARE)


def oldtimer(rng: Generator) -> Design:
    """O-ABC-123."""
    return _either(rng, "BE_OLDTIMER", "O", NORMAL.pick(rng))


def taxi(rng: Generator) -> Design:
    """T-XAB-123."""
    return _either(rng, "BE_TAXI", "T", pick(rng, ("X@@-###", "X@@-###", "###-X@@", "@@@-###")), two_lines=0.1)


def hired_with_driver(rng: Generator) -> Design:
    """T-LAB-123."""
    return _either(rng, "BE_VVB", "T", pick(rng, ("L@@-###", "L@@-###", "###-L@@")), two_lines=0.1)


def trailer(rng: Generator) -> Design:
    """Q-ABC-123."""
    return _either(rng, "BE_TRAILER", "Q", NORMAL.pick(rng))


def tractor(rng: Generator) -> Design:
    """G-ABC-123, ordinary or white on red."""
    return _either(rng, "BE_AGRI", "G", NORMAL.pick(rng), colours=_on_red(rng) if happens(rng, 0.6) else None)


def commercial(rng: Generator) -> Design:
    """Z-ABC-123 in green with the vignette of the year on the right."""
    green = jittered(rng, pick(rng, (palette.MOSS, palette.MINT, palette.GREEN)), 18)
    design = _either(rng, "BE_COMM", pick(rng, "VYZ"), "@@@-###", colours=(green, palette.white(rng)))
    return _with_vignettes(rng, design, 1)


def short_term(rng: Generator) -> Design:
    """XA-25-ABC, white on red with day and month."""
    design = _either(rng, "BE_TEMP_SHORT", pick(rng, "WX"), "@-##-@@@", colours=_on_red(rng), joint="")
    return _with_vignettes(rng, design, 2)


def national(rng: Generator) -> Design:
    """UA-26-ABC."""
    colours = _on_red(rng) if happens(rng, 0.5) else None
    design = _either(rng, "BE_NATIONAL", "U", "@-##-@@@", colours=colours, joint="")
    return _with_vignettes(rng, design, 2) if happens(rng, 0.5) else design


def international(rng: Generator) -> Design:
    """8-ABC-123 with date vignettes."""
    design = _either(rng, "BE_INTL", "8", NORMAL.pick(rng))
    return _with_vignettes(rng, design, int(rng.integers(0, 3)))


def personalised_2010(rng: Generator) -> Design:
    """9-ABC-123."""
    return _either(rng, "BE_PERS_2010", "9", "@@@-###")


def personalised(rng: Generator) -> Design:
    """A word of the owner's choice, with the stamp at the far left."""
    design = _sheet(rng, "BE_PERS", ("_" + words.personalised(rng),), LONG)
    stamp = Anchored(marks.oval_stamp(design.ink), 0, between(rng, -0.3, 0.3), 13, 20)
    return replace(design, anchored=(stamp,))


def diplomatic(rng: Generator) -> Design:
    """CD-AB-123 in red; older ones with CD in green."""
    if happens(rng, 0.5):
        return _either(rng, "BE_CD", "CD", "@@-###", two_lines=0.15)
    design = _sheet(rng, "BE_CD", ("CD" + pick(rng, "-  ") + filled(rng, "%%%%"),), pick(rng, (LONG, OLD)))
    green = jittered(rng, palette.GREEN, 20)
    return replace(design, inks=((0, green), (1, green)))


def eurocontrol(rng: Generator) -> Design:
    """EUR-1234 in blue."""
    colours = (jittered(rng, palette.BLUE, 15), palette.white(rng))
    return _sheet(rng, "BE_EUR", ("EUR-" + filled(rng, "####"[: int(rng.integers(1, 5))]),), OLD, colours=colours)


def court(rng: Generator) -> Design:
    """One to three digits; or a letter of the state before them."""
    if happens(rng, 0.5):
        return _sheet(rng, "BE_COURT", (number(rng, 3),), pick(rng, (LONG, OLD)))
    return _sheet(rng, "BE_AEP", (pick(rng, "AEP") + pick(rng, "-- ") + number(rng, 3),), pick(rng, (LONG, OLD)))


def motorcycle(rng: Generator) -> Design:
    """M-ABC above 123."""
    first = pick(rng, ("M", "M", "M", "M", "1", "O"))
    return _two_lines(rng, "BE_MOTO", first, NORMAL.pick(rng), MOTORCYCLE)


def moped(rng: Generator) -> Design:
    """S-AAB above 123."""
    return _two_lines(rng, "BE_MOPED", "S", _moped_text(rng), MOTORCYCLE)


def small_moped(rng: Generator) -> Design:
    """The same on the small sheet."""
    return _two_lines(rng, "BE_MOPED", "S", _moped_text(rng), SMALL_MOPED)


def of_1973(rng: Generator) -> Design:
    """ABC-123, without a European band."""
    return _old(rng, "BE_1973", filled(rng, "@@@-###", OLD_LETTERS))


def of_2008(rng: Generator) -> Design:
    """123-ABC, without a European band."""
    return _old(rng, "BE_2008", filled(rng, "###-@@@", OLD_LETTERS))


def before_1973(rng: Generator) -> Design:
    """Five characters with a dot between the groups."""
    forms = ("@@.###", "#.@@.##", "##.@@.#", "###.@@", "@.###.@", "@.####", "#.@.###", "##.@.##", "###.@.#", "####.@")
    form = pick(rng, forms)
    return _old(rng, "BE_1962" if form.count("@") == 2 else "BE_1953", filled(rng, form, OLD_LETTERS))


def index(rng: Generator) -> str:
    """The digit or letter before the first hyphen; 1 and 2 are the ones of most cars."""
    return pick(rng, "12") if happens(rng, 0.6) else pick(rng, DIGITS if happens(rng, 0.6) else ANY)


def _moped_text(rng: Generator) -> str:
    group = pick(rng, "ABPU") + "@@"
    return f"{group}-###" if happens(rng, 0.85) else f"###-{group}"


def _on_red(rng: Generator) -> tuple[Colour, Colour]:
    return jittered(rng, palette.WHITE, 10), jittered(rng, palette.TRAFFIC_RED, 25)


def _either(
    rng: Generator,
    series: str,
    first: str,
    template: str,
    *,
    colours: tuple[Colour, Colour] | None = None,
    joint: str = HYPHEN,
    two_lines: float = 0.22,
) -> Design:
    """On the long sheet, or in a share of the throws on the square one."""
    if happens(rng, two_lines):
        return _two_lines(rng, series, first, template, joint=joint, colours=colours)
    return _long(rng, series, first + joint + filled(rng, template), colours)


def _long(rng: Generator, series: str, text: str, colours: tuple[Colour, Colour] | None = None) -> Design:
    return _sheet(rng, series, (text,), LONG, colours=colours)


def _two_lines(
    rng: Generator,
    series: str,
    first: str,
    template: str,
    size: tuple[float, float] = SQUARE,
    *,
    joint: str = HYPHEN,
    colours: tuple[Colour, Colour] | None = None,
) -> Design:
    """The index and the first group above the last one, which no hyphen parts."""
    upper, _, lower = filled(rng, template).rpartition(HYPHEN)
    joint = joint if happens(rng, 0.75) else pick(rng, ("", "_"))
    return _sheet(rng, series, (first + joint + upper, lower), size, colours=colours)


def _old(rng: Generator, series: str, text: str) -> Design:
    """Older plates: short sheets, and long ones without a band."""
    if happens(rng, 0.12):
        upper, _, lower = text.rpartition("-") if "-" in text else text.rpartition(".")
        return _sheet(rng, series, (upper, lower), pick(rng, (SQUARE, MOTORCYCLE)), band=0.05)
    return _sheet(rng, series, (text,), OLD if happens(rng, 0.6) else LONG, band=0.12)


def _sheet(
    rng: Generator,
    series: str,
    rows: Sequence[str],
    size: tuple[float, float],
    *,
    colours: tuple[Colour, Colour] | None = None,
    band: float = 0.96,
) -> Design:
    ink, ground = colours or (palette.ruby(rng), palette.white(rng))
    is_high = len(rows) == 2
    cap = 0.74 if is_high else 0.77
    design = pressed(
        rng,
        "BE",
        series,
        rows,
        face=face_like(rng, faces.BELGIAN),
        ink=ink,
        ground=ground,
        size=size,
        cap=cap,
        spacing=SPACING,
        border=BORDER,
        left=_band(rng, size) if happens(rng, band) else None,
    )
    return replace(design, anchored=_stamp(rng, rows[0], ink, size))


def _band(rng: Generator, size: tuple[float, float]) -> Band:
    """100 x 45 mm on cars; smaller on motorcycles, and above on the left there."""
    letters = "B" if happens(rng, 0.94) else pick(rng, ("BE", "BEL"))
    mark = bands.shield_band(letters) if happens(rng, 0.03) else bands.euro_band(letters)
    band = euro(rng, letters, mark=mark)
    if size == LONG:
        return replace(band, inset_mm=between(rng, 3, 7))
    scale = {SQUARE: 1.0, MOTORCYCLE: 0.68, SMALL_MOPED: 0.5, OLD: 1.0}[size]
    high = 1.0 if size == OLD else between(rng, 0.44, 0.5)
    return replace(band, width_mm=band.width_mm * scale, height=high, inset_mm=between(rng, 3, 7) * scale)


def _stamp(rng: Generator, row: str, ink: Colour, size: tuple[float, float]) -> tuple[Anchored, ...]:
    """The oval stamp: above the first hyphen, sometimes below it, or where it would be."""
    if happens(rng, 0.12):
        return ()
    sign = row.find(HYPHEN) if HYPHEN in row else max(row.find("_"), row.find("."))
    if sign < 0:
        return ()
    scale = 0.72 if size in (MOTORCYCLE, SMALL_MOPED) else 1.0
    upright = happens(rng, 0.7)
    width, height = (12 * scale, 19 * scale) if upright else (19 * scale, 12 * scale)
    dy = between(rng, -0.36, -0.27) if happens(rng, 0.85) else between(rng, 0.27, 0.36)
    return (Anchored(marks.oval_stamp(ink), sign, dy, width, height),)


def _with_vignettes(rng: Generator, design: Design, count: int) -> Design:
    """Date stickers at the right edge, one above the other."""
    if not count or len(design.rows) == 2:
        return design
    band = Band(design.ground, marks.vignettes(count), between(rng, 30, 48), 1.0, 6)
    return replace(design, right=band)
