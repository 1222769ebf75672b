"""Looking for words in places that must not have them, in every form that a machine might have put them in."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
LEAST = 6  # bytes; chance writes what is shorter


def forms(word: str) -> dict[str, bytes]:
    """A word by the name of its form: each encoding plain, backwards, in hexadecimal, and in base64 wherever it may begin."""
    found: dict[str, bytes] = {}
    for encoding in ENCODINGS:
        raw = word.encode(encoding)
        if len(raw) < LEAST:
            raise ValueError("a word that is so short is found by chance")
        found[encoding] = raw
        found[f"{encoding} backwards"] = raw[::-1]
        found[f"{encoding} hexadecimal"] = raw.hex().encode()
        found[f"{encoding} HEXADECIMAL"] = raw.hex().upper().encode()
        for before in range(3):
            found[f"{encoding} base64 after {before}"] = _base64(raw, before)
    return found


def _base64(raw: bytes, before: int) -> bytes:
    """The characters that depend on nothing but `raw`, when so many bytes stand before it (modulo 3)."""
    text = b64encode(bytes(before) + raw)
    return text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]


def find(places: Mapping[str, bytes], words: Iterable[str]) -> list[str]:
    """Where a word is, and in which form."""
    wanted = [(word, form, pattern) for word in words for form, pattern in forms(word).items()]
    return [
        f"{place}: {word} in {form}"
        for place, content in places.items()
        for word, form, pattern in wanted
        if pattern in content
    ]


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder; one that goes while we read is left out."""
    for file in sorted(folder.rglob("*")):
        try:
            if file.is_file():
                yield str(file.relative_to(folder)), file.read_bytes()
        except FileNotFoundError:
            continue
