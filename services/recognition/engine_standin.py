"""A fast, deterministic engine for chaos and load runs: it reads the marker that the simulator draws into a frame.

It reads from the pixels like any engine, so a frame that is lost, swapped or altered on the way shows. A picture without
a marker holds no plates for it.
"""

from services.common.marker import MarkedPlate, MarkerError, read_marker
from services.common.raster import Picture, Pixels
from services.recognition import colour, quad
from services.recognition.engine import EngineIdentity
from services.recognition.reading import Choice, TextBox

CERTAINTY = 0.99


class StandInEngine:
    """Needs no models."""

    @property
    def identity(self) -> EngineIdentity:
        """Which engine this is."""
        return EngineIdentity("stand-in marker reader", "1", "")

    def read(self, picture: Picture) -> tuple[TextBox, ...]:
        """The plates that the marker names, each as certain as the other."""
        pixels = picture.pixels()
        try:
            plates = read_marker(pixels)
        except MarkerError:
            return ()
        return tuple(_text_box(plate, pixels) for plate in plates)


def _text_box(plate: MarkedPlate, pixels: Pixels) -> TextBox:
    x, y, width, height = plate.box
    crop = pixels[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    positions = tuple((Choice(character.upper(), CERTAINTY),) for character in plate.text if character.isalnum())
    return TextBox(plate.text, positions, quad.of(plate.corners), colour.classify(crop), is_plate=True)
