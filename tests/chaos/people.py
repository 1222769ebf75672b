"""People who use the suite while it is being killed: what they were answered is remembered, what they were refused is counted."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import grpc
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from anpr.common.v1 import access_pb2, plate_pb2
from anpr.matching.v1 import hotlist_pb2, hotlist_pb2_grpc, sighting_pb2, sighting_pb2_grpc

from services.common import ledger, refusals
from services.local.desk import AUDITOR, INVESTIGATION, person
from tests.chaos import plan
from tests.chaos.plan import Wanted
from tests.chaos.records import Answer

OFFICER = person("officer-roelandts", "officer")
WATCHER = person("watcher-dekeyser", "officer")
MANAGER = person("manager-vercauteren", "hotlist_manager")
PERSONS = tuple(one.person for one in (OFFICER, WATCHER, MANAGER, AUDITOR))

DEADLINE_S = 10.0
PAGE = 4
# What a kill may do to a call. Anything else that somebody is told is a fault of the suite.
OF_A_KILL = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,
    }
)
COLUMNS = "plate,valid_from,valid_until,note,source_reference"


@dataclass(slots=True)
class Memory:
    """What the people of a run remember."""

    answers: list[Answer] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    listed: set[tuple[str, str]] = field(default_factory=set)
    heads: list[str] = field(default_factory=list)

    def keep(self, rpc: str, response: Any, count: int = 0, ids: Sequence[str] = ()) -> None:
        """Remembers an answer."""
        self.answers.append(answer(rpc, response.receipt, count, ledger.digest(ids)))

    def refuse(self, rpc: str, error: grpc.aio.AioRpcError) -> None:
        """Counts a refusal."""
        words = f"{error.code().name} {refusals.reason(error)}".strip()
        self.refused[f"{rpc} {words}"] += 1
        if not is_of_a_kill(error):
            self.faults.append(f"{rpc} {words}: {error.details()}")


def is_of_a_kill(error: grpc.aio.AioRpcError) -> bool:
    """Whether a kill alone explains what a caller was told.

    When a service dies in the middle of an answer that has begun, Envoy can only reset the stream, which gRPC calls INTERNAL.
    What a service itself calls INTERNAL comes with an ErrorInfo.
    """
    is_reset = error.code() is grpc.StatusCode.INTERNAL and "RST_STREAM" in (error.details() or "")
    return error.code() in OF_A_KILL or (is_reset and not refusals.reason(error))


def answer(rpc: str, receipt: access_pb2.Receipt, count: int, digest: str) -> Answer:
    """An answer with its receipt."""
    return Answer(rpc, receipt.intent_id, receipt.outcome_id, receipt.intent_note, receipt.outcome_note, count, digest)


class People:
    """An officer, a manager of hotlists and an auditor, at one gateway. Each `..._on` goes on until `closed` is set."""

    def __init__(self, channel: grpc.aio.Channel, seed: int) -> None:
        self._sightings = sighting_pb2_grpc.SightingServiceStub(channel)
        self._hotlists = hotlist_pb2_grpc.HotlistServiceStub(channel)
        self._audit = audit_pb2_grpc.AuditServiceStub(channel)
        self._random = Random(f"{seed} people")
        self._wanted: Wanted = plan.wanted(seed)
        self.memory = Memory()
        self.closed = asyncio.Event()

    async def open(self) -> None:
        """Makes the lists, and puts on them what is wanted from the start."""
        for hotlist_id in (plan.MANUAL, plan.IMPORTED):
            hotlist = hotlist_pb2.Hotlist(
                hotlist_id=hotlist_id,
                name="Chaos",
                category=hotlist_pb2.HOTLIST_CATEGORY_STOLEN,
                priority=5,
                owner="unit-1",
                source="chaos",
                legal_ground=INVESTIGATION.legal_ground,
            )
            request = hotlist_pb2.CreateHotlistRequest(access=INVESTIGATION, hotlist=hotlist)
            created = await self._hotlists.CreateHotlist(request, metadata=MANAGER.metadata(), timeout=DEADLINE_S)
            self.memory.keep("CreateHotlist", created, 1, [hotlist_id])
        for plate in self._wanted.at_once:
            await self._list(plate)

    async def look_up_on(self) -> None:
        """The officer looks plates up, page by page, and takes a refusal for what it is."""
        while not self.closed.is_set():
            try:
                await self._look_up(self._random.choice(self._wanted.every))
            except grpc.aio.AioRpcError as refused:
                self.memory.refuse("LookupPlate", refused)
                await asyncio.sleep(0.2)
            await asyncio.sleep(self._random.uniform(0.05, 0.3))

    async def list_on(self, every_s: float) -> None:
        """The manager lists one plate after another that has passed already."""
        for plate in self._wanted.by_hand:
            await self._rest(every_s)
            await self._list(plate)

    async def import_on(self, every_s: float) -> None:
        """The manager imports the whole list anew, each time with one plate more, and with others that come and go."""
        for count in range(1, len(self._wanted.by_import) + 1):
            await self._rest(every_s)
            plates = self._wanted.by_import[:count]
            fillers = [f"9CHA{self._random.randrange(1000):03d}" for _ in range(40)]
            await self._until_answered("ImportEntries", partial(self._import, _csv([*plates, *fillers])))
            self.memory.listed |= {(plan.IMPORTED, plate) for plate in plates}

    async def look_at_heads_on(self, every_s: float) -> None:
        """The auditor keeps signed heads."""
        while not self.closed.is_set():
            try:
                request = audit_pb2.GetCheckpointRequest()
                head = await self._audit.GetCheckpoint(request, metadata=AUDITOR.metadata(), timeout=DEADLINE_S)
                self.memory.heads.append(head.note)
            except grpc.aio.AioRpcError as refused:
                self.memory.refuse("GetCheckpoint", refused)
            await asyncio.sleep(every_s)

    async def _rest(self, every_s: float) -> None:
        """Until the next change, or at once when the run is closing: what is planned is done."""
        try:
            async with asyncio.timeout(every_s):
                await self.closed.wait()
        except TimeoutError:
            return

    async def _look_up(self, plate: str) -> None:
        now = datetime.now(UTC)
        window = plate_pb2.TimeWindow()
        getattr(window, "from").FromDatetime(now - timedelta(days=1))
        window.until.FromDatetime(now + timedelta(minutes=5))
        token = ""
        for _ in range(3):
            request = sighting_pb2.LookupPlateRequest(
                access=INVESTIGATION, plate=plate, window=window, page_size=PAGE, page_token=token
            )
            page = await self._sightings.LookupPlate(request, metadata=OFFICER.metadata(), timeout=DEADLINE_S)
            ids = [sighting.read.read_id for sighting in page.sightings]
            self.memory.keep("LookupPlate", page, len(ids), ids)
            token = page.next_page_token
            if not token:
                return

    async def _list(self, plate: str) -> None:
        await self._until_answered("AddEntries", partial(self._add, plate))
        self.memory.listed.add((plan.MANUAL, plate))

    async def _add(self, plate: str) -> None:
        entry = hotlist_pb2.HotlistEntry(plate=plate, note="chaos")
        entry.valid_until.FromDatetime(datetime.now(UTC) + timedelta(days=30))
        request = hotlist_pb2.AddEntriesRequest(access=INVESTIGATION, hotlist_id=plan.MANUAL, entries=[entry])
        try:
            added = await self._hotlists.AddEntries(request, metadata=MANAGER.metadata(), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as refused:
            if refusals.reason(refused) == "ENTRY_EXISTS":  # an earlier try did it, and its answer was lost
                return
            raise
        self.memory.keep("AddEntries", added, 1, added.entry_ids)

    async def _import(self, file: bytes) -> None:
        def messages() -> Iterator[hotlist_pb2.ImportEntriesRequest]:
            yield hotlist_pb2.ImportEntriesRequest(
                access=INVESTIGATION,
                hotlist_id=plan.IMPORTED,
                replace=True,
                size_bytes=len(file),
                sha256=hashlib.sha256(file).digest(),
            )
            for start in range(0, len(file), 512):
                yield hotlist_pb2.ImportEntriesRequest(chunk=file[start : start + 512])

        imported = await self._hotlists.ImportEntries(messages(), metadata=MANAGER.metadata(), timeout=DEADLINE_S)
        self.memory.keep("ImportEntries", imported)

    async def _until_answered(self, rpc: str, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await act()
            except grpc.aio.AioRpcError as refused:
                self.memory.refuse(rpc, refused)
                if not is_of_a_kill(refused) and refused.code() is not grpc.StatusCode.INTERNAL:
                    raise
                await asyncio.sleep(0.3)
            else:
                return


def _csv(plates: Sequence[str]) -> bytes:
    until = (datetime.now(UTC) + timedelta(days=20)).replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
    lines = [f"{plate},,{until},chaos,ref-{plate[-3:]}" for plate in dict.fromkeys(plates)]
    return "\n".join([COLUMNS, *lines, ""]).encode()
