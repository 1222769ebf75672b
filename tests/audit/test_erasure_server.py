"""ErasureService behind its door, over a real channel; and the service as a process that is killed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import erasure_pb2 as pb
from anpr.audit.v1 import erasure_pb2_grpc
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode
from typer.testing import CliRunner

from services.audit import remote
from services.audit.erasure.server import ErasureServicer
from services.audit.own_ledger import SYSTEM, OwnLedger
from services.audit.review import Search
from services.cli.__main__ import app
from services.common import ids, refusals
from services.common.caller import Caller
from services.common.server import Serving, build
from tests.audit.erasures import erasing, keep, left
from tests.audit.logs import PLATE, Parts, entry
from tests.audit.test_erasure_retention import OLD, in_epoch
from tests.audit.test_process import Home, address, append, durable, home, spawned, until_signed
from tests.audit.test_server import AUDITOR, WHY, fields
from tests.engines import Scratch

pytestmark = pytest.mark.postgres
DPO = Caller("oversight-2", "dirk.dpo", "privacy", "local", frozenset({"dpo"}))
SAID = {"order_reference": "judgment 2026/17", "ground": "the court ordered it, art. 16"}
__all__ = ["durable"]


@dataclass(frozen=True, slots=True)
class Service:
    """A running ErasureService."""

    parts: Parts
    stub: Any
    address: str

    async def ask(self, method: str, who: Caller, **fields: Any) -> Any:
        request = getattr(pb, f"{method}Request")(access=WHY, **fields)
        return await getattr(self.stub, method)(request, metadata=who.metadata(), timeout=20)

    async def refusal(self, method: str, who: Caller, **fields: Any) -> tuple[StatusCode, str]:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.ask(method, who, **fields)
        return caught.value.code(), refusals.reason(caught.value)


@pytest.fixture
async def service(parts: Parts) -> AsyncIterator[Service]:
    async with erasing(parts) as erasure:
        servicer = ErasureServicer(erasure)
        server, port, _ = build(
            Serving(
                name=SYSTEM,
                listen="127.0.0.1:0",
                services={pb.DESCRIPTOR.services_by_name["ErasureService"]: parts.watch.check},
                register=lambda server: erasure_pb2_grpc.add_ErasureServiceServicer_to_server(servicer, server),
                ledger=OwnLedger(parts.log),
            )
        )
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Service(parts, erasure_pb2_grpc.ErasureServiceStub(channel), f"127.0.0.1:{port}")
        finally:
            await server.stop(None)


async def test_an_erasure_by_two_persons_with_its_trace(service: Service) -> None:
    one = entry()
    await service.parts.log.append([entry(), one])
    proposed = await service.ask("ProposeErasure", AUDITOR, entry_ids=[str(one.id)], **SAID)
    assert (proposed.order.state, list(proposed.order.indexes)) == (pb.ORDER_STATE_PROPOSED, [1])
    assert proposed.receipt.outcome_note
    done = await service.ask("ApproveErasure", DPO, order_id=proposed.order.order_id)
    assert done.order.state == pb.ORDER_STATE_DONE
    assert left(service.parts, 1) == set()
    listed = await service.ask("ListOrders", DPO)
    assert [order.order_id for order in listed.orders] == [proposed.order.order_id]
    page = await service.parts.review.search(Search(system="audit"), page_size=50, page_token="")
    kinds = [one.leaf.kind for one in reversed(page.entries)]
    assert kinds == ["intent", "erasure", "outcome", "intent", "erasure", "erasure", "outcome", "intent", "outcome"]
    assert all(one.content for one in page.entries)


ROLES = ("auditor", "dpo", "admin", "officer", "supervisor", "technician", "magistrate-liaison")
MAY = {
    "ProposeErasure": {"auditor"},
    "ProposeLift": {"auditor"},
    "ApproveErasure": {"dpo"},
    "ApproveLift": {"dpo"},
    "PlaceHold": {"auditor", "dpo"},
    "ListHolds": {"auditor", "dpo"},
    "ListOrders": {"auditor", "dpo"},
    "RunRetention": {"dpo"},
}


@pytest.mark.parametrize("method", MAY)
async def test_every_other_role_is_refused_and_logged(service: Service, method: str) -> None:
    for role in ROLES:
        who = Caller("client-1", f"some.{role}", "unit-1", "local", frozenset({role}))
        try:
            await service.ask(method, who)
            refused = False
        except grpc.aio.AioRpcError as error:
            refused = refusals.reason(error) == "ROLE_NOT_PERMITTED"
        assert refused == (role not in MAY[method]), role
    page = await service.parts.review.search(Search(kind="denied"), page_size=50, page_token="")
    assert len([one for one in page.entries if one.content and one.content.refusal == "ROLE_NOT_PERMITTED"]) == len(
        ROLES
    ) - len(MAY[method])


def window(begin: int, end: int | None) -> pb.HoldCriteria:
    criteria = pb.HoldCriteria(until=Timestamp(seconds=end) if end is not None else None)
    getattr(criteria, "from").CopyFrom(Timestamp(seconds=begin))
    return criteria


BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "no entries": ("ProposeErasure", SAID),
    "too many entries": ("ProposeErasure", {**SAID, "indexes": range(501)}),
    "a negative index": ("ProposeErasure", {**SAID, "indexes": [-1]}),
    "an index beyond numbers": ("ProposeErasure", {**SAID, "indexes": [2**63 - 1]}),
    "an id that is none": ("ProposeErasure", {**SAID, "entry_ids": ["x"]}),
    "no ground": ("ProposeErasure", {**SAID, "indexes": [0], "ground": ""}),
    "no reference": ("ProposeErasure", {**SAID, "indexes": [0], "order_reference": " "}),
    "a reference with a bell": ("ProposeErasure", {**SAID, "indexes": [0], "order_reference": "a\x07"}),
    "no criterion": ("PlaceHold", {**SAID, "criteria": pb.HoldCriteria()}),
    "half a range": ("PlaceHold", {**SAID, "criteria": pb.HoldCriteria(first=1)}),
    "a reversed range": ("PlaceHold", {**SAID, "criteria": pb.HoldCriteria(first=2, last=1)}),
    "a plate that is none": ("PlaceHold", {**SAID, "criteria": pb.HoldCriteria(plate="-")}),
    "half a window": ("PlaceHold", {**SAID, "criteria": window(1, None)}),
    "an empty window": ("PlaceHold", {**SAID, "criteria": window(1, 1)}),
    "a time that is none": (
        "PlaceHold",
        {**SAID, "criteria": window(-1, 1)},
    ),
}


@pytest.mark.parametrize(("method", "fields"), BAD.values(), ids=BAD)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    service: Service, method: str, fields: dict[str, Any]
) -> None:
    await service.parts.log.append([entry()])
    code, _ = await service.refusal(method, AUDITOR, **fields)
    assert code is StatusCode.INVALID_ARGUMENT
    with service.parts.scratch.connect() as connection:
        assert connection.execute("SELECT FROM audit.erasure_order").fetchall() == []
        assert connection.execute("SELECT FROM audit.hold").fetchall() == []


async def test_a_hold_is_named_to_who_is_refused_and_nothing_else_is(service: Service) -> None:
    await service.parts.log.append([entry()])
    placed = await service.ask("PlaceHold", AUDITOR, criteria=pb.HoldCriteria(plate="1-XYZ-987"), **SAID)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await service.ask("ProposeErasure", AUDITOR, indexes=[0], **SAID)
    said = caught.value.details() or ""
    assert (refusals.reason(caught.value), PLATE in said) == ("ENTRY_CONFLICT", False)
    assert f"hold {placed.hold.number}" in said
    listed = await service.ask("ListHolds", DPO)
    assert [(hold.criteria.plate, hold.order_reference, hold.lifted) for hold in listed.holds] == [
        (PLATE, SAID["order_reference"], False)
    ]
    lift = await service.ask("ProposeLift", AUDITOR, hold=placed.hold.number, **SAID)
    assert (await service.refusal("ApproveErasure", DPO, order_id=lift.order.order_id))[1] == "ENTRY_NOT_FOUND"
    both = Caller("oversight-1", "CARLA.audit", "oversight", "local", frozenset({"dpo"}))
    assert (await service.refusal("ApproveLift", both, order_id=lift.order.order_id))[1] == "ROLE_NOT_PERMITTED"
    await service.ask("ApproveLift", DPO, order_id=lift.order.order_id)
    assert [hold.lifted for hold in (await service.ask("ListHolds", DPO)).holds] == [True]
    assert list((await service.ask("ListHolds", DPO, only_standing=True)).holds) == []
    assert (await service.refusal("ProposeLift", AUDITOR, hold=99, **SAID))[1] == "ENTRY_NOT_FOUND"
    assert (await service.refusal("ApproveErasure", DPO, order_id=str(ids.uuid7())))[1] == "ENTRY_NOT_FOUND"


async def test_retention_says_what_it_does_and_what_it_keeps(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with in_epoch(monkeypatch, OLD):
        await service.parts.log.append([entry()])
    answer = await service.ask("RunRetention", DPO)
    assert {epoch.state for epoch in answer.epochs} == {pb.EPOCH_STATE_KEPT}
    assert {epoch.keep for epoch in answer.epochs} == {"10 years"}
    keep(service.parts, timedelta(0))
    dry = await service.ask("RunRetention", DPO, dry_run=True)
    assert [(epoch.epoch, epoch.first, epoch.last) for epoch in dry.epochs if epoch.state == pb.EPOCH_STATE_DUE] == [
        (OLD, 0, 0)
    ]
    ran = await service.ask("RunRetention", DPO)
    assert [epoch.epoch for epoch in ran.epochs if epoch.state == pb.EPOCH_STATE_DESTROYED] == [OLD]
    assert list(ran.remains) == []


async def test_the_command_line_does_all_of_it(service: Service) -> None:
    await service.parts.log.append([entry(), entry()])

    async def command(*words: str, person: str = "carla.audit") -> Any:
        whole = [
            "erasure",
            *words,
            "--case",
            "COC/2026/0117",
            "--person",
            person,
            "--gateway",
            service.address,
            "--json",
        ]
        result = await asyncio.to_thread(CliRunner().invoke, app, whole)
        assert result.exit_code == 0, result.output
        return json.loads(result.output.splitlines()[-1])  # after what the server logs

    because = ("--order", "judgment 17", "--because", "the court ordered it")
    await command("hold", "place", "--plate", "9-ZZZ-999", *because)
    await command("hold", "place", "--first", "1", "--last", "1", *because)
    lift = await command("hold", "lift", "2", *because)
    await command("hold", "approve-lift", lift["order"]["order_id"], person="dirk.dpo")
    assert [hold.get("lifted", False) for hold in (await command("hold", "list"))["holds"]] == [True, False]
    proposed = await command("propose", "--index", "1", *because)
    done = await command("approve", proposed["order"]["order_id"], person="dirk.dpo")
    assert (done["order"]["state"], left(service.parts, 1)) == ("ORDER_STATE_DONE", set())
    assert [order["state"] for order in (await command("list"))["orders"]] == ["ORDER_STATE_DONE"] * 2
    ran = await command("retention", "run", "--dry-run", person="dirk.dpo")
    assert [epoch["state"] for epoch in ran["epochs"]] == ["EPOCH_STATE_KEPT"]


async def waited(what: Callable[[], bool], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not what():
            await asyncio.sleep(0.05)


@pytest.fixture
def stopped(durable: Scratch, tmp_path: Path) -> Home:
    return home(durable, tmp_path)


async def test_a_process_that_is_killed_in_the_middle_ends_it_at_its_next_start(stopped: Home) -> None:
    """A lock keeps the deed waiting; the process is killed with SIGKILL while it waits, and started again without the lock."""
    eraser = {"ANPR_ERASER_PASSWORD_FILE": str(stopped.scratch.password_file("audit_eraser"))}
    async with spawned(stopped.environment(**eraser)) as first:
        where = await address(first)
        async with grpc.aio.insecure_channel(where) as channel:
            (index,) = await append(where, [fields("ENTRY_KIND_INTENT")])
            stub = erasure_pb2_grpc.ErasureServiceStub(channel)
            request = pb.ProposeErasureRequest(access=WHY, indexes=[index], **SAID)
            proposed = await stub.ProposeErasure(request, metadata=AUDITOR.metadata(), timeout=20)
            with stopped.scratch.connect(autocommit=False) as blocker:
                blocker.execute("SELECT FROM audit.secret WHERE seq = %s FOR UPDATE", (index,))
                approve = pb.ApproveErasureRequest(access=WHY, order_id=proposed.order.order_id)
                asked = asyncio.ensure_future(stub.ApproveErasure(approve, metadata=DPO.metadata(), timeout=20))
                await waited(lambda: state(stopped.scratch) == "logged")
                first.kill()
                with pytest.raises(grpc.aio.AioRpcError):
                    await asked
            assert state(stopped.scratch) == "logged"
            assert "secret" in remaining(stopped.scratch, index)
    async with spawned(stopped.environment(**eraser)) as second:
        where = await address(second)
        await waited(lambda: state(stopped.scratch) == "done")
        assert remaining(stopped.scratch, index) == set()
        await until_signed(where, index + 5)
        result = await remote.verify(where)
        assert result.holds, result.failures


def state(scratch: Scratch) -> str:
    with scratch.connect() as connection:
        (row,) = connection.execute("SELECT state FROM audit.erasure_order").fetchall()
    return str(row[0])


def remaining(scratch: Scratch, index: int) -> set[str]:
    with scratch.connect() as connection:
        return {
            table
            for table in ("secret", "payload", "tag")
            if connection.execute(f"SELECT FROM audit.{table} WHERE seq = {index}".encode()).fetchone() is not None
        }
