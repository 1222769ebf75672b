"""Look-ups of the tests, made without a log."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.audit.entry import INTENT, OUTCOME, Content, Leaf
from services.audit.oversight import lookup
from services.audit.oversight.lookup import Lookup
from services.audit.review import Opened

NAMES = UUID(int=7)
BEGIN = datetime(2026, 11, 23, 10, tzinfo=UTC)  # a Monday
PLATE = "1XYZ987"
SEARCH = "anpr.matching.v1.SightingService.LookupPlate"
ADD = "anpr.matching.v1.HotlistService.AddEntries"


def ms(after: timedelta = timedelta(), *, since: datetime = BEGIN) -> int:
    """Log time so long after the beginning."""
    return round((since + after).timestamp() * 1000)


def look(index: int = 0, after: timedelta = timedelta(), *, system: str = "matching", **said: Any) -> Lookup:
    """A look-up of officer-1 for a plate; `results` makes it one that was answered."""
    results = said.pop("results", None)
    content = Content(
        **{
            "actor": "officer-1",
            "plate": PLATE,
            "case_reference": "BR/2026/0001",
            "unit": "unit-1",
            "rpc": SEARCH,
            **said,
        }
    )
    id_ = uuid5(NAMES, str(index))
    if results is None:
        leaf = Leaf(b"", id_, INTENT, "2026-11/std", None, system, ms(after))
        found = lookup.asked(Opened(index, b"", leaf, content))
    else:
        leaf = Leaf(b"", uuid5(id_, "outcome"), OUTCOME, "2026-11/std", id_, system, ms(after))
        done = Content(
            **{**content.fields(), "roles": content.roles, "status": said.get("status", "OK"), "result_count": results}
        )
        found = lookup.answered(Opened(1000 + index, b"", leaf, done), index)
    assert found is not None
    return found
