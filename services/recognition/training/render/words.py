"""Words that mean nothing: what owners choose, what dealers print, names of towns. Any likeness is chance."""

from numpy.random import Generator

from services.recognition.training.render.chance import happens, pick
from services.recognition.training.render.texts import DIGITS, LETTERS, number

ONSETS = (
    "B",
    "C",
    "D",
    "F",
    "G",
    "H",
    "J",
    "K",
    "L",
    "M",
    "N",
    "P",
    "QU",
    "R",
    "S",
    "T",
    "V",
    "W",
    "X",
    "Z",
    "ST",
    "KR",
)
VOWELS = ("A", "E", "I", "O", "U", "Y", "AA", "OO", "IE", "OU")
CODAS = ("", "", "", "N", "R", "S", "T", "L", "X", "CK", "NT", "M")
ENDINGS = (".BE", ".NL", ".FR", ".DE", ".COM", ".EU", ".LU", ".CO.UK")
TRADES = ("AUTO", "GARAGE", "CARS", "MOTORS", "CENTER", "TRUCKS", "LEASE", "GROUP", "SPORT")
SLOGANS = ("LAND OF", "CITY OF", "ESTADO", "PROVINCIA", "STATE", "REPUBLIC", "THE", "VILLE DE", "REGION")


def word(rng: Generator, least: int, most: int) -> str:
    """A word that can be said, of so many letters."""
    text = ""
    while len(text) < least:
        text += pick(rng, ONSETS) + pick(rng, VOWELS) + pick(rng, CODAS)
    return text[:most]


def personalised(rng: Generator) -> str:
    """At most eight signs with at least one letter, a hyphen wherever letters meet digits."""
    throw = rng.random()
    if throw < 0.5:
        return word(rng, int(rng.integers(2, 8)), 8)
    if throw < 0.7:
        return f"{word(rng, 1, 5)}-{number(rng, 2)}"
    if throw < 0.8:
        return f"{number(rng, 2)}-{word(rng, 2, 5)}"
    if throw < 0.9:
        return f"{word(rng, 1, 3)}-{word(rng, 2, 4)}"
    return "".join(pick(rng, LETTERS) for _ in range(int(rng.integers(1, 9))))


def dealer(rng: Generator) -> str:
    """A name, a web address or a telephone number, as on a plate's holder."""
    throw = rng.random()
    name = word(rng, 4, 9)
    if throw < 0.4:
        return ("WWW." if happens(rng, 0.6) else "") + name + pick(rng, ENDINGS)
    if throw < 0.55:
        return "0" + "".join(pick(rng, DIGITS) + (pick(rng, (" ", "")) if step % 2 else "") for step in range(9))
    if throw < 0.7:
        return f"{name} 0{''.join(pick(rng, DIGITS) for _ in range(int(rng.integers(6, 10))))}"
    return f"{pick(rng, TRADES)} {name}" if happens(rng, 0.6) else f"{name} {pick(rng, TRADES)} {word(rng, 4, 8)}"


def place(rng: Generator) -> str:
    """A city, a state or a slogan, as some countries print it beside the text."""
    throw = rng.random()
    if throw < 0.4:
        return word(rng, 5, 12)
    if throw < 0.7:
        return f"{word(rng, 2, 3)} - {word(rng, 5, 11)}"
    return f"{pick(rng, SLOGANS)} {word(rng, 5, 10)}"
