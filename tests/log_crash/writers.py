"""Those who write to the log, and ask again with the same ids until they know what became of each entry."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import grpc
from anpr.audit.v1 import audit_pb2 as pb
from anpr.audit.v1 import audit_pb2_grpc
from anpr.common.v1 import access_pb2

from services.audit import merkle
from services.common import ids, receipts, refusals
from services.common.caller import Caller, service
from services.common.channels import OPTIONS
from services.common.errors import AuditUnavailable
from tests.chaos.killer import ChaosFailed
from tests.log_crash.plan import REPLICAS
from tests.log_crash.records import Memory, Promise
from tests.log_crash.stand import Place, receipt_key

SYSTEM = "matching"
MATCHING = service(SYSTEM)
AUDITOR = Caller("oversight-1", "auditor-1", "oversight", "local", frozenset({"auditor"}))
DEADLINE_S = 1.0  # as services have it for each of their two tries
KNOWN_WITHIN_S = 90.0
CONFLICT = "ENTRY_CONFLICT"
# What is said of a call whose outcome is not known, or that was not taken: the same call again finds out.
UNKNOWN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
)


@dataclass(frozen=True, slots=True)
class Door:
    """A replica, as it is called."""

    name: str
    channel: grpc.aio.Channel

    @property
    def stub(self) -> "audit_pb2_grpc.AuditServiceAsyncStub":
        return audit_pb2_grpc.AuditServiceStub(self.channel)


def doors(place: Place) -> list[Door]:
    """A door to each replica; close their channels."""
    return [Door(name, grpc.aio.insecure_channel(place.address(name), options=OPTIONS)) for name in REPLICAS]


def intent(random: Random) -> pb.EntryFields:
    """A look-up that is about to be made."""
    return pb.EntryFields(
        id=str(ids.uuid7()),
        kind=pb.ENTRY_KIND_INTENT,
        system=SYSTEM,
        actor=f"officer-{random.randrange(50)}",
        unit="unit-1",
        zone="local",
        client="terminal-1",
        roles=[access_pb2.ROLE_OFFICER],
        access=access_pb2.AccessContext(
            purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
            legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
            case_reference=f"BR.55.{random.randrange(10_000):06}/2026",
        ),
        rpc="anpr.matching.v1.SightingService.LookupPlate",
        plate=f"1XYZ{random.randrange(1000):03}",
        query='{"plate":"1-XYZ-987"}',
    )


def outcome(of: pb.EntryFields, random: Random) -> pb.EntryFields:
    """What became of it."""
    fields = pb.EntryFields()
    fields.CopyFrom(of)
    fields.id, fields.kind, fields.ref = str(ids.uuid7()), pb.ENTRY_KIND_OUTCOME, of.id
    fields.status, fields.result_count, fields.result_digest = "OK", random.randrange(9), "ab" * 32
    return fields


class Writer:
    """One of them. All share the doors and the memory."""

    def __init__(self, doors_: Sequence[Door], memory: Memory, random: Random) -> None:
        self._doors, self._memory, self._random = doors_, memory, random

    async def write_until(self, closed: asyncio.Event) -> None:
        """Ends when the event is set and everything that was begun is known. Raises ChaosFailed when it stays unknown."""
        ways = (
            self._look_up,
            self._look_up,
            self._batch,
            self._each_alone,
            self._twins,
            self._again,
            self._taken,
            self._abandon,
        )
        while not closed.is_set():
            with suppress(grpc.aio.AioRpcError):  # it is among the faults by now
                await self._random.choice(ways)()
            await asyncio.sleep(self._random.uniform(0.0, 0.06))

    async def _look_up(self) -> None:
        first = intent(self._random)
        await self._append([first])
        await self._append([outcome(first, self._random)])

    async def _batch(self) -> None:
        """Intents and their outcomes: all or none."""
        intents = [intent(self._random) for _ in range(self._random.randint(1, 20))]
        fields = [*intents, *(outcome(one, self._random) for one in intents)]
        self._memory.groups.append(tuple(one.id for one in fields))
        await self._append(fields)

    async def _each_alone(self) -> None:
        await self._append([intent(self._random) for _ in range(self._random.randint(2, 20))], each_alone=True)

    async def _twins(self) -> None:
        """The same entry at both replicas at the same moment: both must name one place."""
        fields = [intent(self._random)]
        await asyncio.gather(*(self._append(fields, first=number) for number in range(len(self._doors))))

    async def _again(self) -> None:
        """What was promised long ago has the place it had."""
        if self._memory.promises:
            await self._append([self._memory.sent[self._random.choice(self._memory.promises).id]])

    async def _taken(self) -> None:
        """An id that has another content is refused, whatever else happens."""
        if not self._memory.promises:
            return
        other = pb.EntryFields()
        other.CopyFrom(self._memory.sent[self._random.choice(self._memory.promises).id])
        other.actor = "somebody-else"
        try:
            await self._ask(pb.AppendBatchRequest(fields=[other]))
        except grpc.aio.AioRpcError as refused:
            self._memory.conflicts.append(refusals.reason(refused))
        else:
            self._memory.conflicts.append("taken")

    async def _abandon(self) -> None:
        """A caller who goes away: the entry may be in the log or not, but not half."""
        intents = [intent(self._random) for _ in range(self._random.randint(1, 10))]
        self._remember(intents)
        self._memory.groups.append(tuple(one.id for one in intents))
        call = self._random.choice(self._doors).stub.AppendBatch(
            pb.AppendBatchRequest(fields=intents), metadata=MATCHING.metadata(), timeout=DEADLINE_S
        )
        await asyncio.sleep(self._random.uniform(0.0, 0.03))
        call.cancel()
        self._memory.abandoned += 1

    def _remember(self, fields: Sequence[pb.EntryFields]) -> None:
        self._memory.sent.update({one.id: one for one in fields})

    async def _append(
        self, fields: Sequence[pb.EntryFields], *, each_alone: bool = False, first: int | None = None
    ) -> None:
        self._remember(fields)
        missing = list(fields)
        while missing:
            answer = await self._ask(pb.AppendBatchRequest(fields=missing, each_alone=each_alone), first)
            told = dict(zip([one.id for one in missing], answer.receipts, strict=True))
            for one in missing:
                if not told[one.id].refusal:
                    self._keep(one, told[one.id])
            missing = [one for one in missing if told[one.id].refusal]
            self._memory.unknown.update(told[one.id].refusal for one in missing)

    async def _ask(self, request: pb.AppendBatchRequest, first: int | None = None) -> pb.AppendBatchResponse:
        """Asks one replica and then the other until the outcome is known."""
        number = self._random.randrange(len(self._doors)) if first is None else first
        deadline = time.monotonic() + KNOWN_WITHIN_S
        while True:
            door = self._doors[number % len(self._doors)]
            try:
                answer = await door.stub.AppendBatch(request, metadata=MATCHING.metadata(), timeout=DEADLINE_S)
            except grpc.aio.AioRpcError as refused:
                if refused.code() not in UNKNOWN:
                    if refusals.reason(refused) != CONFLICT:
                        self._memory.faults.append(
                            f"{refused.code().name} {refusals.reason(refused)} {refused.details()}"
                        )
                    raise
                self._memory.unknown[f"{refused.code().name} {refusals.reason(refused)}".strip()] += 1
                if time.monotonic() > deadline:
                    raise ChaosFailed(f"what became of an entry stays unknown for {KNOWN_WITHIN_S:g} s") from refused
                await asyncio.sleep(self._random.uniform(0.02, 0.2))
                number += 1
            else:
                if not all(one.refusal for one in answer.receipts):
                    self._memory.written.append((door.name, time.monotonic()))
                return answer

    def _keep(self, fields: pb.EntryFields, answer: pb.AppendResponse) -> None:
        try:
            receipts.verify(fields, answer, [receipt_key()])
        except AuditUnavailable as cause:
            self._memory.faults.append(str(cause))
        self._memory.promises.append(Promise(fields.id, answer.index, merkle.leaf_hash(answer.leaf), answer.note))


async def look_at_heads(doors_: Sequence[Door], memory: Memory, closed: asyncio.Event) -> None:
    """Keeps the heads that the replicas show, as outsiders do."""
    while not closed.is_set():
        for door in doors_:
            try:
                head = await door.stub.GetCheckpoint(pb.GetCheckpointRequest(), metadata=AUDITOR.metadata(), timeout=2)
            except grpc.aio.AioRpcError:
                continue
            memory.heads.append(head.note)
        await asyncio.sleep(0.25)
