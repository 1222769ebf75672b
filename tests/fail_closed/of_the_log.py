"""Questions to the services of the log itself."""

import hashlib
from collections.abc import Callable

from anpr.audit.v1 import audit_pb2, erasure_pb2, oversight_pb2

from services.common import ids
from services.local.desk import AUDITOR, OVERSIGHT
from tests.fail_closed.asking import Question
from tests.fail_closed.facts import DPO, PLATE, SUPERVISOR, Facts, by, numbers

LOG, FLAGS = "/anpr.audit.v1.AuditService", "/anpr.audit.v1.OversightService"
ERASURE = "/anpr.audit.v1.ErasureService"
ORDER, GROUND = "COC/2026/0117", "the court has ordered it"
WEEK = "2026-W48"
CSV = b"plate,officer\n2-FCH-001,officer-9\n"


def order(facts: Facts) -> str:
    """An order that was not approved yet; another one each time."""
    return facts.orders[next(numbers) % len(facts.orders)] if facts.orders else str(ids.uuid7())


def erasure(index: int) -> erasure_pb2.ProposeErasureRequest:
    return erasure_pb2.ProposeErasureRequest(access=OVERSIGHT, indexes=[index], order_reference=ORDER, ground=GROUND)


def hold() -> erasure_pb2.PlaceHoldRequest:
    return erasure_pb2.PlaceHoldRequest(
        access=OVERSIGHT,
        criteria=erasure_pb2.HoldCriteria(officer="officer-of-nothing"),
        order_reference=ORDER,
        ground=GROUND,
    )


QUESTIONS: dict[str, Callable[[Facts], Question]] = {
    f"{LOG}/GetEntry": by(AUDITOR, lambda facts: audit_pb2.GetEntryRequest(access=OVERSIGHT, index=facts.index)),
    f"{LOG}/SearchEntries": by(AUDITOR, lambda _: audit_pb2.SearchEntriesRequest(access=OVERSIGHT, plate=PLATE)),
    f"{LOG}/ExportEntries": by(
        AUDITOR, lambda _: audit_pb2.ExportEntriesRequest(access=OVERSIGHT, first=21, last=29, disclosed=["rpc"])
    ),
    f"{FLAGS}/RunRules": by(AUDITOR, lambda _: oversight_pb2.RunRulesRequest(access=OVERSIGHT), results=False),
    f"{FLAGS}/ListFlags": by(AUDITOR, lambda _: oversight_pb2.ListFlagsRequest(access=OVERSIGHT), results=False),
    f"{FLAGS}/GetFlag": by(
        AUDITOR, lambda _: oversight_pb2.GetFlagRequest(access=OVERSIGHT, flag_id=str(ids.uuid7())), results=False
    ),
    f"{FLAGS}/ReviewFlag": by(
        AUDITOR,
        lambda _: oversight_pb2.ReviewFlagRequest(
            access=OVERSIGHT,
            flag_id=str(ids.uuid7()),
            verdict=oversight_pb2.FLAG_STATE_JUSTIFIED,
            seen=oversight_pb2.FLAG_STATE_OPEN,
            reason="asked the unit",
        ),
        results=False,
    ),
    f"{FLAGS}/ImportReference": by(
        AUDITOR,
        lambda _: oversight_pb2.ImportReferenceRequest(
            access=OVERSIGHT,
            kind=oversight_pb2.REFERENCE_KIND_HOUSEHOLD,
            csv=CSV,
            sha256=hashlib.sha256(CSV).digest(),
        ),
        results=False,
    ),
    f"{FLAGS}/DrawSample": by(
        AUDITOR, lambda _: oversight_pb2.DrawSampleRequest(access=OVERSIGHT, week=WEEK), results=False
    ),
    f"{FLAGS}/ListSamples": by(
        AUDITOR, lambda _: oversight_pb2.ListSamplesRequest(access=OVERSIGHT, week=WEEK), results=False
    ),
    f"{FLAGS}/JustifySample": by(
        SUPERVISOR,
        lambda _: oversight_pb2.JustifySampleRequest(
            access=OVERSIGHT, week=WEEK, index=0, justification="a stolen car"
        ),
        results=False,
    ),
    f"{ERASURE}/ProposeErasure": by(AUDITOR, lambda _: erasure(20)),
    f"{ERASURE}/ApproveErasure": by(
        DPO, lambda facts: erasure_pb2.ApproveErasureRequest(access=OVERSIGHT, order_id=order(facts))
    ),
    f"{ERASURE}/ListOrders": by(AUDITOR, lambda _: erasure_pb2.ListOrdersRequest(access=OVERSIGHT)),
    f"{ERASURE}/PlaceHold": by(AUDITOR, lambda _: hold()),
    f"{ERASURE}/ProposeLift": by(
        AUDITOR,
        lambda facts: erasure_pb2.ProposeLiftRequest(
            access=OVERSIGHT, hold=facts.hold, order_reference=ORDER, ground=GROUND
        ),
    ),
    f"{ERASURE}/ApproveLift": by(
        DPO,
        lambda _: erasure_pb2.ApproveLiftRequest(access=OVERSIGHT, order_id=str(ids.uuid7())),
        results=False,
    ),
    f"{ERASURE}/ListHolds": by(DPO, lambda _: erasure_pb2.ListHoldsRequest(access=OVERSIGHT)),
    f"{ERASURE}/RunRetention": by(DPO, lambda _: erasure_pb2.RunRetentionRequest(access=OVERSIGHT, dry_run=True)),
}
