"""The plate series of Belgium and its neighbours, as data.

Patterns are over the normal form and have one group per part that is written apart. Sources: the Belgian ministerial
decree of 23 July 2001 as amended (series, colours), and for the neighbours their national rules. `weight` is our own
estimate of how many of a hundred vehicles on Belgian roads carry the series; the rest of the world weighs `UNKNOWN_WEIGHT`.
"""

import re
from dataclasses import dataclass

from services.recognition.reading import Colour

RED = frozenset({Colour.RED_ON_WHITE})
GREEN = frozenset({Colour.GREEN_ON_WHITE})
ON_RED = frozenset({Colour.WHITE_ON_RED})
BLACK = frozenset({Colour.BLACK_ON_WHITE})
YELLOW = frozenset({Colour.BLACK_ON_YELLOW})
BRITISH = BLACK | YELLOW
ANY: frozenset[Colour] = frozenset()

UNKNOWN_WEIGHT = 1.0
# Below this a series is too rare, or its pattern too wide, to correct a character by it.
STRONG_WEIGHT = 0.5
FURTHER_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Series:
    """One series: where it comes from, its pattern, separator, colours (empty: not established) and weight."""

    country: str
    code: str
    pattern: re.Pattern[str]
    weight: float
    colours: frozenset[Colour]
    separator: str = "-"

    @property
    def is_strong(self) -> bool:
        """Common and narrow enough that fitting it means something."""
        return self.weight >= STRONG_WEIGHT


def _series(  # noqa: PLR0917 - rows of a table
    country: str, code: str, pattern: str, weight: float, colours: frozenset[Colour], separator: str = "-"
) -> Series:
    return Series(country, code, re.compile(pattern, re.ASCII), weight, colours, separator)


def _further(country: str, pattern: str, separator: str = "-") -> Series:
    """A country further away: its one series, of black on white."""
    return _series(country, f"{country}_STD", pattern, FURTHER_WEIGHT, BLACK, separator)


BELGIUM = (
    _series("BE", "BE_STD_2010", r"([1-7])([A-NP-Z]{3})(\d{3})", 100, RED),
    _series("BE", "BE_STD_2010_REV", r"([1-7])(\d{3})([A-NP-Z]{3})", 2, RED),
    _series("BE", "BE_STD_INDEX_LAST", r"(?:([A-NP-Z]{3})(\d{3})|(\d{3})([A-NP-Z]{3}))([1-7])", 0.5, RED),
    _series("BE", "BE_1973", r"([A-Z]{3})(\d{3})", 12, RED),
    _series("BE", "BE_2008", r"(\d{3})([A-Z]{3})", 6, RED),
    _series(
        "BE",
        "BE_1962",
        r"(?:([A-Z]{2})(\d{3})|(\d)([A-Z]{2})(\d{2})|(\d{2})([A-Z]{2})(\d)|(\d{3})([A-Z]{2})|([A-Z])(\d{3})([A-Z]))",
        0.3,
        RED,
        ".",
    ),
    _series(
        "BE",
        "BE_1953",
        r"(?:([A-Z])(\d{4})|(\d)([A-Z])(\d{3})|(\d{2})([A-Z])(\d{2})|(\d{3})([A-Z])(\d)|(\d{4})([A-Z]))",
        0.1,
        RED,
        ".",
    ),
    _series("BE", "BE_MOTO", r"(?:(M)(?:([A-Z]{3})(\d{3})|(\d{3})([A-Z]{3}))|(1)(M[A-Z]{2})(\d{3}))", 4, RED),
    _series("BE", "BE_MOPED", r"(S)(?:([ABPU][A-Z]{2})(\d{3})|(\d{3})([ABPU][A-Z]{2}))", 2, RED),
    _series("BE", "BE_OLDTIMER", r"(O)(?:([A-Z]{3})(\d{3})|(\d{3})([A-Z]{3}))", 1, RED),
    _series("BE", "BE_TAXI", r"(?:(T)(?:(X[A-Z]{2})(\d{3})|(\d{3})(X[A-Z]{2}))|(1)(TX[A-Z])(\d{3}))", 0.5, RED),
    _series("BE", "BE_VVB", r"(T)(?:(L[A-Z]{2})(\d{3})|(\d{3})(L[A-Z]{2}))", 0.5, RED),
    _series("BE", "BE_TRAILER", r"(Q)(?:([A-Z]{3})(\d{3})|(\d{3})([A-Z]{3}))", 4, RED),
    _series("BE", "BE_AGRI", r"(G)(?:([A-Z]{3})(\d{3})|(\d{3})([A-Z]{3}))", 0.5, ANY),
    _series("BE", "BE_COMM", r"([VYZ])([A-Z]{3})(\d{3})", 1, GREEN),
    _series("BE", "BE_TEMP_SHORT", r"([WX][A-Z])(\d{2})([A-Z]{3})", 0.5, ON_RED),
    _series("BE", "BE_NATIONAL", r"(U[A-Z])(\d{2})([A-Z]{3})", 0.2, ANY),
    _series("BE", "BE_INTL", r"(8)(?:(\d{3})([A-NP-Z]{3})|([A-NP-Z]{3})(\d{3}))", 1, RED),
    _series("BE", "BE_CD", r"(CD)(?:([A-Z]{2})(\d{3})|([A-Z0-9]{4}))", 0.5, RED | GREEN),
    _series("EU", "BE_EUR", r"(EUR)(\d{1,4})", 0.02, ANY),
    _series("BE", "BE_COURT", r"(\d{1,3})", 0.02, RED),
    _series("BE", "BE_AEP", r"([AEP])(\d{1,3})", 0.05, RED),
    _series("BE", "BE_PERS_2010", r"(9)([A-Z]{3})(\d{3})", 1, RED),
)

NETHERLANDS = (
    _series(
        "NL",
        "NL_SIDECODE",
        r"(?:([A-Z]{2})(\d{2})(\d{2})|(\d{2})(\d{2})([A-Z]{2})|(\d{2})([A-Z]{2})(\d{2})|([A-Z]{2})(\d{2})([A-Z]{2})"
        r"|([A-Z]{2})([A-Z]{2})(\d{2})|(\d{2})([A-Z]{2})([A-Z]{2})|(\d{2})([A-Z]{3})(\d)|(\d)([A-Z]{3})(\d{2})"
        r"|([A-Z]{2})(\d{3})([A-Z])|([A-Z])(\d{3})([A-Z]{2})|([A-Z]{3})(\d{2})([A-Z])|([A-Z])(\d{2})([A-Z]{3})"
        r"|(\d)([A-Z]{2})(\d{3})|(\d{3})([A-Z]{2})(\d))",
        8,
        YELLOW,
    ),
    _series("NL", "NL_CD", r"(CD)(\d{2,4})", 0.05, ANY),
    _series("NL", "NL_CDJ", r"(CDJ)(\d{2,3})", 0.05, ANY),
    _series("NL", "NL_AA", r"(AA)(\d{2,3})", 0.02, ANY),
)

FRANCE = (
    _series("FR", "FR_SIV", r"(?!SS|WW)([A-HJ-NP-TV-Z]{2})(\d{3})(?!SS)([A-HJ-NP-TV-Z]{2})", 10, BLACK),
    _series("FR", "FR_WW", r"(WW?)(\d{3})([A-HJ-NP-TV-Z]{2})", 0.2, BLACK),
    _series(
        "FR",
        "FR_FNI",
        r"(\d{1,4})([A-HJ-NP-TV-Z]{1,3})(0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6])",
        0.4,
        BLACK | YELLOW,
        " ",
    ),
)

GERMANY = (
    _series("DE", "DE_STD", r"(?=.{3,8}$)([A-ZÄÖÜ]{1,3})([A-Z]{1,2})([1-9]\d{0,3}[EH]?)", 6, BLACK, " "),
    _series("DE", "DE_DIPLOMATIC", r"(0)(\d{2,8}[A-Z]?)", 0.01, BLACK, " "),
    _series("DE", "DE_ARMY", r"(Y)(\d{1,6})", 0.02, BLACK, " "),
)

LUXEMBOURG = (
    _series("LU", "LU_STD", r"(?!HJ|KK|KZ|PD|SA|SS|WC)([A-HJ-NP-Z]{2})(\d{4})", 2, YELLOW, " "),
    _series("LU", "LU_MOPED", r"([A-Z]{2})(\d{2})", 0.05, YELLOW, " "),
    _series("LU", "LU_OLD", r"(?:([A-Z]{2})(\d{3})|([A-Z])(\d{4}))", 0.2, YELLOW, " "),
    _series("LU", "LU_CUSTOM", r"(\d{4,5})", 0.2, YELLOW, " "),
)

BRITAIN = (
    _series("GB", "UK_STD", r"([A-HJ-PR-Y]{2}\d{2})([A-HJ-PR-Z]{3})", 1, BRITISH, " "),
    _series("GB", "UK_PREFIX", r"([A-HJ-NP-TV-Y]\d{1,3})([A-Z]{3})", 0.2, BRITISH, " "),
    _series("GB", "UK_SUFFIX", r"([A-Z]{3})(\d{1,3}[A-Z])", 0.05, BRITISH, " "),
    _series("GB", "UK_DATELESS", r"(?:([A-Z]{1,3})(\d{1,4})|(\d{1,4})([A-Z]{1,3}))", 0.05, BRITISH, " "),
    _series("GB", "UK_DIPLOMATIC", r"(\d{3})([DX])(\d{3})", 0.01, BRITISH, " "),
    _series("GB", "UK_Q", r"(Q\d{1,3})([A-Z]{3})", 0.01, BRITISH, " "),
)

# Countries further away, by their national rules. So alike that the text alone does not tell them: tried only where the
# network sees of which country the plate is. Ukraine's and Bulgaria's letters are those that Latin and Cyrillic share.
FURTHER = (
    _further("AT", r"([A-Z]{1,2})(\d{1,5})([A-Z]{1,3})", " "),
    _further("BG", r"([ABCEHKMOPTXY]{1,2})(\d{4})([ABCEHKMOPTXY]{2})", " "),
    _further("CH", r"([A-Z]{2})(\d{1,6})", " "),
    _further("CZ", r"(\d[A-Z][\dA-Z])(\d{4})", " "),
    _further("DK", r"([A-Z]{2})(\d{2})(\d{3})", " "),
    _further("ES", r"(\d{4})([B-DF-HJ-NPR-TV-Z]{3})", " "),
    _further("FI", r"([A-ZÄÖ]{2,3})(\d{1,3})"),
    _further("GR", r"([ABEHIKMNOPTXYZ]{3})(\d{4})"),
    _further("HR", r"([A-Z]{2})(\d{3,4})([A-Z]{1,2})"),
    _further("HU", r"(?:([A-Z]{3})(\d{3})|([A-Z]{2})([A-Z]{2})(\d{3}))"),
    _further("IE", r"(\d{2,3})([A-Z]{1,2})(\d{1,6})"),
    _further("IT", r"([A-HJ-NPR-TV-Z]{2})(\d{3})([A-HJ-NPR-TV-Z]{2})", " "),
    _further("LT", r"([A-Z]{3})(\d{3})", " "),
    _further("NO", r"([A-Z]{2})(\d{4,5})", " "),
    _further("PL", r"([A-Z]{2,3})([\dACE-HJ-NPR-Y]{4,5})", " "),
    _further(
        "PT",
        r"(?:([A-Z]{2})(\d{2})([A-Z]{2})|(\d{2})(\d{2})([A-Z]{2})|(\d{2})([A-Z]{2})(\d{2})|([A-Z]{2})(\d{2})(\d{2}))",
    ),
    _further("RO", r"([A-PR-Z]{1,2})(\d{2,3})([A-PR-Z]{3})", " "),
    _further("SE", r"([A-HJ-PR-UW-Z]{3})(\d{2}[\dA-HJ-NPR-UW-Z])", " "),
    _further("SK", r"([A-Z]{2})(\d{3})([A-Z]{2})"),
    _further("UA", r"([ABCEHIKMOPTX]{2})(\d{4})([ABCEHIKMOPTX]{2})", " "),
)

ALL: tuple[Series, ...] = (*BELGIUM, *NETHERLANDS, *FRANCE, *GERMANY, *LUXEMBOURG, *BRITAIN)

# Belgium's personalised plates (since 31 March 2014): at most 8 characters, hyphens counted, at least one letter, a hyphen
# wherever letters meet digits. The normal form has lost the hyphens, so this one is tried on the text as it was read.
PERSONALISED = _series("BE", "BE_PERS", r"(?=.{1,8}$)(?=.*[A-Z])(?!CD-)(?:[A-Z]+|\d+)(?:-(?:[A-Z]+|\d+))*", 1, RED)
PERSONALISED_ANY = _series("BE", "BE_PERS", r"(?=.*[A-Z])[A-Z0-9]{1,8}", 0.02, RED)
