"""Plates of no country: any text in any look."""

from dataclasses import replace

from numpy.random import Generator

from services.recognition.training.render import (
    bands,
    belgium,
    europe,
    france,
    germany,
    marks,
    netherlands,
    palette,
    words,
)
from services.recognition.training.render.chance import Weighted, between, happens, pick
from services.recognition.training.render.design import Band, Border, Caption, Decal, Design, Mark
from services.recognition.training.render.layout import Small, Spacing
from services.recognition.training.render.paint import Colour, jittered, mixed
from services.recognition.training.render.press import LONG, SQUARE, THIN, any_face, euro, pressed
from services.recognition.training.render.texts import ANY, DIGITS, LETTERS, filled

LEAST, MOST = 3, 9
# Height of small lines as a share of the letters': higher ones would be a line of the text.
CAPTION = 0.42
JOINTS = Weighted((" ", 0.3), ("_", 0.15), ("-", 0.3), (".", 0.12), ("~", 0.1), ("|", 0.03))
# Ink and ground.
PAIRS = Weighted(
    ((palette.BLACK, palette.WHITE), 8), ((palette.BLACK, palette.YELLOW), 3), ((palette.RUBY, palette.WHITE), 3),
    ((palette.GREEN, palette.WHITE), 1), ((palette.BLUE, palette.WHITE), 1.5), ((palette.WHITE, palette.BLACK), 2),
    ((palette.WHITE, palette.TRAFFIC_RED), 1), ((palette.WHITE, palette.BLUE), 1), ((palette.WHITE, palette.GREEN), 1),
    ((palette.BLACK, palette.GREY), 3), ((palette.BLACK, palette.SILVER), 2), ((palette.BRIGHT_RED, palette.WHITE), 1),
    ((palette.NAVY, palette.SILVER), 1), ((palette.BLACK, palette.ORANGE_RED), 0.4), ((palette.YELLOW, palette.BLACK), 0.6),
    ((palette.BLACK, palette.LIGHT_BLUE), 0.6),
)  # fmt: skip
OWN_STYLES = (
    belgium.standard, belgium.standard, belgium.standard_square, belgium.motorcycle, netherlands.dutch, france.siv,
    germany.german, europe.european, europe.european, europe.european,
)  # fmt: skip
SLOTS = marks.chosen(
    *(marks.one_of(family) for family in ("shield", "seal", "sticker", "hologram", "logo", "vignette")),
    marks.dots(1, palette.BLACK), marks.dots(2, palette.BLACK), marks.stacked("sticker", "seal"),
    marks.stacked("sticker", "sticker"), marks.stacked("seal", "sticker", "sticker"),
)  # fmt: skip
FORMS = (
    "@@@-####", "@@@ ####", "@@@#@##", "@@@.####", "### @@@", "@@@ ###", "@@ ## @@", "@@@###", "@##@@@", "#@@@###", "@@-###-@@",
    "###-@@@", "@@@####", "@@ ####", "####@@@", "@@@-@##", "@@@_#@##", "##-@####", "@-#####", "@@#-@@@",
    "~@.%%%%%", "~@@@ ###", "@@@ ###~", "@@@~####", "##~@@@", "@@@~##@",
)  # fmt: skip


def random(rng: Generator) -> Design:
    """Three to nine characters in a country's look, or in one of chance."""
    if happens(rng, 0.4):
        design = pick(rng, OWN_STYLES)(rng)
        rows = _rows(rng, len(design.rows))
        return replace(design, series="", rows=rows, inks=(), anchored=(), slot=design.slot or SLOTS)
    return _strange(rng)


def _strange(rng: Generator) -> Design:
    """A look that no country has."""
    ink, ground = _colours(rng)
    count = 2 if happens(rng, 0.25) else 1
    size = (
        (LONG[0] * between(rng, 0.6, 1.05), LONG[1]) if count == 1 else (SQUARE[0] * between(rng, 0.6, 1.0), SQUARE[1])
    )
    letters = filled(rng, "@@@"[: int(rng.integers(1, 4))])
    mark = pick(rng, (bands.euro_band, bands.flag_band, bands.shield_band))(letters)
    colour = palette.blue(rng) if happens(rng, 0.75) else palette.any_vivid(rng)
    if happens(rng, 0.1):
        mark, colour = bands.oval_sign(letters), ground
    right = Band(colour if happens(rng, 0.6) else palette.any_vivid(rng), _right_mark(rng), between(rng, 30, 50))
    design = pressed(
        rng, "", "", _rows(rng, count), face=any_face(rng), ink=ink, ground=ground, size=size,
        cap=between(rng, 0.6, 0.85), spacing=_spacing(rng), border=_border(rng), slot=SLOTS,
        left=euro(rng, letters, 1.0 if count == 1 else between(rng, 0.4, 1.0), colour, mark) if happens(rng, 0.55) else None,
        right=right if happens(rng, 0.2) else None,
    )  # fmt: skip
    return _decorated(rng, design)


def foreign(rng: Generator) -> Design:
    """A higher sheet with a small line above or below the text: a city, a state, a slogan."""
    ink, ground = _colours(rng)
    wide = between(rng, 250, 420)
    size = (wide, wide / between(rng, 2.0, 3.2))
    above = happens(rng, 0.75)
    below = not above or happens(rng, 0.35)
    count = 2 if happens(rng, 0.12) else 1
    top, bottom = (between(rng, 0.16, 0.27) if above else 0.02), (between(rng, 0.13, 0.24) if below else 0.02)
    if count == 2:  # the reader parts two lines in the middle of the plate
        size = (between(rng, 180, 260), between(rng, 140, 190))
        top = bottom = between(rng, 0.11, 0.17)
    row = filled(rng, pick(rng, FORMS))
    if happens(rng, 0.3):
        row = _rows(rng, 1)[0]
    rows = (row,) if count == 1 else _rows(rng, 2)
    design = pressed(
        rng, "", "", rows, face=any_face(rng), ink=ink, ground=ground, size=size, cap=between(rng, 0.62, 0.86),
        spacing=_spacing(rng), border=_border(rng), slot=SLOTS, top=top, bottom=bottom,
    )  # fmt: skip
    return _banner(rng, _captioned(rng, design, above, below), above)


def _captioned(rng: Generator, design: Design, above: bool, below: bool) -> Design:
    small = []
    largest = (1 - design.top - design.bottom) / len(design.rows) * design.cap * CAPTION
    for is_there, share, is_low in ((above, design.top, False), (below, design.bottom, True)):
        if is_there:
            y = share * between(rng, 0.45, 0.65)
            high = design.height_mm * min(share * between(rng, 0.45, 0.8), largest)
            colour = design.ink if happens(rng, 0.75) else palette.any_vivid(rng)
            small.append(Caption(words.place(rng), 1 - y if is_low else y, high, colour))
    return replace(design, captions=tuple(small))


def _banner(rng: Generator, design: Design, above: bool) -> Design:
    """In some, the small line stands on a field of its own colour; a corner may hold a logo or a sticker."""
    decals = []
    if above and happens(rng, 0.4):
        colour = jittered(
            rng, pick(rng, (palette.BLUE, palette.NAVY, palette.TRAFFIC_RED, palette.GREEN, palette.SILVER)), 25
        )
        decals.append(
            Decal(marks.filled(colour), 0.5, design.top * 0.45, design.width_mm, design.height_mm * design.top * 0.9)
        )
        seen = palette.standing_out(colour)
        first = replace(design.captions[0], colour=seen, y=design.top * 0.47)
        design = replace(design, captions=(first, *design.captions[1:]))
    for x in (0.07, 0.93):
        if happens(rng, 0.3):
            y = design.top / 2 + 0.02 if above else 0.9
            size = design.height_mm * between(rng, 0.13, 0.2)
            decals.append(Decal(marks.one_of(pick(rng, ("logo", "flag", "sticker", "shield"))), x, y, size * 1.3, size))
    return replace(design, decals=tuple(decals))


def _decorated(rng: Generator, design: Design) -> Design:
    """Stickers in corners and small lines, where chance wants them."""
    decals = []
    if happens(rng, 0.12):
        family = pick(rng, ("sticker", "hologram", "vignette", "logo"))
        decals.append(Decal(marks.one_of(family), pick(rng, (0.05, 0.5, 0.95)), pick(rng, (0.12, 0.88)), 18, 18))
    if happens(rng, 0.1):
        words_below = Caption(words.dealer(rng), 0.93, between(rng, 6, 10), design.ink)
        design = replace(design, captions=(words_below,), bottom=0.08)
    return replace(design, decals=tuple(decals))


def _rows(rng: Generator, count: int) -> tuple[str, ...]:
    """Random characters with signs between some of them."""
    length = int(rng.integers(LEAST, MOST + 1))
    share = pick(rng, (0.0, 0.15, 0.3))
    if count == 1:
        return (_row(rng, length, share),)
    length = max(length, 4)
    cut = int(rng.integers(max(1, length // 2 - 1), min(length - 1, length // 2 + 2)))
    return _row(rng, cut, share), _row(rng, length - cut, share)


def _row(rng: Generator, length: int, joints: float) -> str:
    pool = pick(rng, (ANY, ANY, ANY, DIGITS, LETTERS, LETTERS + "ÄÖÜ"))
    text = pick(rng, pool)
    for _ in range(length - 1):
        text += (JOINTS.pick(rng) if happens(rng, joints) else "") + pick(rng, pool)
    return text


def _colours(rng: Generator) -> tuple[Colour, Colour]:
    ink, ground = PAIRS.pick(rng)
    ink = mixed(ink, ground, between(rng, 0, 0.3)) if happens(rng, 0.4) else ink
    return jittered(rng, ink, 25), jittered(rng, ground, 25)


def _spacing(rng: Generator) -> Spacing:
    return Spacing(
        letter=between(rng, 0.07, 0.22),
        group=between(rng, 0.25, 0.7),
        hyphen=between(rng, 0.16, 0.4),
        slot=between(rng, 0.3, 0.8),
        stretch=between(rng, 0.75, 1.2),
        cell=between(rng, 0.5, 0.66) if happens(rng, 0.3) else 0.0,
        align=between(rng, 0, 1) if happens(rng, 0.2) else 0.5,
        spread=between(rng, 0, 1) if happens(rng, 0.3) else 0.0,
        hyphen_stroke=between(rng, 0.07, 0.18),
        hyphen_at=0.5 if happens(rng, 0.85) else between(rng, 0.3, 0.9),
        small=_small(rng) if happens(rng, 0.08) else None,
    )


def _small(rng: Generator) -> Small:
    """The first or the last characters are lower."""
    first = 0 if happens(rng, 0.5) else int(rng.integers(2, 7))
    return Small(
        first, first + int(rng.integers(1, 3)) if first == 0 else MOST * 2, between(rng, 0.55, 0.85), between(rng, 0, 1)
    )


def _border(rng: Generator) -> Border | None:
    if happens(rng, 0.35):
        return None
    colour = palette.any_vivid(rng) if happens(rng, 0.2) else None
    return replace(
        THIN, width_mm=between(rng, 1.5, 6), radius_mm=between(rng, 2, 14), inset_mm=between(rng, 0, 5), colour=colour
    )


def _right_mark(rng: Generator) -> Mark:
    return pick(
        rng,
        (
            bands.region(filled(rng, "##")),
            bands.months(palette.PURE_WHITE),
            marks.nothing,
            marks.vignettes(2),
            bands.flag_band(""),
        ),
    )
