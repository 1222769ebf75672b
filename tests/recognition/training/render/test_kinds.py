"""How often which plates are drawn, and with which characters."""

from collections import Counter

import numpy as np

from services.recognition.training.render import europe, kinds
from services.recognition.training.render.layout import is_character


def share(*beginnings: str) -> float:
    return sum(weight for name, weight in kinds.WEIGHTS.items() if name.startswith(beginnings)) / sum(
        kinds.WEIGHTS.values()
    )


def texts(kind: str, count: int) -> list[str]:
    rng = np.random.default_rng(5)
    return ["".join(filter(is_character, "".join(kinds.design(rng, kind).rows))) for _ in range(count)]


def test_a_third_of_the_plates_are_belgian() -> None:
    assert 0.33 <= share("BE_") <= 0.4


def test_every_belgian_series_is_at_least_a_seventieth_of_the_belgian_ones() -> None:
    for name in kinds.WEIGHTS:
        if name.startswith("BE_") and name != "BE_EUR":
            assert share(name) / share("BE_") >= 1 / 70, name


def test_neighbours_the_rest_random_and_foreign_ones_have_their_shares() -> None:
    assert 0.2 <= share("NL", "FR", "DE", "LU", "GB") <= 0.3
    rest = sum(kinds.WEIGHTS[issue.name] for issue in europe.ISSUES) / sum(kinds.WEIGHTS.values())
    assert 0.15 <= rest <= 0.22
    assert 0.1 <= share("random") <= 0.15
    assert 0.09 <= share("foreign") <= 0.13


def test_no_character_is_much_rarer_than_another_of_its_sort_on_random_plates() -> None:
    seen = Counter("".join(texts("random", 1500)))
    counts = [seen[character] for character in "0123456789"]
    assert min(counts) > 0.7 * max(counts)
    counts = [seen[character] for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    assert min(counts) > 0.55 * max(counts)


def test_every_letter_occurs_on_ordinary_belgian_plates_even_the_one_not_issued() -> None:
    seen = Counter("".join(text[1:4] for text in texts("BE_STD_2010", 1200)))
    assert all(seen[letter] for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def test_a_format_is_now_and_then_broken() -> None:
    shapes = Counter(
        "".join("9" if sign.isdigit() else "A" for sign in text[1:]) for text in texts("BE_STD_2010", 1200)
    )
    assert shapes["AAA999"] > 0.9 * 1200
    assert len(shapes) > 2
