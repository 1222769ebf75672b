"""Recognition and matching as real servers in this process, that fail when told to."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import sighting_pb2, sighting_pb2_grpc
from anpr.recognition.v1 import recognition_pb2, recognition_pb2_grpc

from services.common import calls
from services.common.errors import Conflict, Refusal
from services.common.server import Serving, always, build


class ReadConflict(Conflict):
    """A read id came with another content."""

    reason = "READ_CONFLICT"


def plate(number: int) -> plate_pb2.Plate:
    """An invented plate that tells which reading it comes from."""
    return plate_pb2.Plate(raw=f"0-TST-{number:03d}", text=f"0TST{number:03d}", confidence=0.9)


@dataclass
class Recognition(recognition_pb2_grpc.RecognitionServiceServicer):
    """Every reading differs from every other, so that a second reading of a frame cannot be mistaken for the first.

    refusals: raised one after the other, before it answers; plates: how many each picture has; hold: each call waits for it.
    """

    refusals: list[Refusal] = field(default_factory=list)
    always: Refusal | None = None
    plates: int = 1
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    delay_s: float = 0.0
    readings: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    engine: str = "for-tests"
    roles: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hold.set()

    async def Recognize(
        self, request: recognition_pb2.RecognizeRequest, context: object
    ) -> recognition_pb2.RecognizeResponse:
        self.asked += 1
        self.roles |= calls.of(context).caller.roles
        await self.hold.wait()
        await asyncio.sleep(self.delay_s)
        if self.always is not None:
            raise self.always
        if self.refusals:
            raise self.refusals.pop(0)
        self.readings[hashlib.sha256(request.picture).hexdigest()] += 1
        return recognition_pb2.RecognizeResponse(
            plates=[plate(self.readings.total()) for _ in range(self.plates)],
            engine=plate_pb2.Engine(name=self.engine, version="1", model_sha256="00"),
        )


@dataclass
class Matching(sighting_pb2_grpc.SightingServiceServicer):
    """Stores reads by id. `lost_answers`: so many calls are stored and then answered with a failure.

    refuse: names reads that are never taken; stored: the bytes of each read as it came first.
    """

    refusals: list[Refusal] = field(default_factory=list)
    always: Refusal | None = None
    lost_answers: int = 0
    refuse: Callable[[plate_pb2.Read], Refusal | None] = lambda _: None
    stored: dict[str, bytes] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    batches: list[int] = field(default_factory=list)

    async def RecordSightings(
        self, request: sighting_pb2.RecordSightingsRequest, context: object
    ) -> sighting_pb2.RecordSightingsResponse:
        self.sent.update(read.read_id for read in request.reads)
        self.batches.append(len(request.reads))
        if self.always is not None:
            raise self.always
        if self.refusals:
            raise self.refusals.pop(0)
        for read in request.reads:
            if (refusal := self.refuse(read)) is not None:
                raise refusal
        for read in request.reads:
            content = read.SerializeToString(deterministic=True)
            if self.stored.setdefault(read.read_id, content) != content:
                raise ReadConflict("the read id was used for another content")
        if self.lost_answers:
            self.lost_answers -= 1
            raise RuntimeError("stored, and then the answer is lost")
        return sighting_pb2.RecordSightingsResponse(sighting_ids=[f"s-{read.read_id}" for read in request.reads])

    def reads(self) -> list[plate_pb2.Read]:
        return [plate_pb2.Read.FromString(content) for content in self.stored.values()]


@dataclass(frozen=True)
class Running:
    """A server with its address."""

    server: grpc.aio.Server
    address: str


@asynccontextmanager
async def running(servicer: Recognition | Matching, *, port: int = 0) -> AsyncIterator[Running]:
    """Serves behind the real door, so that the caller's identity and role are checked."""

    def register(server: grpc.aio.Server) -> None:
        if isinstance(servicer, Recognition):
            recognition_pb2_grpc.add_RecognitionServiceServicer_to_server(servicer, server)
        else:
            sighting_pb2_grpc.add_SightingServiceServicer_to_server(servicer, server)

    module, name = (
        (recognition_pb2, "RecognitionService")
        if isinstance(servicer, Recognition)
        else (sighting_pb2, "SightingService")
    )
    serving = Serving(
        name="test",
        listen=f"127.0.0.1:{port}",
        services={module.DESCRIPTOR.services_by_name[name]: always},
        register=register,
        max_message_bytes=17 * 1024 * 1024,
    )
    server, port, _ = build(serving)
    await server.start()
    try:
        yield Running(server, f"127.0.0.1:{port}")
    finally:
        await server.stop(0)
