"""What the suite that is asked has in it, and who asks."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from anpr.common.v1 import plate_pb2
from google.protobuf.message import Message

from services.common.caller import Caller
from services.local.desk import person
from tests.fail_closed.asking import Question

PLATE = "1-XQZ-417"
HOTLIST = "stolen"
VERIFIER, LIAISON = person("verifier-1", "verifier"), person("liaison-1", "magistrate_liaison")
SUPERVISOR = person("supervisor-1", "supervisor")
DPO = person("dpo-1", "dpo", unit="oversight")
numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is in the suite that is asked: begin: resume token from before the first alert; orders: to erase an entry, each
    to be approved once; hold: number of one; index: of an entry of the log."""

    read_id: str
    alert_id: str
    begin: str
    orders: tuple[str, ...] = ()
    hold: int = 1
    index: int = 0


def window() -> plate_pb2.TimeWindow:
    """The last day."""
    now = datetime.now(UTC)
    found = plate_pb2.TimeWindow()
    getattr(found, "from").FromDatetime(now - timedelta(days=1))
    found.until.FromDatetime(now + timedelta(minutes=5))
    return found


def by(caller: Caller, make: Callable[[Facts], Message], *, results: bool = True) -> Callable[[Facts], Question]:
    """A question of one message."""
    return lambda facts: Question(caller, (make(facts),), results)
