"""What the statistics count: pure, so that the numbers can be made again from an export.

kind                                    every entry by its kind: public already, as leaves are
purpose legal_ground rpc zone unit      every intent
status                                  every outcome
refusal                                 every denied attempt
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.audit.entry import DENIED, INTENT, OUTCOME, Content
from services.audit.review import Opened

OF_INTENTS = ("purpose", "legal_ground", "rpc")
NOTHING_SAID = "(none)"


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing that is counted. word: for dimensions of closed lists; zone and unit: names, for theirs."""

    month: str
    dimension: str
    word: str = ""
    epoch: str = ""
    zone: str = field(default="", repr=False)
    unit: str = field(default="", repr=False)


def month_of(time_ms: int) -> str:
    """The month of a moment, in UTC."""
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m}"


def count(entries: Iterable[Opened]) -> Counter[Cell]:
    """Counts of these entries. Of an erased one only its kind is counted."""
    found: Counter[Cell] = Counter()
    for one in entries:
        month = month_of(one.leaf.time_ms)
        found[Cell(month, "kind", one.leaf.kind)] += 1
        if one.content is not None:
            found.update(_cells(month, one.leaf.kind, one.leaf.epoch, one.content))
    return found


def _cells(month: str, kind: str, epoch: str, content: Content) -> Iterable[Cell]:
    if kind == INTENT:
        for dimension in OF_INTENTS:
            yield Cell(month, dimension, getattr(content, dimension) or NOTHING_SAID)
        yield Cell(month, "unit", epoch=epoch, zone=content.zone or NOTHING_SAID, unit=content.unit or NOTHING_SAID)
    elif kind == OUTCOME:
        yield Cell(month, "status", content.status or NOTHING_SAID)
    elif kind == DENIED:
        yield Cell(month, "refusal", content.refusal or NOTHING_SAID)
