"""What a model runtime must offer. An engine lives in a worker process, which need not have this suite's packages."""

from dataclasses import dataclass
from typing import Protocol

from services.common.raster import Picture
from services.recognition.reading import TextBox


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Which engine read. model_sha256: hexadecimal, over the model files; empty for an engine without models."""

    name: str
    version: str
    model_sha256: str


class Engine(Protocol):
    """Finds text, or plates, in one picture at a time; called from one thread."""

    @property
    def identity(self) -> EngineIdentity:
        """Which engine this is."""

    def read(self, picture: Picture) -> tuple[TextBox, ...]:
        """Everything found in a picture, in no particular order. Raises raster.Unreadable when it is damaged.

        Pixels that nobody asks the picture for are not decoded, so an engine asks for some of every picture.
        An engine that finds plates sets `is_plate`; one that finds any text leaves the choice to `plate_likeness`.
        """
