"""The door: who may call, and what is in the log before anything leaves. A real server, a real channel, the real contract."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import audit_pb2
from anpr.common.v1 import access_pb2, plate_pb2
from anpr.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from anpr.matching.v1 import alert_pb2, alert_pb2_grpc, hotlist_pb2, hotlist_pb2_grpc, sighting_pb2, sighting_pb2_grpc
from grpc_health.v1 import health_pb2

from services.audit import wire
from services.common import audited, calls, door, ledger, refusals, server
from services.common.access import RuleMissing, rules
from services.common.caller import Caller
from services.common.errors import NotFound
from services.common.ledger import Promise
from services.common.listen import ListenRefused
from services.common.server import Serving
from tests.common.ledgers import MemoryLedger

OFFICER = Caller(system="terminal-7", person="p4711", unit="unit-1", zone="local", roles=frozenset({"officer"}))
CONTEXT = access_pb2.AccessContext(
    purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
    legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
    case_reference="BR.55.L3.004711/2026",
)
READS = ("r-1", "r-2")


# The stubs call every servicer abstract until it has all methods; the ones below have those that are called here.
def _some_of(servicer: Any) -> Any:
    return servicer()


class Sightings(sighting_pb2_grpc.SightingServiceServicer):
    """Answers with two reads; a plate of its own makes it refuse, another makes it fail, a third makes it wait."""

    def __init__(self) -> None:
        self.asked: list[calls.Call] = []
        self.waiting, self.go_on = asyncio.Event(), asyncio.Event()

    async def LookupPlate(
        self, request: sighting_pb2.LookupPlateRequest, context: object
    ) -> sighting_pb2.LookupPlateResponse:
        self.asked.append(calls.of(context))
        if request.plate == "1-NOT-404":
            raise NotFound("nothing is there")
        if request.plate == "1-BUG-500":
            raise KeyError(request.plate)
        if request.plate == "1-WAI-111":
            self.waiting.set()
            await self.go_on.wait()
        found = [sighting_pb2.Sighting(read=plate_pb2.Read(read_id=read)) for read in READS]
        return sighting_pb2.LookupPlateResponse(sightings=found)

    async def RecordSightings(
        self, request: sighting_pb2.RecordSightingsRequest, context: object
    ) -> sighting_pb2.RecordSightingsResponse:
        return sighting_pb2.RecordSightingsResponse(recorded=len(request.reads))


class Alerts(alert_pb2_grpc.AlertServiceServicer):
    async def WatchAlerts(
        self, request: alert_pb2.WatchAlertsRequest, context: object
    ) -> AsyncIterator[alert_pb2.WatchAlertsResponse]:
        yield alert_pb2.WatchAlertsResponse(resume_token="begin")
        if request.hotlist_ids:
            await asyncio.Event().wait()
        for number in (1, 2):
            yield alert_pb2.WatchAlertsResponse(alerts=[alert_pb2.Alert(alert_id=f"a-{number}")])


class Hotlists(hotlist_pb2_grpc.HotlistServiceServicer):
    async def ImportEntries(
        self, request_iterator: AsyncIterator[hotlist_pb2.ImportEntriesRequest], context: object
    ) -> hotlist_pb2.ImportEntriesResponse:
        chunks = [request.chunk async for request in request_iterator]
        return hotlist_pb2.ImportEntriesResponse(added=len(b"".join(chunks)))


class Ingest(ingest_pb2_grpc.IngestServiceServicer):
    async def StreamFrames(
        self, request_iterator: AsyncIterator[ingest_pb2.StreamFramesRequest], context: object
    ) -> AsyncIterator[ingest_pb2.StreamFramesResponse]:
        async for request in request_iterator:
            yield ingest_pb2.StreamFramesResponse(sequence=request.frame.capture.sequence)


@dataclass(frozen=True, slots=True)
class House:
    """A running server with its ledger and a channel to it."""

    ledger: MemoryLedger
    channel: grpc.aio.Channel
    sightings: Sightings

    async def look(
        self, plate: str = "1-ABC-123", who: Caller = OFFICER, **access: object
    ) -> sighting_pb2.LookupPlateResponse:
        context = access_pb2.AccessContext()
        context.CopyFrom(CONTEXT)
        for name, value in access.items():
            setattr(context, name, value)
        request = sighting_pb2.LookupPlateRequest(access=context, plate=plate, camera_ids=["c-1", "c-2"])
        stub = sighting_pb2_grpc.SightingServiceStub(self.channel)
        return await stub.LookupPlate(request, metadata=who.metadata(), timeout=10)


@asynccontextmanager
async def house(memory: MemoryLedger | None = None) -> AsyncIterator[House]:
    memory, sightings = memory or MemoryLedger(), _some_of(Sightings)

    def register(into: grpc.aio.Server) -> None:
        sighting_pb2_grpc.add_SightingServiceServicer_to_server(sightings, into)
        alert_pb2_grpc.add_AlertServiceServicer_to_server(_some_of(Alerts), into)
        hotlist_pb2_grpc.add_HotlistServiceServicer_to_server(_some_of(Hotlists), into)
        ingest_pb2_grpc.add_IngestServiceServicer_to_server(_some_of(Ingest), into)

    contracts = (sighting_pb2, alert_pb2, hotlist_pb2, ingest_pb2)
    services = {service: server.always for pb in contracts for service in pb.DESCRIPTOR.services_by_name.values()}
    serving = Serving(name="matching", listen="127.0.0.1:0", services=services, register=register, ledger=memory)
    running, port, _ = server.build(serving)
    await running.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield House(memory, channel, sightings)
    finally:
        await running.stop(0)


@dataclass(slots=True)
class SlowLedger(MemoryLedger):
    """Takes no entry before it is told to go on."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def append(self, fields: audit_pb2.EntryFields) -> Promise:
        self.asked.set()
        await self.go_on.wait()
        return await MemoryLedger.append(self, fields)


async def _collect(stream: AsyncIterable[Any], into: list[Any]) -> None:
    async for message in stream:
        into.append(message)


async def test_a_look_up_leaves_after_its_intent_and_outcome_are_in_the_log() -> None:
    async with house() as it:
        response = await it.look(request_id="01980000-0000-7000-8000-000000000001")
    intent, outcome = it.ledger.entries
    assert it.ledger.kinds() == ["INTENT", "OUTCOME OK"]
    assert (intent.actor, intent.unit, intent.client, intent.system) == ("p4711", "unit-1", "terminal-7", "matching")
    assert (intent.plate, intent.rpc) == ("1ABC123", "anpr.matching.v1.SightingService.LookupPlate")
    assert intent.query == '{"camera_ids":["c-1","c-2"],"plate":"1-ABC-123"}'
    assert (outcome.ref, outcome.result_count) == (intent.id, 2)
    assert outcome.result_digest == ledger.digest(READS)
    assert response.receipt == access_pb2.Receipt(
        intent_id=intent.id,
        intent_note="note 0\n",
        outcome_id=outcome.id,
        outcome_note="note 1\n",
        request_id="01980000-0000-7000-8000-000000000001",
    )
    assert str(it.sightings.asked[0].intent_id) == intent.id


@pytest.mark.parametrize("refuse_from", [0, 1])
async def test_without_the_log_not_one_row_leaves(refuse_from: int) -> None:
    async with house(MemoryLedger(refuse_from=refuse_from)) as it:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look()
    assert failure.value.code() is grpc.StatusCode.UNAVAILABLE
    assert refusals.reason(failure.value) == "AUDIT_UNAVAILABLE"
    assert len(it.sightings.asked) == refuse_from, "the method must not run before its intent is durable"
    was_done = "may have been made" in (failure.value.details() or "")
    assert was_done == bool(refuse_from), "who changed something must hear that it may be changed"


@pytest.mark.parametrize(
    ("access", "code", "reason"),
    [
        ({"purpose": 0}, "INVALID_ARGUMENT", "ACCESS_CONTEXT_INCOMPLETE"),
        ({"purpose": 99}, "INVALID_ARGUMENT", "ACCESS_CONTEXT_INCOMPLETE"),
        ({"legal_ground": 0}, "INVALID_ARGUMENT", "ACCESS_CONTEXT_INCOMPLETE"),
        ({"case_reference": ""}, "INVALID_ARGUMENT", "ACCESS_CONTEXT_INCOMPLETE"),
        ({"case_reference": "werken"}, "INVALID_ARGUMENT", "CASE_REFERENCE_INVALID"),
        ({"case_reference": "TEST123"}, "INVALID_ARGUMENT", "CASE_REFERENCE_INVALID"),
        ({"case_reference": "0000"}, "INVALID_ARGUMENT", "CASE_REFERENCE_INVALID"),
        ({"case_reference": "X" * 1_000_000}, "INVALID_ARGUMENT", "CASE_REFERENCE_INVALID"),
        ({"reason": "x" * 501}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"reason": "a\x00b"}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"decision_id": "7"}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"request_id": "7"}, "INVALID_ARGUMENT", "FIELD_INVALID"),
    ],
)
async def test_who_does_not_say_why_is_refused_and_logged(access: dict[str, Any], code: str, reason: str) -> None:
    async with house() as it:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look(**access)
    assert (failure.value.code().name, refusals.reason(failure.value)) == (code, reason)
    assert it.ledger.kinds() == [f"DENIED {code}"]
    assert it.ledger.entries[0].refusal == reason
    assert it.ledger.entries[0].ByteSize() < 4_000, "a hostile request must not fill the log"
    assert not it.sightings.asked


@pytest.mark.parametrize(
    ("who", "code", "kinds"),
    [
        (replace(OFFICER, roles=frozenset({"auditor", "admin"})), "PERMISSION_DENIED", ["DENIED PERMISSION_DENIED"]),
        (replace(OFFICER, roles=frozenset()), "PERMISSION_DENIED", ["DENIED PERMISSION_DENIED"]),
        (replace(OFFICER, roles=frozenset({"OFFICER"})), "PERMISSION_DENIED", ["DENIED PERMISSION_DENIED"]),
        (replace(OFFICER, person=""), "UNAUTHENTICATED", []),
        (replace(OFFICER, system=""), "UNAUTHENTICATED", []),
        (replace(OFFICER, person="p" * 65), "UNAUTHENTICATED", []),
        (replace(OFFICER, person=" p4711"), "UNAUTHENTICATED", []),
        (replace(OFFICER, person="p4711 "), "UNAUTHENTICATED", []),
    ],
)
async def test_who_may_not_ask_is_refused(who: Caller, code: str, kinds: list[str]) -> None:
    async with house() as it:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look(who=who)
    assert failure.value.code().name == code
    assert it.ledger.kinds() == kinds
    assert not it.sightings.asked


async def test_an_identity_given_twice_is_refused() -> None:
    async with house() as it:
        stub = sighting_pb2_grpc.SightingServiceStub(it.channel)
        twice = (*OFFICER.metadata(), ("anpr-person", "p0001"))
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await stub.LookupPlate(sighting_pb2.LookupPlateRequest(access=CONTEXT), metadata=twice)
    assert failure.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_refusal_of_the_method_is_an_outcome_too() -> None:
    async with house() as it:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look("1-NOT-404")
    assert failure.value.code() is grpc.StatusCode.NOT_FOUND
    assert it.ledger.kinds() == ["INTENT", "OUTCOME NOT_FOUND"]


async def test_a_fault_says_nothing_of_its_cause() -> None:
    async with house() as it:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look("1-BUG-500")
    assert failure.value.code() is grpc.StatusCode.INTERNAL
    assert failure.value.details() == "internal error"
    assert "BUG" not in str(failure.value.trailing_metadata())
    assert it.ledger.kinds() == ["INTENT", "OUTCOME INTERNAL"]


async def test_what_was_begun_is_finished_when_the_caller_hangs_up_and_the_log_says_what_came_of_it() -> None:
    async with house() as it:
        looking = asyncio.ensure_future(it.look("1-WAI-111"))
        await it.sightings.waiting.wait()
        looking.cancel()
        await asyncio.wait({looking})
        await it.look()  # on the same connection, after the cancelling
        it.sightings.go_on.set()
        async with asyncio.timeout(10):
            await it.ledger.holds(4)
    assert it.ledger.kinds() == ["INTENT", "INTENT", "OUTCOME OK", "OUTCOME OK"]
    assert it.ledger.entries[3].ref == it.ledger.entries[0].id


async def test_a_watcher_who_hangs_up_leaves_an_outcome() -> None:
    async with house() as it:
        request = alert_pb2.WatchAlertsRequest(access=CONTEXT, hotlist_ids=["endless"])
        call = alert_pb2_grpc.AlertServiceStub(it.channel).WatchAlerts(request, metadata=OFFICER.metadata())
        await call.read()
        call.cancel()
        async with asyncio.timeout(10):
            await it.ledger.holds(3)
    assert it.ledger.kinds() == ["INTENT", "OUTCOME OK", "OUTCOME CANCELLED"]


async def test_a_server_that_stops_waits_for_the_last_entry_of_its_streams() -> None:
    async with house() as it:
        request = alert_pb2.WatchAlertsRequest(access=CONTEXT, hotlist_ids=["endless"])
        calls = [
            alert_pb2_grpc.AlertServiceStub(it.channel).WatchAlerts(request, metadata=OFFICER.metadata())
            for _ in range(3)
        ]
        for call in calls:
            await call.read()
    await audited.settle(30)
    assert it.ledger.kinds()[6:] == ["OUTCOME CANCELLED"] * 3


async def test_each_message_of_a_stream_has_an_outcome_of_its_own() -> None:
    async with house() as it:
        watch = alert_pb2_grpc.AlertServiceStub(it.channel).WatchAlerts
        batches = [
            batch async for batch in watch(alert_pb2.WatchAlertsRequest(access=CONTEXT), metadata=OFFICER.metadata())
        ]
    pages = [(entry.page, entry.result_count) for entry in it.ledger.entries[1:]]
    assert pages == [(1, 0), (2, 1), (3, 1), (0, 0)]
    assert [batch.receipt.outcome_id for batch in batches] == [entry.id for entry in it.ledger.entries[1:4]]


async def test_a_stream_ends_with_the_log_and_holds_the_batch_back() -> None:
    async with house(MemoryLedger(refuse_from=3)) as it:
        watch = alert_pb2_grpc.AlertServiceStub(it.channel).WatchAlerts
        batches: list[alert_pb2.WatchAlertsResponse] = []
        call = watch(alert_pb2.WatchAlertsRequest(access=CONTEXT), metadata=OFFICER.metadata())
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await _collect(call, batches)
    assert refusals.reason(failure.value) == "AUDIT_UNAVAILABLE"
    assert [len(batch.alerts) for batch in batches] == [0, 1]


async def test_the_first_message_of_an_upload_says_why() -> None:
    manager = replace(OFFICER, roles=frozenset({"hotlist_manager"}))
    async with house() as it:
        upload = hotlist_pb2_grpc.HotlistServiceStub(it.channel).ImportEntries
        first = hotlist_pb2.ImportEntriesRequest(access=CONTEXT, hotlist_id="stolen")
        chunk = hotlist_pb2.ImportEntriesRequest(chunk=b"12345")
        response = await upload(iter([first, chunk, chunk]), metadata=manager.metadata())
        assert (response.added, bool(response.receipt.outcome_note)) == (10, True)
        for requests in ([chunk, first], []):
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await upload(iter(requests), metadata=manager.metadata())
            assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert it.ledger.kinds() == ["INTENT", "OUTCOME OK", "DENIED INVALID_ARGUMENT"]


AUDITED = ("/anpr.matching.v1.SightingService/LookupPlate", "/anpr.matching.v1.HotlistService/ImportEntries")


async def _silence() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


@pytest.mark.parametrize("path", [*AUDITED, "/anpr.matching.v1.AlertService/WatchAlerts"])
async def test_who_never_says_what_he_wants_is_not_waited_for(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REQUEST_WITHIN_S", 0.05)
    async with house() as it:
        call: Any = it.channel.stream_unary(path)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await call(_silence(), metadata=OFFICER.metadata(), timeout=30)
    assert (failure.value.code().name, refusals.reason(failure.value)) == ("RESOURCE_EXHAUSTED", "OVERLOADED")


@pytest.mark.parametrize("path", AUDITED)
async def test_bytes_that_are_no_request_are_refused(path: str) -> None:
    async with house() as it:
        call: Any = it.channel.stream_unary(path)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await call(iter([b"\xff\xff"]), metadata=OFFICER.metadata(), timeout=30)
    assert (failure.value.code().name, refusals.reason(failure.value)) == ("INVALID_ARGUMENT", "FIELD_INVALID")


async def test_one_person_does_not_take_all_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_STREAMS", 2)
    request = alert_pb2.WatchAlertsRequest(access=CONTEXT, hotlist_ids=["endless"])
    async with house() as it:
        watch = alert_pb2_grpc.AlertServiceStub(it.channel).WatchAlerts
        held = [watch(request, metadata=OFFICER.metadata()) for _ in range(2)]
        for call in held:
            await call.read()
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await watch(request, metadata=OFFICER.metadata()).read()
        assert (failure.value.code().name, refusals.reason(failure.value)) == ("RESOURCE_EXHAUSTED", "OVERLOADED")
        await watch(request, metadata=replace(OFFICER, person="p0815").metadata()).read()
        held[0].cancel()
        async with asyncio.timeout(10):
            await it.ledger.holds(7)  # intent and first message of three, and the end of one
        await watch(request, metadata=OFFICER.metadata()).read()


async def test_calls_whose_callers_hung_up_count_until_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_AT_WORK", 1)
    async with house() as it:
        looking = asyncio.ensure_future(it.look("1-WAI-111"))
        await it.sightings.waiting.wait()
        looking.cancel()
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look()
        assert refusals.reason(failure.value) == "OVERLOADED"
        it.sightings.go_on.set()
        async with asyncio.timeout(10):
            await it.ledger.holds(2)
        await it.look()


async def test_one_person_does_not_take_all_the_work_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_AT_WORK_OF_ONE", 1)
    async with house() as it:
        looking = asyncio.ensure_future(it.look("1-WAI-111"))
        await it.sightings.waiting.wait()
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look()
        assert refusals.reason(failure.value) == "OVERLOADED"
        assert len((await it.look(who=replace(OFFICER, person="p0815"))).sightings) == len(READS)
        it.sightings.go_on.set()
        await looking
        await it.look()


async def test_nor_does_one_who_may_nothing_fill_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_AT_WORK_OF_ONE", 1)
    memory, technician = SlowLedger(), replace(OFFICER, roles=frozenset({"technician"}))
    async with house(memory) as it:
        attempt = asyncio.ensure_future(it.look(who=technician))
        await memory.asked.wait()
        attempt.cancel()  # his entry is still on its way
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look(who=technician)
        assert refusals.reason(failure.value) == "OVERLOADED"
        memory.go_on.set()
        await audited.settle(10)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await it.look(who=technician)
        assert refusals.reason(failure.value) == "ROLE_NOT_PERMITTED"
    assert memory.kinds() == ["DENIED PERMISSION_DENIED"] * 2


NO_TIME: Any = {"from": {"seconds": 10**15}, "until": {"seconds": 10**15, "nanos": -1}}
LONG = [
    {"camera_ids": ["c"] * 1001},
    {"camera_ids": [""] * 1001},
    {"camera_ids": ["c" * 128] * 600},
    {"camera_ids": ["\x01" * 256] * 600, "regions": ["\x01" * 256] * 600},
]


@pytest.mark.parametrize("fields", [{"window": NO_TIME}, *LONG])
@pytest.mark.parametrize("who", [OFFICER, replace(OFFICER, roles=frozenset({"technician"}))], ids=["may", "may-not"])
async def test_no_request_is_so_odd_that_the_attempt_is_not_logged(fields: dict[str, Any], who: Caller) -> None:
    async with house() as it:
        look = sighting_pb2_grpc.SightingServiceStub(it.channel).LookupPlate
        request = sighting_pb2.LookupPlateRequest(access=CONTEXT, plate="1-ABC-123", **fields)
        with suppress(grpc.aio.AioRpcError):
            await look(request, metadata=who.metadata(), timeout=10)
    first = it.ledger.entries[0]
    assert (first.actor, first.plate) == ("p4711", "1ABC123")
    assert len(first.query.encode()) <= ledger.MAX_QUERY_BYTES
    json.loads(first.query)
    if who is not OFFICER:
        assert it.ledger.kinds() == ["DENIED PERMISSION_DENIED"]
    elif fields in LONG:
        assert it.ledger.kinds() == ["DENIED INVALID_ARGUMENT"]
        assert not it.sightings.asked


def test_the_work_on_a_hostile_request_is_bounded() -> None:
    looked = 0

    class Entries(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            nonlocal looked
            for entry in super().__iter__():
                looked += 1
                yield entry

    rule = rules(hotlist_pb2.DESCRIPTOR.services_by_name.values())["/anpr.matching.v1.HotlistService/AddEntries"]
    request: Any = SimpleNamespace(hotlist_id="stolen", entries=Entries([hotlist_pb2.HotlistEntry(plate="A")] * 50_000))
    audited.subject(rule, request)
    assert looked <= audited.MAX_VALUES + 1


@pytest.mark.parametrize(("plates", "found"), [(["1-abc-123"], "1ABC123"), (["1-abc-123", "1-abc-124"], ""), ([], "")])
async def test_who_lists_one_plate_is_found_by_it(plates: list[str], found: str) -> None:
    manager = replace(OFFICER, roles=frozenset({"hotlist_manager"}))
    async with house() as it:
        request = hotlist_pb2.AddEntriesRequest(
            access=CONTEXT, entries=[hotlist_pb2.HotlistEntry(plate=plate) for plate in plates]
        )
        with pytest.raises(grpc.aio.AioRpcError):  # this servicer does not have it
            await hotlist_pb2_grpc.HotlistServiceStub(it.channel).AddEntries(request, metadata=manager.metadata())
    assert it.ledger.entries[0].plate == found


async def test_what_discloses_nothing_needs_no_entry() -> None:
    camera = Caller(system="camera-1", roles=frozenset({"camera"}))
    async with house() as it:
        frames = ingest_pb2_grpc.IngestServiceStub(it.channel).StreamFrames
        sent = [ingest_pb2.StreamFramesRequest(frame={"capture": {"sequence": number}}) for number in (1, 2)]
        assert [answer.sequence async for answer in frames(iter(sent), metadata=camera.metadata())] == [1, 2]
        # Nothing is sent: an answer that comes before the client's write makes its library lose the status.
        refused: Any = frames(metadata=OFFICER.metadata())
        assert await refused.code() is grpc.StatusCode.PERMISSION_DENIED
    assert not it.ledger.entries


def test_a_service_with_an_rpc_that_declares_nothing_does_not_start() -> None:
    undeclared: Any = health_pb2.DESCRIPTOR.services_by_name.values()
    with pytest.raises(RuleMissing):
        rules(undeclared)


async def test_only_loopback_is_served_while_callers_are_not_authenticated() -> None:
    services = {audit_pb2.DESCRIPTOR.services_by_name["AuditService"]: server.always}
    with pytest.raises(ListenRefused):
        server.build(Serving(name="audit", listen="0.0.0.0:0", services=services, register=lambda _: None))


def test_a_number_that_json_cannot_hold_is_written_as_text() -> None:
    rule = rules(audit_pb2.DESCRIPTOR.services_by_name.values())["/anpr.audit.v1.AuditService/GetEntry"]
    indexes = (7, 2**53 - 1, 2**53, 2**62)
    found = [audited.subject(rule, audit_pb2.GetEntryRequest(index=index))["index"] for index in indexes]
    assert found == [7, 2**53 - 1, str(2**53), str(2**62)]


def test_the_log_takes_the_longest_query_that_the_door_lets_through() -> None:
    assert ledger.MAX_QUERY_BYTES <= wire.MAX_QUERY_BYTES
