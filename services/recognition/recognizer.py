"""The use case: a picture in, the plates in it out."""

from dataclasses import dataclass

from services.common import picture
from services.common.errors import Refusal
from services.recognition import metrics, plate_likeness
from services.recognition.engine import EngineIdentity
from services.recognition.pool import Pool
from services.recognition.reading import PlateReading
from services.recognition.second_reader import SecondReader


@dataclass(frozen=True, slots=True)
class Recognition:
    """What one picture holds. Plates are ordered by confidence; width and height are those of the picture right way up."""

    plates: tuple[PlateReading, ...]
    width_px: int
    height_px: int
    engine: EngineIdentity


class Recognizer:
    """Reads plates with a pool of workers, and asks the second reader, where there is one, about those that are not sure."""

    def __init__(self, pool: Pool, second: SecondReader | None = None) -> None:
        self._pool, self._second = pool, second

    async def recognise(self, content: bytes, country: str = "") -> Recognition:
        """The plates of an encoded picture; none is an answer. country: where the camera stands, empty for Belgium.

        Raises what `Pool.read` raises. What the header gives away is refused before a worker is troubled.
        """
        try:
            picture.inspect(content)
            read = await self._pool.read(content)
        except Refusal as refusal:
            metrics.PICTURES_REFUSED.labels(refusal.reason).inc()
            raise
        seen = await self._second.improved(read.seen) if self._second else read.seen
        plates = plate_likeness.plates(seen, country)
        metrics.PICTURES.inc()
        metrics.PLATES.inc(len(plates))
        return Recognition(plates, seen.width_px, seen.height_px, read.engine)

    def engines(self) -> tuple[EngineIdentity, ...]:
        """The engine in use, one that is being relieved, the second reader. Raises EngineCold before a worker has come up."""
        return (*self._pool.identities, *(self._second.engines() if self._second else ()))

    @property
    def warm_workers(self) -> int:
        """Workers that can take a picture now, or are at one."""
        return self._pool.warm_workers

    @property
    def workers(self) -> int:
        """Workers in all."""
        return self._pool.sizes.workers
