"""A valid question for every audited RPC: one that is answered, with results, as long as the log takes entries.

Whoever makes an RPC audited adds a line to QUESTIONS; a test fails until then.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from anpr.ingest.v1 import evidence_pb2
from anpr.matching.v1 import alert_pb2, decision_pb2, hotlist_pb2, sighting_pb2
from google.protobuf.message import Message

from services.common import ids
from services.local.desk import INVESTIGATION, MANAGER, OFFICER
from tests.fail_closed import of_the_log
from tests.fail_closed.asking import Question
from tests.fail_closed.contract import AUDITED
from tests.fail_closed.facts import HOTLIST, LIAISON, PLATE, VERIFIER, Facts, by, numbers, window


def _entry() -> hotlist_pb2.HotlistEntry:
    entry = hotlist_pb2.HotlistEntry(plate=f"2-FCX-{next(numbers) % 1000:03}")
    entry.valid_until.FromDatetime(datetime.now(UTC) + timedelta(days=30))
    return entry


def _hotlist() -> hotlist_pb2.Hotlist:
    return hotlist_pb2.Hotlist(
        hotlist_id=f"list-{next(numbers)}",
        name="Stolen vehicles",
        category=hotlist_pb2.HOTLIST_CATEGORY_STOLEN,
        priority=5,
        owner="unit-1",
        source="manual",
        legal_ground=INVESTIGATION.legal_ground,
    )


def _import() -> tuple[Message, ...]:
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}T00:00:00Z"
    file = f"plate,valid_from,valid_until,note,source_reference\n2-FCI-{next(numbers) % 1000:03},,{until},,\n".encode()
    first = hotlist_pb2.ImportEntriesRequest(
        access=INVESTIGATION, hotlist_id=HOTLIST, size_bytes=len(file), sha256=hashlib.sha256(file).digest()
    )
    return first, hotlist_pb2.ImportEntriesRequest(chunk=file)


def _decision() -> decision_pb2.Decision:
    return decision_pb2.Decision(
        magistrate="magistrate-1",
        document_sha256=bytes(32),
        plates=[PLATE],
        window=window(),
        validity=window(),
        case_reference=INVESTIGATION.case_reference,
    )


MATCHING, INGEST = "/anpr.matching.v1.", "/anpr.ingest.v1."
WHY: dict[str, Any] = {"access": INVESTIGATION}
QUESTIONS: dict[str, Callable[[Facts], Question]] = {
    f"{MATCHING}SightingService/LookupPlate": by(
        OFFICER, lambda _: sighting_pb2.LookupPlateRequest(**WHY, plate=PLATE, window=window())
    ),
    f"{MATCHING}SightingService/SearchSightings": by(
        OFFICER, lambda _: sighting_pb2.SearchSightingsRequest(**WHY, pattern="1XQZ*", window=window())
    ),
    f"{MATCHING}SightingService/TrackVehicle": by(
        OFFICER, lambda _: sighting_pb2.TrackVehicleRequest(**WHY, plate=PLATE, window=window())
    ),
    f"{MATCHING}SightingService/CrossSearch": by(
        OFFICER,
        lambda _: sighting_pb2.CrossSearchRequest(
            **WHY, places=[sighting_pb2.Place(camera_ids=["camera-1"], window=window())] * 2, at_least=1
        ),
    ),
    f"{MATCHING}SightingService/FindConvoys": by(
        OFFICER, lambda _: sighting_pb2.FindConvoysRequest(**WHY, plate=PLATE, window=window())
    ),
    f"{MATCHING}SightingService/FindClones": by(
        OFFICER, lambda _: sighting_pb2.FindClonesRequest(**WHY, plate=PLATE, window=window())
    ),
    f"{MATCHING}AlertService/WatchAlerts": by(
        OFFICER, lambda facts: alert_pb2.WatchAlertsRequest(**WHY, resume_token=facts.begin)
    ),
    f"{MATCHING}AlertService/VerifyAlert": by(
        VERIFIER,
        lambda facts: alert_pb2.VerifyAlertRequest(**WHY, alert_id=facts.alert_id, verdict=alert_pb2.VERDICT_CONFIRMED),
    ),
    f"{MATCHING}AlertService/DisposeAlert": by(
        VERIFIER,
        lambda facts: alert_pb2.DisposeAlertRequest(
            **WHY, alert_id=facts.alert_id, disposition=alert_pb2.DISPOSITION_STOPPED
        ),
    ),
    f"{MATCHING}DecisionService/RecordDecision": by(
        LIAISON, lambda _: decision_pb2.RecordDecisionRequest(**WHY, decision=_decision())
    ),
    f"{MATCHING}DecisionService/GetDecision": by(
        OFFICER, lambda _: decision_pb2.GetDecisionRequest(**WHY, decision_id=str(ids.uuid7())), results=False
    ),
    f"{MATCHING}DecisionService/RevokeDecision": by(
        LIAISON, lambda _: decision_pb2.RevokeDecisionRequest(**WHY, decision_id=str(ids.uuid7())), results=False
    ),
    f"{MATCHING}HotlistService/CreateHotlist": by(
        MANAGER, lambda _: hotlist_pb2.CreateHotlistRequest(**WHY, hotlist=_hotlist())
    ),
    f"{MATCHING}HotlistService/AddEntries": by(
        MANAGER, lambda _: hotlist_pb2.AddEntriesRequest(**WHY, hotlist_id=HOTLIST, entries=[_entry()])
    ),
    f"{MATCHING}HotlistService/RemoveEntries": by(
        MANAGER,
        lambda _: hotlist_pb2.RemoveEntriesRequest(**WHY, hotlist_id=HOTLIST, entry_ids=[str(ids.uuid7())]),
        results=False,
    ),
    f"{MATCHING}HotlistService/ListEntries": by(
        MANAGER, lambda _: hotlist_pb2.ListEntriesRequest(**WHY, hotlist_id=HOTLIST)
    ),
    f"{MATCHING}HotlistService/ImportEntries": lambda _: Question(MANAGER, _import()),
    f"{INGEST}EvidenceService/GetFrame": by(
        OFFICER, lambda _: evidence_pb2.GetFrameRequest(**WHY, frame_id=str(ids.uuid7())), results=False
    ),
    f"{INGEST}EvidenceService/ExportPackage": by(
        OFFICER, lambda facts: evidence_pb2.ExportPackageRequest(**WHY, read_ids=[facts.read_id])
    ),
    **of_the_log.QUESTIONS,
}


def all_of(facts: Facts) -> dict[str, Question]:
    """A question for every audited RPC."""
    return {path: QUESTIONS[path](facts) for path in AUDITED}
