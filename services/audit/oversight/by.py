"""Who acts in oversight, and the entries that tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.audit import jcs
from services.audit.entry import Content, Entry, decode_leaf
from services.audit.jcs import Value
from services.audit.log import Log
from services.audit.oversight.lookup import OWN_SYSTEM, person
from services.common import ids

REVIEW = "review"
SERVICE = "anpr.audit.v1.OversightService."


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, and what was declared; of the service itself when there is no person. The words are those of `entry.Content`."""

    person: str = field(default="", repr=False)
    unit: str = ""
    zone: str = ""
    client: str = OWN_SYSTEM
    roles: tuple[str, ...] = ()
    purpose: str = ""
    legal_ground: str = ""
    case_reference: str = field(default="", repr=False)
    request_id: str = ""

    @property
    def sees_all(self) -> bool:
        """Whether the caller may see every unit."""
        return not {"auditor", "dpo"}.isdisjoint(self.roles)

    def is_one_of(self, persons: tuple[str, ...]) -> bool:
        """Whether the caller is among them."""
        return person(self.person) in persons


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that is durable: where, and in which log time."""

    index: int
    time_ms: int


class Book:
    """Writes what oversight does into the log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def write(self, by: By, rpc: str, query: Mapping[str, Value], reason: str = "", **facts: int) -> Written:
        """Makes an entry of kind review durable. Raises as `Log.append`."""
        content = Content(
            actor=by.person,
            unit=by.unit,
            zone=by.zone,
            client=by.client,
            roles=by.roles,
            purpose=by.purpose,
            legal_ground=by.legal_ground,
            case_reference=by.case_reference,
            request_id=by.request_id,
            reason=reason,
            rpc=SERVICE + rpc,
            query=jcs.encode(query).decode(),
            status="OK",
            result_count=facts.get("result_count", 0),
        )
        (appended,) = await self._log.append([Entry(ids.uuid7(), REVIEW, None, OWN_SYSTEM, content)])
        return Written(appended.index, decode_leaf(appended.leaf).time_ms)
