"""Chance that repeats: the same parts always throw the same."""

from random import Random


def dice(*parts: object) -> Random:
    """A generator for these parts, such as a seed, a camera's number and a sequence."""
    return Random("/".join(str(part) for part in parts))  # noqa: S311 - pictures, no secrets
