"""PP-OCRv6's reader alone, for pictures that are one line of a plate: a second opinion on what our own reader is not sure of."""

from pathlib import Path

import paddleocr

from services.common.raster import Picture
from services.recognition.engine import EngineIdentity
from services.recognition.engine_paddle import Line, model_sha256, text_reader
from services.recognition.reading import Corners, TextBox, string_probability


class PaddleReader:
    """Loads the model from `models`/rec; one thread."""

    def __init__(self, models: Path) -> None:
        folder = models / "rec"
        self._reader = text_reader(folder)
        self._identity = EngineIdentity("paddleocr PP-OCRv6 small reader", paddleocr.__version__, model_sha256(folder))

    @property
    def identity(self) -> EngineIdentity:
        """Which engine this is."""
        return self._identity

    def read(self, picture: Picture) -> tuple[TextBox, ...]:
        """The picture as one line of text."""
        pixels = picture.pixels()
        line: Line = self._reader.predict([pixels], batch_size=1)[0]["rec_text"]
        right, bottom = float(picture.width_px), float(picture.height_px)
        corners: Corners = ((0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom))
        return (TextBox(line.raw, line.positions, corners, probability=string_probability(line.positions)),)
