"""The colours of plates, as a day's picture shows them."""

from numpy.random import Generator

from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.paint import Colour, jittered, mixed, rgb

RUBY, ORANGE_RED, NEAR_BLACK = rgb(0x8A1B24), rgb(0xC8402C), rgb(0x32080E)
TRAFFIC_RED, BRIGHT_RED = rgb(0xBB1E10), rgb(0xD01818)
BLACK, GREY_BLACK = rgb(0x101010), rgb(0x2C2C30)
WHITE, SILVER, GREY = rgb(0xEBECE8), rgb(0xC4C6C8), rgb(0xA9ADB0)
YELLOW, PALE_YELLOW = rgb(0xF0B80C), rgb(0xF2D84A)
BLUE, LIGHT_BLUE, NAVY = rgb(0x1C3F96), rgb(0x5E8FD0), rgb(0x0E1E58)
GREEN, MOSS, MINT, PALE_GREEN = rgb(0x187A3A), rgb(0x31543A), rgb(0x007243), rgb(0xA9D6A0)
PURE_WHITE = rgb(0xFFFFFF)


def ruby(rng: Generator) -> Colour:
    """RAL 3003 as pictures show it: from orange-red to near black."""
    towards = pick(rng, (ORANGE_RED, NEAR_BLACK))
    return jittered(rng, mixed(RUBY, towards, between(rng, 0, 0.95) ** 1.4), 14)


def white(rng: Generator) -> Colour:
    """A reflecting white that is clean, grey or yellowed."""
    return jittered(rng, mixed(WHITE, pick(rng, (SILVER, rgb(0xE6DFC8), PURE_WHITE)), between(rng, 0, 0.6)), 12)


def yellow(rng: Generator) -> Colour:
    """The yellow of Dutch, British rear and Luxembourgish plates."""
    return jittered(rng, mixed(YELLOW, PALE_YELLOW, between(rng, -0.2, 0.8)), 14)


def black(rng: Generator) -> Colour:
    """New or faded black paint."""
    return jittered(rng, mixed(BLACK, GREY_BLACK, between(rng, 0, 1.3 if happens(rng, 0.2) else 0.9)), 8)


def blue(rng: Generator) -> Colour:
    """The blue of the European band, sometimes bleached."""
    return jittered(rng, mixed(BLUE, pick(rng, (NAVY, LIGHT_BLUE)), between(rng, 0, 0.7) ** 1.5), 16)


def standing_out(ground: Colour) -> Colour:
    """White or black, whichever is seen better on this ground."""
    return PURE_WHITE if ground[0] * 0.11 + ground[1] * 0.59 + ground[2] * 0.3 < 120 else BLACK


def any_vivid(rng: Generator) -> Colour:
    """Any colour of a sticker or a coat of arms."""
    return jittered(rng, pick(rng, (TRAFFIC_RED, BLUE, GREEN, YELLOW, LIGHT_BLUE, BLACK, PURE_WHITE, ORANGE_RED)), 30)
