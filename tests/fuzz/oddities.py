"""Values that programs stumble over."""

import math
from random import Random

BITS = (0, 1, 7, 8, 15, 16, 31, 32, 53, 63, 64)
NUMBERS = tuple(
    sorted(
        {sign * (2**bits) + off for bits in BITS for sign in (1, -1) for off in (-1, 0, 1)}
        | {256, 257, 500, 1000, 1001}
    )
)
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 5e-324, 360.0, 1e6, 3.4e38, 1e308, -1e308, math.inf, -math.inf, math.nan)
# Of the calendar: the years 1, 1970, 10000 and their neighbours, and the end of what a duration may be.
SECONDS = (
    -62_135_596_801, -62_135_596_800, -1, 0, 1, 951_782_400, 253_402_300_799, 253_402_300_800, 315_576_000_000, 2**62,
)  # fmt: skip
NANOS = (0, 1, 999, 1000, 999_999_999, 1_000_000_000, -1, -999_999_999, 2**31 - 1, -(2**31))

TEXTS = (
    "", " ", "\0", "a\0b", "\n", "\r\n", "\t", "'", '"', "\\", "''; DROP TABLE x; --", "%s%n", "{0}", "${x}", "../../x", "/",
    "=1+1", "@x", "-", "*", "?", "%", "_", "\ufeff", "\u200b", "\u202eABC", "\u2028", "\u0301", "A\u0301" * 8, "\ufdfa",
    "\ufdfa" * 40,
    "ß", "ŉ", "ﬃ", "İ", "ı", "\u1e9e", "Ä", "ÄÖÜ", "ΑΒΕ", "АВЕ", "𝟙𝟚𝟛", "٣٤٥", "①②", "𝔄𝔅", "\U0001f600", "\U0010ffff",
    "\x7f", "\x85", "null", "true", "NaN", "1e400", "-0", "00000000-0000-0000-0000-000000000000", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59-23:59", "2026-11-24", "1-ABC-123", "1ABC123",
)  # fmt: skip
LENGTHS = (1, 2, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129, 255, 256, 257, 500, 501, 1024, 1025, 4000)
ALPHABETS = ("A", "0", "é", "字", "\U0001f600", "\ufdfa", "\u0301", "a-", "\0", '"', ",")


def text(dice: Random) -> str:
    """Odd, random, or very long; never a lone surrogate."""
    choice = dice.randrange(10)
    if choice < 5:
        return dice.choice(TEXTS)
    if choice < 7:
        return dice.choice(ALPHABETS) * dice.choice(LENGTHS)
    if choice == 7:
        return dice.choice(TEXTS) + dice.choice(TEXTS)
    return "".join(character(dice) for _ in range(dice.randrange(1, 24)))


def character(dice: Random) -> str:
    """Any but a surrogate; those of the first planes come more often."""
    place = dice.randrange(dice.choice((0x80, 0x250, 0x3000, 0x10000, 0x110000)))
    return chr(place) if not 0xD800 <= place < 0xE000 else "\ufffd"


def number(dice: Random, low: int, high: int) -> int:
    """At or near a bound, or anywhere between."""
    chosen = dice.choice(NUMBERS) if dice.randrange(4) else dice.randint(low, high)
    return chosen if low <= chosen <= high else dice.choice((low, high, low + 1, high - 1))


def fraction(dice: Random) -> float:
    """A number that is not whole, or none at all."""
    return dice.choice(FLOATS) if dice.randrange(3) else dice.uniform(-1e3, 1e3)


def content(dice: Random, most: int = 200) -> bytes:
    """Bytes of any kind."""
    return (
        dice.randbytes(dice.randrange(most))
        if dice.randrange(3)
        else bytes([dice.randrange(256)]) * dice.randrange(most)
    )
