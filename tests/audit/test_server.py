"""AuditService behind its door, over a real channel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import audit_pb2 as pb
from anpr.audit.v1 import audit_pb2_grpc
from anpr.common.v1 import access_pb2, plate_pb2
from grpc import StatusCode

from services.audit import checkpoint, entry, merkle, remote, wire
from services.audit.exporter import Exporter
from services.audit.own_ledger import SYSTEM, OwnLedger
from services.audit.release import Heads, Policy
from services.audit.server import AuditServicer
from services.audit.verify import SourceFailed
from services.common import ids, ledger, receipt, refusals
from services.common.caller import Caller, service
from services.common.ledger_client import AuditClient
from services.common.server import Serving, build
from tests.audit.keyring import LOG, ORIGIN, RECEIPTS
from tests.audit.logs import CASE, OFFICER, PLATE, Parts, replica, running
from tests.audit.test_integrator import change
from tests.engines import Scratch

pytestmark = pytest.mark.postgres

AUDITOR = Caller("oversight-1", "carla.audit", "oversight", "local", frozenset({"auditor"}))
MATCHING = service("matching")
WHY = access_pb2.AccessContext(
    purpose=access_pb2.PURPOSE_OVERSIGHT,
    legal_ground=access_pb2.LEGAL_GROUND_OVERSIGHT,
    case_reference="COC/2026/0117",
)


@dataclass(frozen=True, slots=True)
class Service:
    """A running AuditService."""

    parts: Parts
    stub: Any
    channel: grpc.aio.Channel
    address: str

    async def ask(self, method: str, request: Any, who: Caller = AUDITOR) -> Any:
        return await getattr(self.stub, method)(request, metadata=who.metadata(), timeout=20)

    async def refusal(self, method: str, request: Any, who: Caller = AUDITOR) -> tuple[StatusCode, str]:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.ask(method, request, who)
        return caught.value.code(), refusals.reason(caught.value)

    async def look_up(self) -> list[pb.EntryFields]:
        """What a look-up leaves: intent and outcome."""
        intent = fields("ENTRY_KIND_INTENT")
        outcome = fields("ENTRY_KIND_OUTCOME", ref=intent.id, status="OK", result_count=2)
        await self.ask("AppendBatch", pb.AppendBatchRequest(fields=[intent, outcome]), MATCHING)
        return [intent, outcome]


def fields(kind: str, **changes: Any) -> pb.EntryFields:
    access = access_pb2.AccessContext(
        purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
        legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
        case_reference=CASE,
        reason="stolen car",
    )
    said = {
        "actor": OFFICER,
        "plate": PLATE,
        "query": '{"plate":"1-XYZ-987"}',
        "roles": ["ROLE_OFFICER"],
        "zone": "local",
    }
    return pb.EntryFields(
        **{"id": str(ids.uuid7()), "kind": kind, "system": "matching", "access": access, **said, **changes}
    )


@asynccontextmanager
async def serving(parts: Parts, policy: str = "") -> AsyncIterator[Service]:
    servicer = AuditServicer(
        parts.log,
        parts.review,
        parts.proofs,
        Heads(parts.store, within_s=1.0),
        Policy(policy),
        Exporter(parts.store, parts.review, parts.log, RECEIPTS),
        log_key=LOG.verifier,
        receipt_key=RECEIPTS.verifier,
    )
    server, port, health = build(
        Serving(
            name=SYSTEM,
            listen="127.0.0.1:0",
            services={pb.DESCRIPTOR.services_by_name["AuditService"]: parts.watch.check},
            register=lambda server: audit_pb2_grpc.add_AuditServiceServicer_to_server(servicer, server),
            ledger=OwnLedger(parts.log),
        )
    )
    await server.start()
    assert health
    address = f"127.0.0.1:{port}"
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield Service(parts, audit_pb2_grpc.AuditServiceStub(channel), channel, address)
    finally:
        await server.stop(None)


@pytest.fixture
async def audit(scratch: Scratch, key_folder: Path) -> AsyncIterator[Service]:
    async with replica(scratch, key_folder) as parts:
        await parts.integrator.verify()
        async with serving(parts) as service_:
            yield service_


async def test_an_entry_is_durable_and_promised(audit: Service) -> None:
    request = pb.AppendRequest(fields=fields("ENTRY_KIND_INTENT"))
    answer = await audit.ask("Append", request, MATCHING)
    promised = receipt.verify(answer.note, RECEIPTS.verifier)
    leaf = await audit.parts.store.leaf(answer.index)
    assert (promised.index, promised.leaf_hash) == (answer.index, merkle.leaf_hash(leaf))
    assert str(entry.decode_leaf(leaf).id) == request.fields.id
    assert await audit.ask("Append", request, MATCHING) == answer


async def test_the_ledger_client_of_the_other_services_appends(audit: Service) -> None:
    client = AuditClient(audit.channel, MATCHING, [RECEIPTS.verifier])
    promise = await client.append(fields("ENTRY_KIND_INTENT"))
    assert receipt.verify(promise.note, RECEIPTS.verifier).index == promise.index == 0


async def test_a_batch_is_all_or_nothing(audit: Service) -> None:
    taken = fields("ENTRY_KIND_INTENT")
    await audit.ask("Append", pb.AppendRequest(fields=taken), MATCHING)
    other = fields("ENTRY_KIND_INTENT", id=taken.id, actor="somebody.else")
    batch = pb.AppendBatchRequest(fields=[fields("ENTRY_KIND_INTENT"), other])
    assert await audit.refusal("AppendBatch", batch, MATCHING) == (StatusCode.ALREADY_EXISTS, "ENTRY_CONFLICT")
    batch = pb.AppendBatchRequest(fields=[fields("ENTRY_KIND_INTENT") for _ in range(256)])
    answer = await audit.ask("AppendBatch", batch, MATCHING)
    assert [one.index for one in answer.receipts] == list(range(1, 257))


async def test_an_auditor_reads_an_entry_and_that_is_logged(audit: Service) -> None:
    intent, outcome = await audit.look_up()
    answer = await audit.ask("GetEntry", pb.GetEntryRequest(access=WHY, index=1))
    assert answer.entry.fields == outcome
    assert answer.entry.time.ToMilliseconds() == entry.decode_leaf(answer.entry.leaf).time_ms
    assert intent.id == outcome.ref
    asked, told = [
        receipt.verify(note, RECEIPTS.verifier) for note in (answer.receipt.intent_note, answer.receipt.outcome_note)
    ]
    assert (asked.index, told.index) == (2, 3)
    logged = await audit.parts.review.entry(3)
    assert logged.content is not None
    assert (logged.leaf.system, str(logged.leaf.ref)) == ("audit", answer.receipt.intent_id)
    assert (logged.content.actor, logged.content.rpc) == ("carla.audit", "anpr.audit.v1.AuditService.GetEntry")
    assert (logged.content.query, logged.content.result_count) == ('{"index":1}', 1)
    assert logged.content.result_digest == ledger.digest([outcome.id])


async def test_a_search_is_logged_and_counts_what_it_found(audit: Service) -> None:
    await audit.look_up()
    request = pb.SearchEntriesRequest(access=WHY, plate="1-xyz-987", kind="ENTRY_KIND_OUTCOME")
    answer = await audit.ask("SearchEntries", request)
    assert [found.index for found in answer.entries] == [1]
    logged = await audit.parts.review.entry(receipt.verify(answer.receipt.outcome_note, RECEIPTS.verifier).index)
    assert logged.content is not None
    assert (logged.content.plate, logged.content.result_count) == ("1XYZ987", 1)
    # Whoever looks for the plate next finds that the auditor did.
    answer = await audit.ask("SearchEntries", pb.SearchEntriesRequest(access=WHY, plate=PLATE))
    assert [found.index for found in answer.entries] == [4, 3, 2, 1, 0]
    assert answer.entries[1].fields.system == "audit"


async def test_reading_without_saying_why_is_refused_and_logged(audit: Service) -> None:
    await audit.look_up()
    refused = await audit.refusal("GetEntry", pb.GetEntryRequest(index=0))
    assert refused == (StatusCode.INVALID_ARGUMENT, "ACCESS_CONTEXT_INCOMPLETE")
    assert (await audit.parts.review.entry(2)).leaf.kind == "denied"


@pytest.mark.parametrize("role", ["officer", "supervisor", "admin", "service"])
async def test_nobody_but_auditor_and_dpo_reads_entries(audit: Service, role: str) -> None:
    who = Caller("terminal", OFFICER, "unit", "local", frozenset({role}))
    refused = (StatusCode.PERMISSION_DENIED, "ROLE_NOT_PERMITTED")
    assert await audit.refusal("GetEntry", pb.GetEntryRequest(access=WHY), who) == refused
    assert await audit.refusal("SearchEntries", pb.SearchEntriesRequest(access=WHY), who) == refused


@pytest.mark.parametrize("role", ["officer", "auditor", "dpo", "admin", "peer_region"])
async def test_nobody_but_services_writes_entries(audit: Service, role: str) -> None:
    who = Caller("matching", OFFICER, "unit", "local", frozenset({role}))
    request = pb.AppendRequest(fields=fields("ENTRY_KIND_INTENT"))
    assert await audit.refusal("Append", request, who) == (StatusCode.PERMISSION_DENIED, "ROLE_NOT_PERMITTED")
    assert (await audit.refusal("AppendBatch", pb.AppendBatchRequest(), who))[1] == "ROLE_NOT_PERMITTED"


async def test_a_log_that_cannot_be_written_cannot_be_read(audit: Service) -> None:
    """The entry of the reading comes first; without it nothing of the log leaves."""
    await audit.look_up()
    change(audit.parts.scratch, "UPDATE audit.head SET last_ms = last_ms + 3600000")
    for method, request in (
        ("GetEntry", pb.GetEntryRequest(access=WHY, index=0)),
        ("SearchEntries", pb.SearchEntriesRequest(access=WHY, plate=PLATE)),
    ):
        assert await audit.refusal(method, request) == (StatusCode.UNAVAILABLE, "AUDIT_UNAVAILABLE")


async def test_heads_and_proofs_are_for_everybody(audit: Service) -> None:
    await audit.look_up()
    await audit.parts.integrate()
    officer = Caller("terminal", OFFICER, "unit", "local", frozenset({"officer"}))
    head = await audit.ask("GetCheckpoint", pb.GetCheckpointRequest(), officer)
    assert (head.verifier_key, head.receipt_verifier_key) == (LOG.verifier.encode(), RECEIPTS.verifier.encode())
    signed = checkpoint.verify(head.note, ORIGIN, [LOG.verifier])
    leaves = (await audit.ask("ListLeaves", pb.ListLeavesRequest(), officer)).leaves
    assert merkle.root([merkle.leaf_hash(leaf) for leaf in leaves]) == signed.root
    proof = await audit.ask("GetInclusionProof", pb.GetInclusionProofRequest(index=1), officer)
    assert proof.checkpoint == head.note
    merkle.verify_inclusion(1, 2, merkle.leaf_hash(leaves[1]), proof.path, signed.root)
    prefix = await audit.ask("GetConsistencyProof", pb.GetConsistencyProofRequest(first=1, second=2), officer)
    merkle.verify_consistency(1, 2, prefix.path, merkle.leaf_hash(leaves[0]), signed.root)


INVALID = (StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        ("Append", pb.AppendRequest(), INVALID),
        ("Append", pb.AppendRequest(fields=fields("ENTRY_KIND_INTENT", system="audit")), INVALID),
        ("Append", pb.AppendRequest(fields=fields("ENTRY_KIND_OUTCOME", ref=str(ids.uuid7()))), INVALID),
        ("AppendBatch", pb.AppendBatchRequest(), INVALID),
        ("GetEntry", pb.GetEntryRequest(access=WHY, index=7), (StatusCode.NOT_FOUND, "ENTRY_NOT_FOUND")),
        ("GetEntry", pb.GetEntryRequest(access=WHY, index=-1), INVALID),
        ("SearchEntries", pb.SearchEntriesRequest(access=WHY, page_size=501), INVALID),
        (
            "SearchEntries",
            pb.SearchEntriesRequest(access=WHY, plate="-"),
            (StatusCode.INVALID_ARGUMENT, "PLATE_INVALID"),
        ),
        (
            "SearchEntries",
            pb.SearchEntriesRequest(access=WHY, page_token="x"),
            (StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"),
        ),
        (
            "SearchEntries",
            pb.SearchEntriesRequest(access=WHY, window=plate_pb2.TimeWindow()),
            (StatusCode.INVALID_ARGUMENT, "WINDOW_INVALID"),
        ),
        ("SearchEntries", pb.SearchEntriesRequest(access=WHY, system="a\0b"), INVALID),
        ("SearchEntries", pb.SearchEntriesRequest(access=WHY, status="\0"), INVALID),
        ("SearchEntries", pb.SearchEntriesRequest(access=WHY, most_results=1 << 53), INVALID),
        ("SearchEntries", pb.SearchEntriesRequest(access=WHY, least_results=-1), INVALID),
        (
            "AwaitHead",
            pb.AwaitHeadRequest(index=9, release=pb.RELEASE_INTEGRATED),
            (StatusCode.NOT_FOUND, "ENTRY_NOT_FOUND"),
        ),
        ("AwaitHead", pb.AwaitHeadRequest(index=0), INVALID),
        ("ListHeads", pb.ListHeadsRequest(count=1001), INVALID),
        ("GetCheckpoint", pb.GetCheckpointRequest(size=9), (StatusCode.NOT_FOUND, "SIZE_NOT_SIGNED")),
        ("GetInclusionProof", pb.GetInclusionProofRequest(index=9), (StatusCode.NOT_FOUND, "ENTRY_NOT_FOUND")),
        ("GetInclusionProof", pb.GetInclusionProofRequest(size=9), (StatusCode.NOT_FOUND, "SIZE_NOT_SIGNED")),
        ("GetConsistencyProof", pb.GetConsistencyProofRequest(first=0), INVALID),
        ("ListLeaves", pb.ListLeavesRequest(first=-1), INVALID),
    ],
)
async def test_what_cannot_be_done_is_refused(
    audit: Service, method: str, request_: Any, expected: tuple[StatusCode, str]
) -> None:
    who = MATCHING if method.startswith(("Append", "Await")) else AUDITOR
    assert await audit.refusal(method, request_, who) == expected


@pytest.mark.parametrize("name", wire.TEXTS)
async def test_an_entry_that_no_row_can_hold_takes_none_of_its_neighbours_with_it(audit: Service, name: str) -> None:
    """They are written by one statement: what the database refuses of one, it would refuse of all."""
    batch = [fields("ENTRY_KIND_INTENT"), fields("ENTRY_KIND_INTENT", **{name: "\0"}), fields("ENTRY_KIND_INTENT")]
    answer = await audit.ask("AppendBatch", pb.AppendBatchRequest(fields=batch, each_alone=True), MATCHING)
    first, odd, last = (one.refusal for one in answer.receipts)
    assert (first, last) == ("", "")
    assert odd == ("FIELD_INVALID" if name in ("rpc", "status", "refusal") else "")


async def test_the_whole_log_is_verified_from_outside(audit: Service) -> None:
    for _ in range(3):
        await audit.look_up()
    await audit.parts.integrate()
    older = (await audit.ask("GetCheckpoint", pb.GetCheckpointRequest())).note
    for _ in range(3):
        await audit.look_up()
    await audit.parts.integrate()
    result = await remote.verify(audit.address, LOG.verifier.encode(), since=older)
    assert result.holds, result.failures
    assert (result.size, dict(result.kinds), result.open_intents) == (12, {"intent": 6, "outcome": 6}, 0)
    assert (result.key_given, result.checked) == (True, tuple(range(1, 10)))
    assert not (await remote.verify(audit.address)).key_given


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (
            "UPDATE audit.entry SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'intent', 'denied'), 'UTF8')",
            7,
        ),
        ("UPDATE audit.entry SET leaf = leaf || ' ' WHERE seq = 3", 3),
        ("UPDATE audit.entry e SET leaf = o.leaf FROM audit.entry o WHERE o.seq = 4 AND e.seq = 2", 4),
        ("DELETE FROM audit.entry WHERE seq >= 4", 2),
        ("DELETE FROM audit.entry WHERE seq = 2", 7),
    ],
)
async def test_a_tampered_log_is_told_from_outside(audit: Service, tamper: str, check: int) -> None:
    for _ in range(3):
        await audit.look_up()
    await audit.parts.integrate()
    change(audit.parts.scratch, tamper)
    result = await remote.verify(audit.address, LOG.verifier.encode())
    assert check in {failure.check for failure in result.failures}


async def test_a_log_that_is_not_there_is_told(audit: Service) -> None:
    with pytest.raises(SourceFailed, match="UNAVAILABLE"):
        await remote.verify("127.0.0.1:1")


async def test_many_callers_at_once_are_served_while_the_tree_grows(audit: Service) -> None:
    async with running(audit.parts.integrator.run):
        await asyncio.gather(*(audit.look_up() for _ in range(60)))
        await audit.parts.until_signed(120)
    result = await remote.verify(audit.address, LOG.verifier.encode())
    assert result.holds, result.failures
