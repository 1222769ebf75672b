"""A second opinion on the reads that our own reader is not sure of. Without one in time the first answer stands."""

import asyncio
import itertools
import math
from dataclasses import dataclass, replace

from services.common.errors import Refusal
from services.common.plate import MAX_CHARACTERS
from services.recognition import fusion, metrics
from services.recognition.alphabet import CHARACTERS
from services.recognition.engine import EngineIdentity
from services.recognition.errors import EngineFailed
from services.recognition.fusion import Answer
from services.recognition.pool import Pool
from services.recognition.reading import SecondOpinion, Seen, TextBox

KNOWN = frozenset(CHARACTERS)


@dataclass(frozen=True, slots=True)
class SecondReader:
    """Asks a pool of general text readers. timeout_s: for one plate, waiting included."""

    pool: Pool
    timeout_s: float

    async def improved(self, seen: Seen) -> Seen:
        """The same with the texts that both readers together make likeliest, where the engine gave strips to ask with."""
        if not any(box.strips for box in seen.boxes):
            return seen
        boxes = await asyncio.gather(*map(self._asked, seen.boxes))
        return replace(seen, boxes=tuple(boxes))

    def engines(self) -> tuple[EngineIdentity, ...]:
        """The engine, once a worker of it has come up."""
        return self.pool.identities if self.pool.warm_workers else ()

    async def _asked(self, box: TextBox) -> TextBox:
        if not box.strips:
            return box
        try:
            async with asyncio.timeout(self.timeout_s):
                lines = await asyncio.gather(*map(self._line, box.strips))
            asked = _with(box, _answer(lines))
        except (TimeoutError, Refusal):
            asked = replace(box, strips=(), second_opinion=SecondOpinion.MISSED)
        metrics.SECOND_OPINIONS.labels(asked.second_opinion).inc()
        return asked

    async def _line(self, strip: bytes) -> TextBox:
        lines = (await self.pool.read(strip)).seen.boxes
        if len(lines) != 1:
            raise EngineFailed("the second reader answered no line, or several")
        return lines[0]


def _answer(lines: list[TextBox]) -> Answer:
    """The lines as one text. Raises EngineFailed for what no plate can be: it must not stand for one that was read."""
    positions = tuple(itertools.chain(*(line.positions for line in lines)))
    choices = tuple(itertools.chain(*positions))
    if len(positions) > MAX_CHARACTERS or not KNOWN.issuperset(choice.character for choice in choices):
        raise EngineFailed("the second reader answered what stands on no plate")
    probabilities = [choice.probability for choice in choices] + [line.probability for line in lines]
    if not all(0 <= probability <= 1 for probability in probabilities):
        raise EngineFailed("the second reader answered what is no probability")
    return Answer(positions, math.prod(line.probability for line in lines))


def _with(box: TextBox, second: Answer) -> TextBox:
    """The box as both readers see it."""
    first = Answer(box.positions, box.probability)
    both = fusion.fused(first, second)
    opinion = SecondOpinion.KEPT
    if first.text == second.text:
        opinion = SecondOpinion.AGREED
    elif both.text != first.text:
        opinion = SecondOpinion.CHANGED
    return replace(
        box, raw=both.text, positions=both.positions, probability=both.probability, strips=(), second_opinion=opinion
    )
