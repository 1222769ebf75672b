"""Entries as an audited service makes them: an intent and the outcome that answers it, about invented people and plates."""

import random

from anpr.audit.v1 import audit_pb2 as pb
from anpr.common.v1 import access_pb2

from bench.rows.reads import invent_plate
from services.audit import wire
from services.audit.entry import Entry
from services.common import ids, ledger
from services.common.caller import service

SYSTEM = "matching"
METADATA = service(SYSTEM).metadata()


def pair() -> tuple[pb.EntryFields, pb.EntryFields]:
    """Intent and outcome of a look-up."""
    plate = invent_plate()
    intent = _fields(pb.ENTRY_KIND_INTENT, plate)
    outcome = _fields(pb.ENTRY_KIND_OUTCOME, plate)
    outcome.ref, outcome.status, outcome.result_count, outcome.result_digest = (
        intent.id,
        "OK",
        3,
        ledger.digest([plate]),
    )
    return intent, outcome


def domain_pair() -> tuple[Entry, Entry]:
    """The same as the log's own values."""
    intent, outcome = pair()
    return wire.decode_entry(intent, SYSTEM), wire.decode_entry(outcome, SYSTEM)


def _fields(kind: pb.EntryKind, plate: str) -> pb.EntryFields:
    entry_id = str(ids.uuid7())
    return pb.EntryFields(
        id=entry_id,
        kind=kind,
        system=SYSTEM,
        actor=f"officer-{random.randrange(500)}",
        unit="unit-1",
        zone="local",
        client="desk",
        roles=["ROLE_OFFICER"],
        access=access_pb2.AccessContext(
            purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
            legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
            case_reference=f"AN.11.L2.{random.randrange(10**6):06}/2026",
            reason="vehicle reported stolen",
            request_id=entry_id,
        ),
        rpc="/anpr.matching.v1.SightingService/LookupPlate",
        plate=plate,
        query=ledger.canonical({"plate": plate, "window.from": "2026-01-01T00:00:00Z"}),
    )
