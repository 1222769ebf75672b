"""The log as other services use it: believed only with a receipt, and asked together by calls that run side by side."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import audit_pb2 as pb

from services.audit.entry import Leaf
from services.common import caller, ids, receipt, receipts
from services.common.errors import AuditUnavailable
from services.common.ledger_client import MAX_AT_ONCE, AuditClient
from services.common.note import NoteInvalid
from services.common.receipt import Receipt
from tests.audit.keyring import LOG, ORIGIN, RECEIPTS, signer

OTHER = signer(receipt.key_name("another.example"))
Forge = Callable[[pb.AppendResponse], None]


def fields() -> pb.EntryFields:
    return pb.EntryFields(id=str(ids.uuid7()), kind=pb.ENTRY_KIND_INTENT, system="matching")


def promise(given: pb.EntryFields, index: int, key: object = RECEIPTS, origin: str = ORIGIN) -> pb.AppendResponse:
    """What the log answers."""
    leaf = Leaf(bytes(32), ids.parse(given.id, "id"), "intent", "2026-11/std", None, given.system, 1).encode()
    promised = Receipt(origin, index, sha256(b"\0" + leaf).digest(), 1)
    return pb.AppendResponse(index=index, leaf=leaf, note=receipt.sign(promised, key), release=pb.RELEASE_DURABLE)  # type: ignore[arg-type]


@dataclass
class FakeLog:
    """Somebody who answers on the log's port. forge: what he does to an honest answer; hold: he answers when it is set."""

    forge: Forge = lambda _: None
    hold: asyncio.Event | None = None
    batches: list[int] = field(default_factory=list)
    awaited: list[int] = field(default_factory=list)

    def handler(self) -> grpc.GenericRpcHandler:
        """Its two methods."""
        methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "AppendBatch": grpc.unary_unary_rpc_method_handler(
                self.AppendBatch, pb.AppendBatchRequest.FromString, pb.AppendBatchResponse.SerializeToString
            ),
            "AwaitHead": grpc.unary_unary_rpc_method_handler(
                self.AwaitHead, pb.AwaitHeadRequest.FromString, pb.AwaitHeadResponse.SerializeToString
            ),
        }
        return grpc.method_handlers_generic_handler("anpr.audit.v1.AuditService", methods)

    async def AppendBatch(self, request: pb.AppendBatchRequest, context: object) -> pb.AppendBatchResponse:
        assert request.each_alone
        self.batches.append(len(request.fields))
        if self.hold:
            await self.hold.wait()
        answers = [promise(given, index) for index, given in enumerate(request.fields)]
        for answer in answers:
            self.forge(answer)
        return pb.AppendBatchResponse(receipts=[answer for answer in answers if answer.ByteSize()])

    async def AwaitHead(self, request: pb.AwaitHeadRequest, context: grpc.aio.ServicerContext) -> pb.AwaitHeadResponse:  # type: ignore[type-arg]
        self.awaited.append(request.release)
        if request.release == pb.RELEASE_WITNESSED:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "no witness")
        return pb.AwaitHeadResponse(note="head")


@asynccontextmanager
async def client_of(fake: FakeLog) -> AsyncIterator[AuditClient]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((fake.handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield AuditClient(channel, caller.service("matching"), [RECEIPTS.verifier])
    await server.stop(None)


def clear(answer: pb.AppendResponse) -> None:
    answer.Clear()


FORGED: dict[str, Forge] = {
    "nothing": clear,
    "no-receipt": lambda answer: answer.ClearField("note"),
    "no-leaf": lambda answer: answer.ClearField("leaf"),
    "other-index": lambda answer: setattr(answer, "index", answer.index + 1),
    "other-entry": lambda answer: answer.CopyFrom(promise(fields(), 0)),
    "other-system": lambda answer: answer.CopyFrom(
        promise(pb.EntryFields(id=str(ids.uuid7()), system="ingest"), answer.index)
    ),
    "edited-leaf": lambda answer: setattr(answer, "leaf", answer.leaf.replace(b"intent", b"denied")),
    "leaf-that-is-no-object": lambda answer: setattr(answer, "leaf", b"[]"),
    "signed-by-another-log": lambda answer: answer.CopyFrom(promise(fields(), 0, OTHER, "another.example")),
    "signed-by-the-key-of-checkpoints": lambda answer: answer.CopyFrom(promise(fields(), 0, LOG)),
    "refusal": lambda answer: answer.CopyFrom(pb.AppendResponse(refusal="ENTRY_CONFLICT")),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_who_answers_on_the_port_of_the_log_is_not_believed_without_its_receipt(forge: Forge) -> None:
    async with client_of(FakeLog(forge)) as client:
        with pytest.raises(AuditUnavailable):
            await client.append(fields())


async def test_calls_side_by_side_travel_together_and_each_gets_his_own_answer() -> None:
    fake = FakeLog(hold=asyncio.Event())
    async with client_of(fake) as client:
        waiting = [asyncio.create_task(client.append(fields())) for _ in range(40)]
        while len(fake.batches) < MAX_AT_ONCE:
            await asyncio.sleep(0.001)
        assert fake.hold is not None
        fake.hold.set()
        await asyncio.gather(*waiting)
    assert sum(fake.batches) == 40
    assert len(fake.batches) == MAX_AT_ONCE + 2


async def test_one_that_is_refused_does_not_refuse_the_others() -> None:
    def refuse_first(answer: pb.AppendResponse) -> None:
        if answer.index == 0 and len(fake.batches) > MAX_AT_ONCE:
            answer.CopyFrom(pb.AppendResponse(refusal="FIELD_INVALID"))

    fake = FakeLog(refuse_first, asyncio.Event())
    async with client_of(fake) as client:
        waiting = [asyncio.create_task(client.append(fields())) for _ in range(10)]
        while len(fake.batches) < MAX_AT_ONCE:
            await asyncio.sleep(0.001)
        assert fake.hold is not None
        fake.hold.set()
        done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in done].count(AuditUnavailable) == 1


async def test_a_caller_that_goes_away_takes_nobody_with_him() -> None:
    fake = FakeLog(hold=asyncio.Event())
    async with client_of(fake) as client:
        waiting = [asyncio.create_task(client.append(fields())) for _ in range(6)]
        while len(fake.batches) < MAX_AT_ONCE:
            await asyncio.sleep(0.001)
        waiting[0].cancel()
        waiting[5].cancel()
        assert fake.hold is not None
        fake.hold.set()
        done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(one, asyncio.CancelledError) for one in done] == [True, False, False, False, False, True]
    assert not any(isinstance(one, Exception) for one in done)


async def test_a_log_that_hangs_is_given_up_within_the_deadline() -> None:
    async with client_of(FakeLog(hold=asyncio.Event())) as client, asyncio.timeout(4):
        done = await asyncio.gather(*(client.append(fields()) for _ in range(200)), return_exceptions=True)
    assert all(isinstance(one, AuditUnavailable) for one in done)


@pytest.mark.parametrize(("release", "leaves"), [(pb.RELEASE_INTEGRATED, True), (pb.RELEASE_WITNESSED, False)])
async def test_a_result_waits_for_the_head_that_the_log_asks_for(release: pb.Release, leaves: bool) -> None:
    fake = FakeLog(lambda answer: setattr(answer, "release", release))
    async with client_of(fake) as client:
        done = await asyncio.gather(client.append(fields()), return_exceptions=True)
    assert fake.awaited == [release]
    assert isinstance(done[0], AuditUnavailable) is not leaves


@pytest.mark.parametrize("text", ["", "  ", "no key", RECEIPTS.verifier.encode()[:-2]])
def test_a_setting_that_names_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        receipts.parse_keys(text)


def test_two_keys_hold_while_one_follows_the_other() -> None:
    keys = receipts.parse_keys(f"{OTHER.verifier.encode()} {RECEIPTS.verifier.encode()}")
    given = fields()
    receipts.verify(given, promise(given, 3), keys)
    with pytest.raises(AuditUnavailable):
        receipts.verify(given, promise(given, 3), keys[:1])
