"""What the renderer needs of a typeface."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]


class Face(Protocol):
    """The characters of a plate as ink. All of one face share the height, umlauts with their dots included."""

    @property
    def name(self) -> str: ...

    def has(self, character: str) -> bool: ...

    def mask(self, character: str, height_px: int) -> Mask:
        """Ink of a character (height_px, its natural width), 255 where it is solid, tight on all sides.

        KeyError for a character that the face does not have. Shared and read-only.
        """
        ...
