"""Invented plates: a country, a series, a text, and what the sheet of metal looks like. Any likeness is chance."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Sheet(StrEnum):
    """Shape of the plate; `SIZES_MM` has width and height."""

    LONG = "long"
    OLD = "old"
    SQUARE = "square"
    MOTORCYCLE = "motorcycle"


SIZES_MM = {
    Sheet.LONG: (520.0, 110.0),
    Sheet.OLD: (325.0, 105.0),
    Sheet.SQUARE: (340.0, 210.0),
    Sheet.MOTORCYCLE: (210.0, 140.0),
}

BE_LETTERS = "ABCDEFGHIJKLMNPQRSTUVWXYZ"
OLD_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
NL_LETTERS = "BDFGHJKLNPRSTVXZ"
FR_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
UK_LETTERS = "ABCDEFGHJKLMNOPRSTUVWXYZ"
UK_AREAS = "ABCDEFGHKLMNOPRSTVWY"
DE_DISTRICTS = ("AC", "B", "BN", "D", "DN", "E", "EU", "F", "HH", "HS", "K", "KR", "M", "MG", "TR", "VIE")


@dataclass(frozen=True, slots=True)
class Plate:
    """What a plate says and how it is made.

    lines: what stands on it, with hyphens and spaces, one or two lines; country: ISO 3166-1 alpha-2.
    """

    lines: tuple[str, ...] = field(repr=False)
    country: str
    series: str
    sheet: Sheet

    @property
    def text(self) -> str:
        """Upper-case letters and digits only, the lines joined: what a reader should answer."""
        return re.sub(r"[^A-Z0-9]", "", "".join(self.lines))

    @property
    def layout(self) -> str:
        """`one_line` or `two_lines`."""
        return "one_line" if len(self.lines) == 1 else "two_lines"


Inventor = Callable[[Random], str]


@dataclass(frozen=True, slots=True)
class Series:
    """A family of plates. `invent` makes a text in its display form, `shape` is the form of the normalised text."""

    code: str
    country: str
    weight: float
    shape: re.Pattern[str]
    invent: Inventor
    sheets: tuple[tuple[Sheet, float], ...] = ((Sheet.LONG, 1.0),)


def pattern(template: str, letters: str = BE_LETTERS) -> Inventor:
    """Draws `@` as one of `letters` and `#` as a digit; every other character stands for itself."""

    def invent(random: Random) -> str:
        drawn = {"@": lambda: random.choice(letters), "#": lambda: random.choice("0123456789")}
        return "".join(drawn[sign]() if sign in drawn else sign for sign in template)

    return invent


def one_of(*inventors: Inventor) -> Inventor:
    """Draws from one of several forms."""
    return lambda random: random.choice(inventors)(random)


def _german(random: Random) -> str:
    letters = "".join(random.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=random.choice((1, 2, 2))))
    district = random.choice(DE_DISTRICTS)
    most = 8 - len(district) - len(letters)
    return f"{district} {letters} {random.randint(1, 9)}{''.join(random.choices('0123456789', k=min(3, most - 1)))}"


def _british(random: Random) -> str:
    area = "".join(random.choices(UK_AREAS, k=2))
    return f"{area}{random.randint(2, 24):02d} {''.join(random.choices(UK_LETTERS, k=3))}"


def _french(random: Random) -> str:
    pairs = [pair for pair in (pattern("@@", FR_LETTERS)(random) for _ in range(9)) if pair not in ("SS", "WW")]
    return f"{pairs[0]}-{pattern('###')(random)}-{pairs[1]}"


def _luxembourgish(random: Random) -> str:
    taken = {"HJ", "KK", "KZ", "PD", "SA", "SS", "WC", "AA", "CD", "ZZ"}
    pairs = [
        pair for pair in (pattern("@@", "ABCDEFGHJKLMNPQRSTUVWXYZ")(random) for _ in range(9)) if pair not in taken
    ]
    return f"{pairs[0]} {pattern('####')(random)}"


def _series(
    code: str,
    weight: float,
    shape: str,
    invent: Inventor,
    sheets: tuple[tuple[Sheet, float], ...] = ((Sheet.LONG, 1.0),),
) -> Series:
    country = {"UK": "GB"}.get(code[:2], code[:2])
    return Series(code, country, weight, re.compile(shape), invent, sheets)


CAR = ((Sheet.LONG, 0.85), (Sheet.SQUARE, 0.15))
TWO_WHEELS = ((Sheet.MOTORCYCLE, 1.0),)
BORN_1973 = ((Sheet.OLD, 0.6), (Sheet.LONG, 0.4))

SERIES = (
    _series("BE_STD_2010", 44, r"[1-7][A-NP-Z]{3}\d{3}", one_of(pattern("1-@@@-###"), pattern("2-@@@-###")), CAR),
    _series("BE_STD_2010_REV", 2, r"[1-7]\d{3}[A-NP-Z]{3}", pattern("2-###-@@@"), CAR),
    _series("BE_1973", 4, r"[A-Z]{3}\d{3}", pattern("@@@-###", OLD_LETTERS), BORN_1973),
    _series("BE_2008", 2, r"\d{3}[A-Z]{3}", pattern("###-@@@", OLD_LETTERS), BORN_1973),
    _series("BE_MOTO", 5, r"M(?:[A-Z]{3}\d{3}|\d{3}[A-Z]{3})", pattern("M-@@@-###"), TWO_WHEELS),
    _series("BE_OLDTIMER", 1.5, r"O(?:[A-Z]{3}\d{3}|\d{3}[A-Z]{3})", pattern("O-@@@-###"), CAR),
    _series("BE_TAXI", 2.5, r"T(?:X[A-Z]{2}\d{3}|\d{3}X[A-Z]{2})", pattern("T-X@@-###"), CAR),
    _series("BE_VVB", 1.5, r"T(?:L[A-Z]{2}\d{3}|\d{3}L[A-Z]{2})", pattern("T-L@@-###"), CAR),
    _series("BE_COMM", 2, r"[VYZ][A-Z]{3}\d{3}", one_of(pattern("Z-@@@-###"), pattern("Y-@@@-###")), CAR),
    _series("BE_TEMP_SHORT", 1.5, r"[WX][A-Z]\d{2}[A-Z]{3}", one_of(pattern("X@-26-@@@"), pattern("W@-26-@@@"))),
    _series("BE_INTL", 2, r"8(?:[A-NP-Z]{3}\d{3}|\d{3}[A-NP-Z]{3})", pattern("8-@@@-###"), CAR),
    _series("BE_PERS", 1, r"(?=.*[A-Z])[A-Z0-9]{1,8}", one_of(pattern("@@@@-##"), pattern("@@-##"), pattern("@@@@@"))),
    _series("NL_SIDECODES", 12, r"[A-Z]{1,3}\d{2,3}[A-Z]{1,2}|\d[A-Z]{3}\d{2}|\d{2}[A-Z]{3}\d",
            one_of(*(pattern(form, NL_LETTERS) for form in ("@@-###-@", "@-###-@@", "@@@-##-@", "#-@@@-##", "##-@@@-#")))),
    _series("FR_SIV", 9, r"[A-HJ-NP-TV-Z]{2}\d{3}[A-HJ-NP-TV-Z]{2}", _french),
    _series("DE_STD", 6, r"(?=.{3,8}$)[A-Z]{1,3}[A-Z]{1,2}[1-9]\d{0,3}[EH]?", _german),
    _series("LU_STD", 2, r"[A-HJ-NP-Z]{2}\d{4}", _luxembourgish),
    _series("UK_CURRENT", 2, r"[A-HJ-PR-Y]{2}\d{2}[A-HJ-PR-Z]{3}", _british),
)  # fmt: skip


def invent_plate(random: Random) -> Plate:
    """A plate at random; about 70 in 100 are Belgian."""
    series = random.choices(SERIES, [one.weight for one in SERIES])[0]
    sheets, weights = zip(*series.sheets, strict=True)
    return _plate(series.invent(random), series, random.choices(sheets, weights)[0])


def given_plate(text: str, country: str = "BE") -> Plate:
    """The plate of `country` that says `text` (letters and digits, separators allowed), on the sheet its series has.

    A text that fits no series gets the ordinary sheet. Raises ValueError when nothing of it could be drawn.
    """
    normalised = re.sub(r"[ .-]", "", text.upper())
    if not re.fullmatch(r"[A-Z0-9]{1,10}", normalised):
        raise ValueError("a plate has 1 to 10 letters A to Z and digits")
    fitting = [one for one in SERIES if one.country == country and one.shape.fullmatch(normalised)]
    if not fitting:
        return Plate((re.sub(r"[ .-]+", "-", text.upper()).strip("-"),), country, "UNKNOWN", Sheet.LONG)
    return _plate(_displayed(normalised, fitting[0]), fitting[0], fitting[0].sheets[0][0])


def _plate(display: str, series: Series, sheet: Sheet) -> Plate:
    two_lines = sheet in (Sheet.SQUARE, Sheet.MOTORCYCLE) and "-" in display
    lines = tuple(display.rsplit("-", 1)) if two_lines else (display,)
    return Plate(lines, series.country, series.code, sheet)


def _displayed(normalised: str, series: Series) -> str:
    """Separators where this series has them: between the index and the rest, and where letters meet digits."""
    separator = " " if series.code in ("DE_STD", "LU_STD", "UK_CURRENT") else "-"
    groups = re.findall(r"[A-Z]+|\d+", normalised)
    if series.country == "BE" and re.fullmatch(r"[A-Z]{4}\d{3}", normalised):
        groups = [normalised[0], normalised[1:4], normalised[4:]]
    if series.country == "BE" and re.fullmatch(r"\d{4}[A-Z]{3}", normalised):
        groups = [normalised[0], normalised[1:4], normalised[4:]]
    if series.code == "UK_CURRENT":
        groups = [normalised[:4], normalised[4:]]
    return separator.join(groups)
