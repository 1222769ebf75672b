"""The normal form of a plate's text, in which plates are stored, matched and looked up."""

import unicodedata
from types import MappingProxyType

from services.common.errors import Invalid

MAX_CHARACTERS = 16
UMLAUTS = frozenset("ÄÖÜ")
WILDCARDS = frozenset("*?%_")
KEPT = frozenset({"Lu", "Ll", "Lo"})

# Greek, Bulgarian, Ukrainian and Bosnian plates use only letters that look like Latin ones, so that both are one plate.
LOOK_ALIKES = MappingProxyType(
    str.maketrans(
        "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
        "\u0410\u0412\u0415\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425",
        "ABEZHIKMNOPTYXABEIJKMHOPCTYX",
    )
)


class PlateInvalid(Invalid):
    """No plate can look like this."""

    reason = "PLATE_INVALID"


def normalise(raw: str) -> str:
    """Upper-case letters and digits only: no separators, no accents but those of Ä Ö Ü; 1 to 16 characters.

    Normalising twice changes nothing. Raises PlateInvalid when nothing or too much is left.
    """
    if len(raw) > 8 * MAX_CHARACTERS:
        raise PlateInvalid(f"a plate has at most {MAX_CHARACTERS} letters and digits")
    text = fold(raw)
    if not text:
        raise PlateInvalid("a plate has at least one letter or digit")
    if len(text) > MAX_CHARACTERS:
        raise PlateInvalid(f"a plate has at most {MAX_CHARACTERS} letters and digits")
    return text


def parse(given: str) -> str:
    """As `normalise`, for what a person asks for or lists.

    Raises PlateInvalid for a pattern too: it would lose its wildcards without a word.
    """
    if not WILDCARDS.isdisjoint(given[: 8 * MAX_CHARACTERS]):  # what is longer is refused for that
        raise PlateInvalid("a plate has no wildcards; search by pattern is not built yet")
    return normalise(given)


def fold(raw: str) -> str:
    """As `normalise`, for text of any length; empty when there is no letter or digit."""
    folded = _fold_once(raw)
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _fold_once(raw: str) -> str:
    text = unicodedata.normalize("NFKC", raw).upper().translate(LOOK_ALIKES)
    return "".join(_fold_character(character) for character in unicodedata.normalize("NFC", text))


def _fold_character(character: str) -> str:
    if character in UMLAUTS:
        return character
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    parts = unicodedata.normalize("NFKD", character)
    return "".join(part for part in parts if unicodedata.category(part) in KEPT or part.isdecimal())
