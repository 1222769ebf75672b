"""Colour of the text and the ground of a plate, from its pixels."""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.reading import Colour

# Below this difference in brightness (0 to 255) text and ground cannot be told apart well enough to name colours.
LEAST_CONTRAST = 40.0
# Difference between the strongest and the weakest channel, in parts of the strongest, and at least in steps of 255: from
# TINTED on a colour has a hue, below PALE it has none, and between the two nothing is claimed.
TINTED, TINTED_STEPS = 0.55, 45.0
PALE, PALE_STEPS = 0.35, 25.0
# A ground covers at least this part of a text box; bold text on a narrow box leaves little more.
LEAST_GROUND = 0.48
# Left out at each edge, and at the left one, in parts of the height.
TRIM, BAND_TRIM = 0.2, 0.4
BLUE_GREEN_RED = np.array([0.114, 0.587, 0.299], np.float32)


class Hue(Enum):
    """What a pair of text and ground is told by."""

    NONE, UNSURE, RED, YELLOW, GREEN, BLUE = range(6)


ON_WHITE = {
    Hue.NONE: Colour.BLACK_ON_WHITE,
    Hue.RED: Colour.RED_ON_WHITE,
    Hue.GREEN: Colour.GREEN_ON_WHITE,
    Hue.BLUE: Colour.BLUE_ON_WHITE,
}


def classify(crop: Pixels) -> Colour:
    """The colours of an upright plate crop (BGR), UNKNOWN when it is too dull or dark to say.

    Dark text is judged relative to its ground, so that a coloured light that falls on both counts little.
    """
    height, width = crop.shape[:2]
    if height < 6 or width < height + 6:
        return Colour.UNKNOWN
    # Around the text lie the plate's border and the car, at the left perhaps the band.
    trim, band = round(height * TRIM), round(height * BAND_TRIM)
    crop = crop[trim : height - trim, band : width - trim]
    pixels = crop[:: max(1, crop.shape[0] // 32), :: max(1, crop.shape[1] // 96)].reshape(-1, 3).astype(np.float32)
    brightness = pixels @ BLUE_GREEN_RED
    dark, light = np.percentile(brightness, (12, 75))
    if light - dark < LEAST_CONTRAST:
        return Colour.UNKNOWN
    low = np.median(pixels[brightness <= dark], axis=0)
    high = np.median(pixels[brightness >= light], axis=0)
    if (brightness > (dark + light) / 2).mean() >= LEAST_GROUND:
        return _dark_on_light(_hue(255 * low / np.maximum(high, 1)), _hue(high))
    return Colour.WHITE_ON_RED if (_hue(high), _hue(low)) == (Hue.NONE, Hue.RED) else Colour.OTHER


def _dark_on_light(text: Hue, ground: Hue) -> Colour:
    match ground:
        case Hue.NONE:
            return ON_WHITE.get(text, Colour.UNKNOWN)
        case Hue.UNSURE:
            return Colour.RED_ON_WHITE if text is Hue.RED else Colour.UNKNOWN
        case Hue.YELLOW:
            return Colour.BLACK_ON_YELLOW
        case _:
            return Colour.OTHER


def _hue(colour: NDArray[np.float32]) -> Hue:
    blue, green, red = (float(value) for value in colour)
    strongest = max(blue, green, red)
    difference = strongest - min(blue, green, red)
    if difference < max(PALE * strongest, PALE_STEPS):
        return Hue.NONE
    if difference < max(TINTED * strongest, TINTED_STEPS):
        return Hue.UNSURE
    if red == strongest:
        return Hue.YELLOW if green > (red + blue) / 2 else Hue.RED
    return Hue.GREEN if green == strongest else Hue.BLUE
