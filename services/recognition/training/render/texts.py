"""Texts of plates that chance makes up. Any likeness to a real plate is chance."""

from numpy.random import Generator

from services.recognition.training.render.chance import happens, pick

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ANY = DIGITS + LETTERS
# A reader that never saw a letter where the rules forbid it learns the rules instead of the letter.
RULE_BROKEN = 0.04
PLACE_BROKEN = 0.15


def filled(rng: Generator, template: str, letters: str = LETTERS) -> str:
    """Draws `@` as a letter, `#` as a digit, `%` as either; every other sign stands for itself."""
    if happens(rng, RULE_BROKEN):
        letters = LETTERS
        template = "".join("%" if sign in "@#" and happens(rng, PLACE_BROKEN) else sign for sign in template)
    pools = {"@": letters, "#": DIGITS, "%": ANY}
    return "".join(pick(rng, pools[sign]) if sign in pools else sign for sign in template)


def number(rng: Generator, most_digits: int) -> str:
    """A number without a leading zero, of up to so many digits."""
    count = int(rng.random() * most_digits)
    return pick(rng, DIGITS[1:]) + "".join(pick(rng, DIGITS) for _ in range(count))
