"""How likely plates of each country are before their text is looked at: by the region, by the camera, by their looks.

The weights of `series` are those of Belgian roads. Everything here multiplies them.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from services.recognition.reading import CountryShare

HOME = "BE"
# The weights are those of Belgian roads; elsewhere the plates of the country count this much more.
ABROAD_FACTOR = 10.0
# Share of the plates on which the network's verdict on the country says nothing.
LOOKS_ERRORS = 0.02
# No grammar is laid on a plate that is of its country with less than this share, and nothing but looks names a country
# with less than that one.
LEAST_LOOKS, SURE_LOOKS = 0.1, 0.9
# Shares of the countries among the plates that the network was trained on, which its verdict starts from; a test compares
# them with the renderer. Every other country has `TRAINED_OTHER`.
TRAINED = MappingProxyType({"BE": 0.39, "": 0.2, "FR": 0.065, "DE": 0.065, "NL": 0.065, "GB": 0.035, "LU": 0.02})
TRAINED_OTHER = 0.0075


@dataclass(frozen=True, slots=True)
class CountryPrior:
    """How many times as many plates of a country come by as on Belgian roads; as many of those that are not named."""

    factors: tuple[tuple[str, float], ...] = ()

    def factor(self, country: str) -> float:
        """Of one country (ISO 3166-1 alpha-2)."""
        return next((factor for name, factor in self.factors if name == country), 1.0)


BELGIAN_ROADS = CountryPrior()


class CameraPriors(Protocol):
    """What is known of single cameras. Nothing learns it yet; counts of confirmed reads would."""

    def of(self, camera_id: str) -> CountryPrior:
        """The prior at a camera, BELGIAN_ROADS where nothing is known."""


def region(country: str) -> CountryPrior:
    """The prior where cameras stand in this country; empty for Belgium."""
    return BELGIAN_ROADS if country in ("", HOME) else CountryPrior(((country, ABROAD_FACTOR),))


def by_looks(countries: tuple[CountryShare, ...], country: str) -> float:
    """How many times likelier a plate is of the country for what the network sees of it; 1 when it did not tell.

    The network's share already holds the mix it was trained on, which is taken out.
    """
    if not countries:
        return 1.0
    return (1 - LOOKS_ERRORS) * share(countries, country) / TRAINED.get(country, TRAINED_OTHER) + LOOKS_ERRORS


def share(countries: tuple[CountryShare, ...], country: str) -> float:
    """The network's share of one country."""
    return next((shown.probability for shown in countries if shown.country == country), 0.0)


def allows_grammar(countries: tuple[CountryShare, ...], country: str) -> bool:
    """Whether characters may be changed to fit a format of the country."""
    return not countries or share(countries, country) >= LEAST_LOOKS


def sure(countries: tuple[CountryShare, ...]) -> str:
    """The country that the looks alone name; empty for none."""
    return next((shown.country for shown in countries if shown.probability >= SURE_LOOKS), "")
