"""Typefaces from font files: those on this machine that look at all like a plate's."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.recognition.training.render.face import Mask
from services.recognition.training.render.strokes import scaled

NEEDED = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SYSTEM_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("~/.fonts"))
SUFFIXES = frozenset({".ttf", ".otf", ".woff"})
# Words in a family or style that no plate resembles. "Serif" alone: "Sans Serif" is welcome.
UNLIKE = (
    "italic", "oblique", "outline", "inline", "shadow", "stencil", "symbol", "emoji", "dingbat", "script", "slanted",
    "chancery", "thin", "hairline", "extralight", "ultralight", "bitmap", "ornament", "music", "math", "braille",
)  # fmt: skip
# The thinnest and the heaviest stem, the narrowest and the broadest H that a plate may have, in shares of the height.
STEMS = (0.085, 0.27)
BREADTHS = (0.3, 0.86)
# A bar is at least so thick, in stems: a roman face has thinner ones.
LEAST_CONTRAST = 0.6
_ARE_USED = ContextVar("are_used", default=True)
_FONT_PX = 200
_TRIAL_PX = 64
_LACKING = "\U000f0000"


@dataclass(frozen=True)
class FontFile:
    """A usable font: where it lies, and what its name table calls it."""

    path: Path
    family: str
    style: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class FontFace:
    """A font file as a face: every character is stretched to one height."""

    file: FontFile

    @property
    def name(self) -> str:
        return f"{self.file.family} {self.file.style}"

    def has(self, character: str) -> bool:
        return _has(self.file.path, character)

    def mask(self, character: str, height_px: int) -> Mask:
        return _scaled(self.file.path, character, height_px)


@contextmanager
def left_out() -> Iterator[None]:
    """While it lasts no font file is found, so that every machine draws the same."""
    before = _ARE_USED.set(False)
    try:
        yield
    finally:
        _ARE_USED.reset(before)


def are_used() -> bool:
    """Whether font files are looked for."""
    return _ARE_USED.get()


def found(folders: Sequence[Path] = ()) -> tuple[FontFile, ...]:
    """Usable fonts in the given folders, those of ANPR_FONTS and the system's, each family and style once."""
    if not are_used():
        return ()
    fonts: dict[tuple[str, str], FontFile] = {}
    for path in _paths([*folders, *_configured(), *SYSTEM_FOLDERS]):
        font = _usable(path)
        if font is not None:
            fonts.setdefault((font.family, font.style), font)
    return tuple(sorted(fonts.values(), key=lambda font: (font.family, font.style)))


def _configured() -> list[Path]:
    return [Path(part) for part in os.environ.get("ANPR_FONTS", "").split(os.pathsep) if part]


def _paths(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in folder.expanduser().rglob("*") if path.suffix.lower() in SUFFIXES)


@lru_cache(maxsize=4096)
def _usable(path: Path) -> FontFile | None:
    try:
        font = ImageFont.truetype(str(path), _TRIAL_PX)
    except OSError:
        return None
    family, style = font.getname()
    words = f"{family} {style}".lower().replace("-", " ")
    if any(word in words for word in UNLIKE) or ("serif" in words and "sans" not in words):
        return None
    lacking = _ink(font, _LACKING)
    glyphs = {character: _ink(font, character) for character in NEEDED}
    is_lacking = any(glyph.size == 0 or np.array_equal(glyph, lacking) for glyph in glyphs.values())
    if is_lacking or not _resembles_a_plate(glyphs):
        return None
    return FontFile(path, family or path.stem, style or "Regular")


def _resembles_a_plate(glyphs: Mapping[str, Mask]) -> bool:
    """Capitals and digits of one height (Q and J may hang lower), even strokes that are solid, and not too broad."""
    heights = [glyph.shape[0] for character, glyph in glyphs.items() if character not in "QJ"]
    height, breadth = glyphs["H"].shape
    bar, stem = _strokes(glyphs["H"])
    return (
        max(heights) <= 1.12 * min(heights)
        and STEMS[0] <= stem / height <= STEMS[1]
        and BREADTHS[0] <= breadth / height <= BREADTHS[1]
        and bar >= LEAST_CONTRAST * stem
        and _is_solid(glyphs["L"])
    )


def _strokes(letter_h: Mask) -> tuple[int, int]:
    """Thickness of the bar and of the left stem of an H, in pixels."""
    ink = letter_h > 127
    height, breadth = ink.shape
    quarter = ink[height // 4]
    ends = np.flatnonzero(~quarter)
    return int(ink[:, breadth // 2].sum()), int(quarter[: ends[0] if ends.size else breadth].sum())


def _is_solid(glyph: Mask) -> bool:
    ink = (glyph > 127).astype(np.uint8)
    filled = np.zeros_like(ink)
    outer, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, outer, -1, (1,), -1)
    return float(ink.sum()) > 0.95 * float(filled.sum())


@lru_cache(maxsize=512)
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), _FONT_PX)


def _ink(font: ImageFont.FreeTypeFont, character: str) -> Mask:
    left, top, right, bottom = (round(edge) for edge in font.getbbox(character))
    if right <= left or bottom <= top:
        return np.zeros((0, 0), np.uint8)
    picture = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(picture).text((2 - left, 2 - top), character, fill=255, font=font)
    mask: Mask = np.array(picture, np.uint8)
    rows, columns = np.flatnonzero((mask > 127).any(axis=1)), np.flatnonzero((mask > 127).any(axis=0))
    if rows.size == 0:
        return np.zeros((0, 0), np.uint8)
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@lru_cache(maxsize=1 << 14)
def _has(path: Path, character: str) -> bool:
    font = _font(path)
    ink = _ink(font, character)
    return ink.size > 0 and not np.array_equal(ink, _ink(font, _LACKING))


@lru_cache(maxsize=1 << 14)
def _scaled(path: Path, character: str, height_px: int) -> Mask:
    if not _has(path, character):
        raise KeyError(character)
    glyph = _glyph(path, character)
    return scaled(glyph, height_px, round(glyph.shape[1] * height_px / _glyph(path, "H").shape[0]))


@lru_cache(maxsize=4096)
def _glyph(path: Path, character: str) -> Mask:
    """A glyph at `_FONT_PX`; a zero with a dot or a slash, which no plate has, is replaced by a slimmer O."""
    ink = _ink(_font(path), character)
    height, width = ink.shape
    centre = ink[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5]
    if character != "0" or (centre > 127).mean() < 0.1:
        return ink
    letter = _ink(_font(path), "O")
    return np.asarray(cv2.resize(letter, (max(1, round(width * 0.9)), height), interpolation=cv2.INTER_AREA), np.uint8)
