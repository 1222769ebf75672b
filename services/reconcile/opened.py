"""What the entries say, for an auditor who opens them: numbers of results and plates, beside the ledger of queries.

Reading the log is logged: each page that is asked for here leaves two entries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import grpc
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from anpr.common.v1 import access_pb2, plate_pb2

from services.audit.verify import SourceFailed
from services.reconcile.evidence import ALERTS, LOOKUP, Row
from services.reconcile.finding import Finding

RPCS = {LOOKUP: "anpr.matching.v1.SightingService.LookupPlate", ALERTS: "anpr.matching.v1.AlertService.WatchAlerts"}
PAGE = 500
DEADLINE_S = 15.0

Metadata = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Told:
    """What the log tells of one intent. results: in its outcomes; plate: in normal form."""

    function: str
    results: int = 0
    plate: str | None = None
    is_answered: bool = False


class Opener:
    """Reads entries as an auditor. case: the number of his inspection."""

    def __init__(self, channel: grpc.aio.Channel, metadata: Metadata, case: str) -> None:
        self._search = audit_pb2_grpc.AuditServiceStub(channel).SearchEntries
        self._metadata = metadata
        self._access = access_pb2.AccessContext(
            purpose=access_pb2.PURPOSE_OVERSIGHT,
            legal_ground=access_pb2.LEGAL_GROUND_OVERSIGHT,
            case_reference=case,
            reason="reconciliation with the ledger of queries",
        )

    async def told(self, begin_ms: int, end_ms: int) -> dict[UUID, Told]:
        """What the log tells of look-ups between two log times, by intent. Raises SourceFailed."""
        found: dict[UUID, Told] = {}
        for function, rpc in RPCS.items():
            for fields in await self._entries(rpc, begin_ms, end_ms):
                intent = UUID(fields.ref or fields.id)
                told = found.setdefault(intent, Told(function))
                if fields.kind == audit_pb2.ENTRY_KIND_INTENT:
                    told.plate = fields.plate
                if fields.kind == audit_pb2.ENTRY_KIND_OUTCOME and fields.status == "OK":
                    told.results += fields.result_count
                    told.is_answered = True
        return found

    async def _entries(self, rpc: str, begin_ms: int, end_ms: int) -> list[audit_pb2.EntryFields]:
        window = plate_pb2.TimeWindow()
        getattr(window, "from").FromMilliseconds(begin_ms)
        window.until.FromMilliseconds(end_ms)
        request = audit_pb2.SearchEntriesRequest(
            access=self._access, system="matching", rpc=rpc, window=window, page_size=PAGE
        )
        found: list[audit_pb2.EntryFields] = []
        while True:
            try:
                page = await self._search(request, metadata=self._metadata, timeout=DEADLINE_S)
            except grpc.aio.AioRpcError as cause:
                raise SourceFailed(f"the log answers {cause.code().name}: {cause.details()}") from cause
            found += [entry.fields for entry in page.entries if entry.HasField("fields")]
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token


def compare(rows: Iterable[Row], told: dict[UUID, Told]) -> list[Finding]:
    """Findings. rows: all of the time that `told` is of, and of the day before."""
    by_intent: dict[UUID, list[Row]] = {}
    for row in rows:
        by_intent.setdefault(row.intent_id, []).append(row)
    found = []
    for intent, one in told.items():
        own = by_intent.get(intent, [])
        where = ", ".join(f"ledger row {row.ledger_id}" for row in own[:3]) or f"intent {intent}"
        is_due = one.function == LOOKUP or one.results > 0
        if one.is_answered and is_due and not own:
            found.append(Finding("result-without-row", where))
        elif own and _differs(one, sum(row.row_count for row in own)):
            found.append(Finding("count-differs", where))
        if one.plate and any(row.function_name == LOOKUP and not row.is_about(one.plate) for row in own):
            found.append(Finding("plate-differs", where))
    return found


def _differs(told: Told, rows: int) -> bool:
    """A look-up tells exactly what it read; a watch that was cut off may have read a batch that it did not give."""
    if not told.is_answered:
        return False
    return told.results > rows if told.function == ALERTS else told.results != rows
