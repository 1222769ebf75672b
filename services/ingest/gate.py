"""How many frames one process has in hand at once. What is above is refused with a time to come back, never queued."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.ingest.errors import Overloaded


class Gate:
    """Admits at most `frames` at once, of at most `size_bytes` together."""

    def __init__(self, *, frames: int, size_bytes: int, retry_delay_s: float = 1.0) -> None:
        self._frames, self._size_bytes, self._retry_delay_s = frames, size_bytes, retry_delay_s

    @contextmanager
    def admit(self, size_bytes: int) -> Iterator[None]:
        """Holds a place for one frame. Raises Overloaded."""
        if self._frames < 1 or self._size_bytes < size_bytes:
            raise Overloaded("too many frames at once", retry_delay_s=self._retry_delay_s)
        self._frames -= 1
        self._size_bytes -= size_bytes
        try:
            yield
        finally:
            self._frames += 1
            self._size_bytes += size_bytes
