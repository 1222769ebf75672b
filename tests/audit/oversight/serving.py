"""OversightService behind its door, over a real channel, on a log whose time a test can choose."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import oversight_pb2 as pb
from anpr.audit.v1 import oversight_pb2_grpc
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from services.audit.entry import Entry
from services.audit.oversight import server as oversight_server
from services.audit.oversight import wiring
from services.audit.oversight.reference import MAX_BYTES
from services.audit.own_ledger import SYSTEM, OwnLedger
from services.common import refusals
from services.common.caller import Caller
from services.common.server import Serving, always, build
from tests.audit.logs import TAG_KEYS, Parts, database, entry, outcome, replica
from tests.audit.oversight.lookups import SEARCH
from tests.audit.test_server import WHY
from tests.engines import Scratch

AUDITOR = Caller("oversight-1", "carla.audit", "oversight", "local", frozenset({"auditor"}))
SUPERVISOR = Caller("desk-1", "sue.super", "unit-1", "local", frozenset({"supervisor"}))
OTHER_SUPERVISOR = Caller("desk-2", "otto.other", "unit-2", "local", frozenset({"supervisor"}))
SINCE = Timestamp(seconds=1_700_000_000)


@dataclass(slots=True)
class Clock:
    """Moves the time of the log: that of its database, and of the replica that asks it."""

    scratch: Scratch
    offset: timedelta = field(default_factory=timedelta)
    body: str = ""

    def now(self) -> float:
        return time.time() + self.offset.total_seconds()

    def go(self, moment: datetime) -> None:
        """The log's time is this moment now, and goes on from there."""
        self.offset = moment - datetime.now(UTC)
        with self.scratch.connect() as connection:
            if not self.body:
                statement = "SELECT pg_get_functiondef('audit.take_turn(uuid[])'::regprocedure)"
                self.body = connection.execute(statement).fetchall()[0][0]
                assert "clock_timestamp()" in self.body
            shift = f"(clock_timestamp() + interval '{self.offset.total_seconds()} seconds')"
            connection.execute(self.body.replace("clock_timestamp()", shift).encode())
            # The writer has shown meanwhile that it can write, and with that moved the time of an empty log to now.
            connection.execute("SET session_replication_role = replica")
            connection.execute("UPDATE audit.head SET last_ms = 0 WHERE next_seq = 0")


@dataclass(frozen=True, slots=True)
class Oversight:
    """A running OversightService and its log."""

    parts: Parts
    pieces: oversight_server.Parts
    clock: Clock
    stub: Any
    address: str

    async def ask(self, method: str, request: Any, who: Caller = AUDITOR) -> Any:
        if "access" in request.DESCRIPTOR.fields_by_name:
            request.access.CopyFrom(WHY)
        return await getattr(self.stub, method)(request, metadata=who.metadata(), timeout=20)

    async def refusal(self, method: str, request: Any, who: Caller = AUDITOR) -> tuple[StatusCode, str]:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.ask(method, request, who)
        return caught.value.code(), refusals.reason(caught.value)

    async def look_up(self, count: int = 1, *, results: int = 1, **said: Any) -> list[Entry]:
        """So many look-ups with their outcomes."""
        asked = {
            "unit": "unit-1",
            "zone": "north",
            "rpc": SEARCH,
            "reason": "stolen car",
            "roles": ("officer",),
            **said,
        }
        intents = [entry(**asked) for _ in range(count)]
        for start in range(0, count, 100):
            answers = [outcome(one, **{**asked, "result_count": results}) for one in intents[start : start + 100]]
            await self.parts.log.append([*intents[start : start + 100], *answers])
        return intents

    async def know(self, kind: str, lines: str, **more: Any) -> Any:
        """Imports reference data."""
        return await self.ask("ImportReference", reference(kind, lines, **more))

    async def run(self) -> Any:
        """Runs the rules over all that is new."""
        raised = 0
        while True:
            ran = await self.ask("RunRules", pb.RunRulesRequest())
            raised += ran.raised
            if ran.next >= ran.size - 1:  # its own entry is behind it
                return raised

    async def flags(self, who: Caller = AUDITOR, **asked: Any) -> list[pb.Flag]:
        return list((await self.ask("ListFlags", pb.ListFlagsRequest(**asked), who)).flags)


def reference(kind: str, lines: str, **more: Any) -> pb.ImportReferenceRequest:
    file = lines.encode()
    given = {"csv": file, "sha256": sha256(file).digest(), "valid_from": SINCE, **more}
    return pb.ImportReferenceRequest(kind=f"REFERENCE_KIND_{kind}", **given)


@asynccontextmanager
async def oversight(scratch: Scratch, folder: Path) -> AsyncIterator[Oversight]:
    clock = Clock(scratch)
    async with replica(scratch, folder, clock=clock.now) as parts, database(scratch, "audit_reviewer") as reviewer:
        pieces = wiring.parts(reviewer, parts.log, parts.review, parts.epoch_keys, TAG_KEYS)
        servicer = oversight_server.OversightServicer(pieces)
        server, port, _ = build(
            Serving(
                name=SYSTEM,
                listen="127.0.0.1:0",
                services={pb.DESCRIPTOR.services_by_name["OversightService"]: always},
                register=lambda server: oversight_pb2_grpc.add_OversightServiceServicer_to_server(servicer, server),
                ledger=OwnLedger(parts.log),
                max_message_bytes=MAX_BYTES + 64 * 1024,
            )
        )
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = oversight_pb2_grpc.OversightServiceStub(channel)
                yield Oversight(parts, pieces, clock, stub, f"127.0.0.1:{port}")
        finally:
            await server.stop(None)
