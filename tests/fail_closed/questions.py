"""A valid question for every audited RPC: one that is answered, with results, as long as the log takes entries.

Whoever makes an RPC audited adds a line to QUESTIONS; a test fails until then.
"""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from anpr.audit.v1 import audit_pb2
from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import evidence_pb2
from anpr.matching.v1 import alert_pb2, decision_pb2, hotlist_pb2, sighting_pb2
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.common import ids
from services.common.caller import Caller
from services.local.desk import AUDITOR, INVESTIGATION, MANAGER, OFFICER, OVERSIGHT, person
from tests.fail_closed.asking import Question
from tests.fail_closed.contract import AUDITED, METHODS

PLATE = "1-XQZ-417"
HOTLIST = "stolen"
VERIFIER, LIAISON = person("verifier-1", "verifier"), person("liaison-1", "magistrate_liaison")
SUPERVISOR = person("supervisor-1", "supervisor")
DPO = person("dpo-1", "dpo", unit="oversight")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is in the suite that is asked: begin: resume token from before the first alert; index: of an entry of the log."""

    read_id: str
    alert_id: str
    begin: str
    index: int = 0


def _window() -> plate_pb2.TimeWindow:
    now = datetime.now(UTC)
    window = plate_pb2.TimeWindow()
    getattr(window, "from").FromDatetime(now - timedelta(days=1))
    window.until.FromDatetime(now + timedelta(minutes=5))
    return window


def _entry() -> hotlist_pb2.HotlistEntry:
    entry = hotlist_pb2.HotlistEntry(plate=f"2-FCX-{next(_numbers) % 1000:03}")
    entry.valid_until.FromDatetime(datetime.now(UTC) + timedelta(days=30))
    return entry


def _hotlist() -> hotlist_pb2.Hotlist:
    return hotlist_pb2.Hotlist(
        hotlist_id=f"list-{next(_numbers)}",
        name="Stolen vehicles",
        category=hotlist_pb2.HOTLIST_CATEGORY_STOLEN,
        priority=5,
        owner="unit-1",
        source="manual",
        legal_ground=INVESTIGATION.legal_ground,
    )


def _import() -> tuple[Message, ...]:
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}T00:00:00Z"
    file = f"plate,valid_from,valid_until,note,source_reference\n2-FCI-{next(_numbers) % 1000:03},,{until},,\n".encode()
    first = hotlist_pb2.ImportEntriesRequest(
        access=INVESTIGATION, hotlist_id=HOTLIST, size_bytes=len(file), sha256=hashlib.sha256(file).digest()
    )
    return first, hotlist_pb2.ImportEntriesRequest(chunk=file)


def _decision() -> decision_pb2.Decision:
    return decision_pb2.Decision(
        magistrate="magistrate-1",
        document_sha256=bytes(32),
        plates=[PLATE],
        window=_window(),
        validity=_window(),
        case_reference=INVESTIGATION.case_reference,
    )


def _by(caller: Caller, make: Callable[[Facts], Message], *, results: bool = True) -> Callable[[Facts], Question]:
    return lambda facts: Question(caller, (make(facts),), results)


def _of(message: str, package: str = "anpr.audit.v1") -> Callable[..., Message]:
    """A message of a contract that may be newer than this file."""

    def make(**fields: Any) -> Message:
        kinds = {method.input_type.full_name: method.input_type for method in METHODS.values()}
        return GetMessageClass(kinds[f"{package}.{message}"])(access=OVERSIGHT, **fields)

    return make


MATCHING, INGEST = "/anpr.matching.v1.", "/anpr.ingest.v1."
LOG, OVERSIGHT_OF = "/anpr.audit.v1.AuditService", "/anpr.audit.v1.OversightService"
WHY: dict[str, Any] = {"access": INVESTIGATION}
QUESTIONS: dict[str, Callable[[Facts], Question]] = {
    f"{MATCHING}SightingService/LookupPlate": _by(
        OFFICER, lambda _: sighting_pb2.LookupPlateRequest(**WHY, plate=PLATE, window=_window())
    ),
    f"{MATCHING}SightingService/SearchSightings": _by(
        OFFICER, lambda _: sighting_pb2.SearchSightingsRequest(**WHY, pattern="1XQZ*", window=_window())
    ),
    f"{MATCHING}SightingService/TrackVehicle": _by(
        OFFICER, lambda _: sighting_pb2.TrackVehicleRequest(**WHY, plate=PLATE, window=_window())
    ),
    f"{MATCHING}SightingService/CrossSearch": _by(
        OFFICER,
        lambda _: sighting_pb2.CrossSearchRequest(
            **WHY, places=[sighting_pb2.Place(camera_ids=["camera-1"], window=_window())] * 2, at_least=1
        ),
    ),
    f"{MATCHING}SightingService/FindConvoys": _by(
        OFFICER, lambda _: sighting_pb2.FindConvoysRequest(**WHY, plate=PLATE, window=_window())
    ),
    f"{MATCHING}SightingService/FindClones": _by(
        OFFICER, lambda _: sighting_pb2.FindClonesRequest(**WHY, plate=PLATE, window=_window())
    ),
    f"{MATCHING}AlertService/WatchAlerts": _by(
        OFFICER, lambda facts: alert_pb2.WatchAlertsRequest(**WHY, resume_token=facts.begin)
    ),
    f"{MATCHING}AlertService/VerifyAlert": _by(
        VERIFIER,
        lambda facts: alert_pb2.VerifyAlertRequest(**WHY, alert_id=facts.alert_id, verdict=alert_pb2.VERDICT_CONFIRMED),
    ),
    f"{MATCHING}AlertService/DisposeAlert": _by(
        VERIFIER,
        lambda facts: alert_pb2.DisposeAlertRequest(
            **WHY, alert_id=facts.alert_id, disposition=alert_pb2.DISPOSITION_STOPPED
        ),
    ),
    f"{MATCHING}DecisionService/RecordDecision": _by(
        LIAISON, lambda _: decision_pb2.RecordDecisionRequest(**WHY, decision=_decision())
    ),
    f"{MATCHING}DecisionService/GetDecision": _by(
        OFFICER, lambda _: decision_pb2.GetDecisionRequest(**WHY, decision_id=str(ids.uuid7())), results=False
    ),
    f"{MATCHING}DecisionService/RevokeDecision": _by(
        LIAISON, lambda _: decision_pb2.RevokeDecisionRequest(**WHY, decision_id=str(ids.uuid7())), results=False
    ),
    f"{MATCHING}HotlistService/CreateHotlist": _by(
        MANAGER, lambda _: hotlist_pb2.CreateHotlistRequest(**WHY, hotlist=_hotlist())
    ),
    f"{MATCHING}HotlistService/AddEntries": _by(
        MANAGER, lambda _: hotlist_pb2.AddEntriesRequest(**WHY, hotlist_id=HOTLIST, entries=[_entry()])
    ),
    f"{MATCHING}HotlistService/RemoveEntries": _by(
        MANAGER,
        lambda _: hotlist_pb2.RemoveEntriesRequest(**WHY, hotlist_id=HOTLIST, entry_ids=[str(ids.uuid7())]),
        results=False,
    ),
    f"{MATCHING}HotlistService/ListEntries": _by(
        MANAGER, lambda _: hotlist_pb2.ListEntriesRequest(**WHY, hotlist_id=HOTLIST)
    ),
    f"{MATCHING}HotlistService/ImportEntries": lambda _: Question(MANAGER, _import()),
    f"{INGEST}EvidenceService/GetFrame": _by(
        OFFICER, lambda _: evidence_pb2.GetFrameRequest(**WHY, frame_id=str(ids.uuid7())), results=False
    ),
    f"{INGEST}EvidenceService/ExportPackage": _by(
        OFFICER, lambda facts: evidence_pb2.ExportPackageRequest(**WHY, read_ids=[facts.read_id])
    ),
    f"{LOG}/GetEntry": _by(AUDITOR, lambda facts: audit_pb2.GetEntryRequest(access=OVERSIGHT, index=facts.index)),
    f"{LOG}/SearchEntries": _by(AUDITOR, lambda _: audit_pb2.SearchEntriesRequest(access=OVERSIGHT, plate=PLATE)),
    f"{LOG}/ExportEntries": _by(
        AUDITOR, lambda _: audit_pb2.ExportEntriesRequest(access=OVERSIGHT, first=0, last=9, disclosed=["rpc"])
    ),
    f"{OVERSIGHT_OF}/RunRules": _by(AUDITOR, lambda _: _of("RunRulesRequest")(), results=False),
    f"{OVERSIGHT_OF}/ListFlags": _by(AUDITOR, lambda _: _of("ListFlagsRequest")(), results=False),
    f"{OVERSIGHT_OF}/GetFlag": _by(AUDITOR, lambda _: _of("GetFlagRequest")(flag_id=str(ids.uuid7())), results=False),
    f"{OVERSIGHT_OF}/ReviewFlag": _by(
        AUDITOR,
        lambda _: _of("ReviewFlagRequest")(flag_id=str(ids.uuid7()), verdict=2, seen=1, reason="asked the unit"),
        results=False,
    ),
    f"{OVERSIGHT_OF}/ImportReference": _by(
        AUDITOR,
        lambda _: _of("ImportReferenceRequest")(kind=2, csv=b"", sha256=hashlib.sha256(b"").digest()),
        results=False,
    ),
    f"{OVERSIGHT_OF}/DrawSample": _by(AUDITOR, lambda _: _of("DrawSampleRequest")(week="2026-W48"), results=False),
    f"{OVERSIGHT_OF}/ListSamples": _by(AUDITOR, lambda _: _of("ListSamplesRequest")(week="2026-W48"), results=False),
    f"{OVERSIGHT_OF}/JustifySample": _by(
        SUPERVISOR,
        lambda _: _of("JustifySampleRequest")(week="2026-W48", index=0, justification="a stolen car"),
        results=False,
    ),
}


def all_of(facts: Facts) -> dict[str, Question]:
    """A question for every audited RPC."""
    return {path: QUESTIONS[path](facts) for path in AUDITED}
