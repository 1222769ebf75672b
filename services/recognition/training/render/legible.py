"""Whether a person could read a sample: decided from how it was rendered, before any reader has seen it.

Four facts are taken of every sample, and each has a limit:

1. `character_px`: the height of its lowest character in what the camera sends, after any resampling.
2. `blur`: how far defocus, movement and smoothing spread a stroke, in widths of a stroke.
3. `contrast`: how far ink and ground of the weakest character are apart in the reader's input, in grey levels, in the
   same direction as on the clean plate.
4. `likeness`: how much the weakest character in the reader's input resembles itself as drawn, clean and sharp; the
   correlation of the two, after both are smoothed a little as an eye does. What covers a character, burns it out or
   drowns it in noise lowers this.

A sample that was fed as the other layout is never legible. A cut one is, if what is left of it is.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.alphabet import READER_HEIGHT_PX, READER_WIDTH_PX
from services.recognition.training.render import columns, crop
from services.recognition.training.render.placement import on_pixel_places

LEAST_CHARACTER_PX = 7.0
MOST_BLUR = 1.3
LEAST_CONTRAST = 10.0
LEAST_LIKENESS = 0.66
# A stroke of a plate's face in parts of its character's height.
STROKE = 0.135
# The eye's own smoothing, and how much of the ground around a character is looked at, in pixels of the reader's input.
EYE_PX, AROUND_PX = 1.0, 2
# Slow changes of light do not hinder an eye: what is wider than this is taken away, in parts of the light around it.
SLOW_PX, DARKEST = 7.0, 16.0
# How far from its drawn place a character is looked for.
ASTRAY_PX = 3

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Facts:
    """What legibility is decided by. See above."""

    character_px: float
    blur: float
    contrast: float
    likeness: float

    @property
    def is_legible(self) -> bool:
        return (
            self.character_px >= LEAST_CHARACTER_PX
            and self.blur <= MOST_BLUR
            and self.contrast >= LEAST_CONTRAST
            and self.likeness >= LEAST_LIKENESS
        )


def is_legible(taken: crop.Taken) -> bool:
    return not taken.sample.is_fed_wrong and bool(taken.sample.text) and facts(taken).is_legible


def facts(taken: crop.Taken) -> Facts:
    """Of a sample with at least one character."""
    character_px = taken.character_px * taken.camera.resampled_part
    drawn, seen = _looked_at(_drawn(taken)), _looked_at(taken.sample.pixels)
    even_drawn, even_seen = _evenly_lit(drawn), _evenly_lit(seen)
    found = [_found(drawn, seen, even_drawn, even_seen, glyph) for glyph in taken.glyphs if glyph.is_read]
    return Facts(
        character_px=character_px,
        blur=_spread_px(taken) / max(0.1, STROKE * taken.character_px),
        contrast=min((contrast for contrast, _ in found), default=0.0),
        likeness=min((likeness for _, likeness in found), default=0.0),
    )


def _drawn(taken: crop.Taken) -> Pixels:
    """The reader's input of the plate as drawn: no wear, no camera."""
    width_px = READER_WIDTH_PX // len(taken.transforms)
    shrink = max(1, round(taken.art.pixels.shape[0] / READER_HEIGHT_PX / len(taken.transforms)))
    return np.hstack(
        [_line(taken.art.pixels, np.asarray(transform), width_px, shrink) for transform in taken.transforms]
    )


def _line(art: Pixels, transform: NDArray[np.float64], width_px: int, shrink: int) -> Pixels:
    size = (width_px * shrink, READER_HEIGHT_PX * shrink)
    enlarged = on_pixel_places(np.diag([float(shrink), float(shrink), 1.0]) @ transform)
    warped = cv2.warpPerspective(art, enlarged, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(warped, (width_px, READER_HEIGHT_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _looked_at(pixels: Pixels) -> Grey:
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), EYE_PX), np.float32)


def _evenly_lit(grey: Grey) -> Grey:
    light = np.log(grey + np.float32(DARKEST))
    return np.asarray(light - cv2.GaussianBlur(light, (0, 0), SLOW_PX), np.float32)


def _found(drawn: Grey, seen: Grey, even_drawn: Grey, even_seen: Grey, glyph: columns.Glyph) -> tuple[float, float]:
    """Contrast and likeness of a character where it is most like itself: a bent plate moves it a little."""
    top, left = max(0, int(glyph.top) - AROUND_PX), max(0, int(glyph.left) - AROUND_PX)
    bottom, right = (
        min(drawn.shape[0], int(glyph.bottom) + AROUND_PX),
        min(drawn.shape[1], int(glyph.right) + AROUND_PX),
    )
    from_y, from_x = max(0, top - ASTRAY_PX), max(0, left - ASTRAY_PX)
    searched = (slice(from_y, bottom + ASTRAY_PX), slice(from_x, right + ASTRAY_PX))
    likenesses = cv2.matchTemplate(even_seen[searched], even_drawn[top:bottom, left:right], cv2.TM_CCOEFF_NORMED)
    _, likeness, _, (x, y) = cv2.minMaxLoc(likenesses)
    wanted = drawn[top:bottom, left:right]
    given = seen[from_y + y : from_y + y + wanted.shape[0], from_x + x : from_x + x + wanted.shape[1]]
    spread = float(wanted.std())
    together = float(((wanted - wanted.mean()) * (given - given.mean())).mean())
    return 2 * together / spread if spread > 1 else 0.0, float(likeness)


def _spread_px(taken: crop.Taken) -> float:
    """How wide a point becomes, as the deviation of the light around it times two."""
    camera = taken.camera
    defocus, movement = camera.defocus_px * 0.55, camera.motion_px * 0.29
    smoothing, sampling = 0.5 * camera.smoothing, 0.4 / camera.resampled_part
    return 2 * float(np.sqrt(defocus**2 + movement**2 + smoothing**2 + sampling**2))
