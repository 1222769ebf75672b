"""What is added to plates of every kind: the lip of a holder with words, stickers, a stripe of security print."""

from dataclasses import replace

from numpy.random import Generator

from services.recognition.training.render import marks, palette, words
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.design import Caption, Decal, Design
from services.recognition.training.render.paint import jittered

LIPPED, SIGNED, STICKERED, STRIPED, STUCK_ON = 0.07, 0.07, 0.04, 0.03, 0.04
STICKERS = ("sticker", "hologram", "vignette", "logo", "seal", "flag")
PLACES = (
    (0.03, 0.12),
    (0.97, 0.12),
    (0.03, 0.9),
    (0.97, 0.9),
    (0.5, 0.07),
    (0.5, 0.95),
    (0.2, 0.93),
    (0.8, 0.93),
    (0.3, 0.07),
)


def finished(rng: Generator, design: Design) -> Design:
    """The design with what chance adds to it."""
    if happens(rng, LIPPED) and not design.captions:
        design = _lipped(rng, design)
    elif happens(rng, SIGNED) and not design.captions:
        maker = Caption(
            words.dealer(rng), between(rng, 0.93, 0.96), between(rng, 4, 7), design.ink, between(rng, 0.2, 0.8)
        )
        design = replace(design, captions=(maker,))
    if happens(rng, STICKERED):
        x, y = pick(rng, PLACES)
        size = between(rng, 9, 18)
        sticker = Decal(marks.one_of(pick(rng, STICKERS)), x, y, size, size)
        design = replace(design, decals=(*design.decals, sticker))
    if happens(rng, STRIPED):
        stripe = Decal(
            marks.stripe(between(rng, 0.15, 0.5)), between(rng, 0.2, 0.9), 0.5, between(rng, 3, 12), design.height_mm
        )
        design = replace(design, decals=(*design.decals, stripe))
    return replace(design, wobble=between(rng, 0.01, 0.05)) if happens(rng, STUCK_ON) else design


def _lipped(rng: Generator, design: Design) -> Design:
    """The rim of a holder over the lower edge, or over the upper one, with a dealer's words."""
    colour = jittered(
        rng, pick(rng, (palette.BLACK, palette.BLACK, palette.GREY_BLACK, palette.SILVER, palette.NAVY)), 15
    )
    ink = jittered(rng, palette.standing_out(colour), 30)
    high = between(rng, 8, 13)
    share = high / design.height_mm
    is_low = happens(rng, 0.8)
    y = 1 - share / 2 if is_low else share / 2
    lip = Decal(marks.filled(colour), 0.5, y, design.width_mm, high)
    small = Caption(words.dealer(rng), y, high * between(rng, 0.5, 0.75), ink)
    return replace(
        design,
        decals=(*design.decals, lip),
        captions=(small,),
        bottom=design.bottom + (share * 0.7 if is_low else 0.0),
        top=design.top + (0.0 if is_low else share * 0.7),
    )
