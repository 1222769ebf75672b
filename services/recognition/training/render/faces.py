"""The faces that plates are rendered with: own drawings, and the fonts of this machine.

`python -m services.recognition.training.render.faces OUT.png [FONTS ...]` draws the characters of each of them.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from services.common.strokes import BELGIAN_PATHS, BELGIAN_WIDTHS
from services.recognition.alphabet import CHARACTERS
from services.recognition.training.render import fonts, strokes_british, strokes_dutch, strokes_german
from services.recognition.training.render.face import Face, Mask
from services.recognition.training.render.fonts import FontFace, found
from services.recognition.training.render.strokes import StrokeFace, Variation

BELGIAN = StrokeFace("Belgian", BELGIAN_PATHS, BELGIAN_WIDTHS, width=0.57, pen=0.135, is_sharp=True)
DUTCH = StrokeFace(
    "Dutch", strokes_dutch.PATHS, strokes_dutch.WIDTHS, width=0.63, pen=0.155, roundness=2.3, is_sharp=True
)
BRITISH = StrokeFace(
    "British", strokes_british.PATHS, strokes_british.WIDTHS, width=0.63, pen=0.172, roundness=2.2, is_sharp=True
)
FE_LIKE = StrokeFace("FE-like", strokes_german.PATHS, strokes_german.WIDTHS, width=0.61, pen=0.138, is_sharp=True)
OWN = (BELGIAN, DUTCH, BRITISH, FE_LIKE)
_NARROW_FE_LIKE = FE_LIKE.varied(Variation(width=0.8))
_GERMAN, _GERMAN_NARROW = "gl-nummernschild-mtl", "gl-nummernschild-eng"
_CLOSED_FOUR = replace(DUTCH, name="Dutch, closed 4", paths={**DUTCH.paths, "4": strokes_british.PATHS["4"]})
# The same face from other presses and printers: it stays the country's own.
MAKERS = (
    Variation(),
    Variation(is_sharp=False),
    Variation(weight=0.88),
    Variation(weight=1.12, is_sharp=False),
    Variation(width=0.93, roundness=1.1),
    Variation(width=1.07, roundness=0.95, is_sharp=False),
    Variation(weight=0.94, width=1.04, roundness=1.2),
    Variation(weight=1.06, width=0.96),
)
# Faces that no country has, but that are drawn like ours.
FOREIGN = (
    Variation(weight=0.75),
    Variation(weight=0.85, width=0.85, is_sharp=False),
    Variation(weight=0.9, width=1.15, roundness=1.3),
    Variation(width=0.8, roundness=1.5),
    Variation(width=1.2, roundness=0.95, is_sharp=False),
    Variation(weight=1.12, width=0.9, roundness=1.2),
    Variation(weight=1.2, width=1.1, roundness=1.8, is_sharp=False),
    Variation(weight=1.3),
)


@dataclass(frozen=True)
class MixedFace:
    """One face, with some characters taken from another."""

    name: str
    face: Face
    other: Face
    borrowed: str

    def has(self, character: str) -> bool:
        return self._of(character).has(character)

    def mask(self, character: str, height_px: int) -> Mask:
        return self._of(character).mask(character, height_px)

    def _of(self, character: str) -> Face:
        return self.other if character in self.borrowed else self.face


def named(name: str, folders: Sequence[Path] = ()) -> Face:
    """The face of this name, own or found. KeyError if there is none."""
    faces: dict[str, Face] = {face.name: face for face in (*general(folders), *OWN)}
    return faces[name]


def makers(face: Face) -> tuple[Face, ...]:
    """A face as different makers press it. A font file is always itself, the German one also without the slit in its 0."""
    if isinstance(face, StrokeFace):
        return _made(face)
    if isinstance(face, FontFace) and face.file.path.stem.lower() in (_GERMAN, _GERMAN_NARROW):
        own = _NARROW_FE_LIKE if face.file.path.stem.lower() == _GERMAN_NARROW else FE_LIKE
        return (face, MixedFace(f"{face.name}, whole zero", face, own, "0"))
    return (face,)


def fe(folders: Sequence[Path] = (), *, is_narrow: bool = False) -> Face:
    """The German face: a font file that resembles it where there is one, else our own drawing."""
    return _fe(tuple(folders), is_narrow, fonts.are_used())


def general(folders: Sequence[Path] = ()) -> tuple[Face, ...]:
    """Many faces: variations of our own, and every font found that resembles a plate's."""
    return _general(tuple(folders), fonts.are_used())


@lru_cache(maxsize=64)
def _made(face: StrokeFace) -> tuple[Face, ...]:
    return tuple(face.varied(variation) for variation in MAKERS)


@lru_cache(maxsize=16)
def _fe(folders: tuple[Path, ...], is_narrow: bool, _: bool) -> Face:
    stem = _GERMAN_NARROW if is_narrow else _GERMAN
    for file in found(folders):
        if file.path.stem.lower() == stem:
            return FontFace(file)
    return _NARROW_FE_LIKE if is_narrow else FE_LIKE


@lru_cache(maxsize=16)
def _general(folders: tuple[Path, ...], _: bool) -> tuple[Face, ...]:
    drawn = [face.varied(variation) for face in (*OWN, _CLOSED_FOUR) for variation in FOREIGN]
    return (*drawn, *(FontFace(file) for file in found(folders)))


def sheet(faces: Sequence[Face], height_px: int = 48) -> Mask:
    """The characters of each face on a line of its own, black on white."""
    gap = np.zeros((height_px, height_px // 6), np.uint8)
    lines = []
    for face in faces:
        pieces = [face.mask(character, height_px) for character in CHARACTERS if face.has(character)]
        lines.append(np.hstack([part for piece in pieces for part in (gap, piece)]))
    width = max(line.shape[1] for line in lines)
    padded = [np.pad(line, ((height_px // 4, 0), (0, width - line.shape[1]))) for line in lines]
    return 255 - np.vstack(padded)


def main(arguments: Sequence[str]) -> int:
    if not arguments:
        sys.stderr.write("usage: python -m services.recognition.training.render.faces OUT.png [FONTS ...]\n")
        return 2
    folders = [Path(argument) for argument in arguments[1:]]
    shown = (*OWN, fe(folders), fe(folders, is_narrow=True), *general(folders))
    cv2.imwrite(arguments[0], sheet(shown))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
