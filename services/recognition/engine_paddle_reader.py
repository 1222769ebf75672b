"""PP-OCRv6's reader alone, for pictures that are one line of a plate: a second opinion on what our own reader is not sure of."""

from pathlib import Path

import paddleocr

from services.common.raster import Picture
from services.recognition import ctc
from services.recognition.engine import EngineIdentity
from services.recognition.engine_paddle import READER, RUNTIME, CharacterDecoder, Line, model_sha256
from services.recognition.reading import Corners, TextBox


class PaddleReader:
    """Loads the model from `models`/rec; one thread."""

    def __init__(self, models: Path) -> None:
        folder = models / "rec"
        self._reader = paddleocr.TextRecognition(model_name=READER, model_dir=str(folder), **RUNTIME)
        predictor = self._reader.paddlex_predictor
        predictor.post_op = CharacterDecoder(predictor.post_op.character)
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
        probability = ctc.string_probability(line.positions)
        return (TextBox(line.raw, line.positions, corners, probability=probability),)
