"""The suite that is fuzzed: prepared, watched, and asked at the end whether it is well."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import psycopg
from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import camera_pb2, camera_pb2_grpc, ingest_pb2, ingest_pb2_grpc
from anpr.matching.v1 import hotlist_pb2_grpc, sighting_pb2, sighting_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from services.audit import remote
from services.common.caller import Caller, service
from services.local import kernel, progress_of_frames
from services.local.desk import MANAGER, Desk
from services.local.supervisor import Suite
from tests.fuzz import contract, doors, pictures, processes, samples
from tests.matching import builders

NUMBERS = re.compile(r"[0-9a-f.:]*[0-9][0-9a-f.:]*")
SERVICES = ("ingest", "matching", "audit", "recognition")
PARTS = (*SERVICES, "gateway", "postgres-services", "postgres-audit", "seaweedfs")
DRAIN_S = 600.0
STANDING = """
    SELECT state, count(*), max(attempts), max(faults),
        extract(epoch FROM min(next_attempt_at) - now())::int, extract(epoch FROM max(next_attempt_at) - now())::int
    FROM ingest.frame GROUP BY state ORDER BY state
"""
LEAK_BYTES = 50 * 1024 * 1024
ADMIN = Caller("desk", "admin-1", zone=samples.ZONE, roles=frozenset({"admin"}))
CAMERA = Caller(samples.CAMERA, zone=samples.ZONE, roles=frozenset({"camera"}))
# What a service writes when the log does not take an entry of its, and not because the log is busy.
REFUSED_ENTRY = frozenset({"INVALID_ARGUMENT", "INTERNAL", "UNKNOWN", "ALREADY_EXISTS", "PERMISSION_DENIED"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Process ids and memory of each part, its descendants included."""

    pids: Mapping[str, tuple[int, ...]]
    rss_bytes: Mapping[str, int]


@dataclass(slots=True)
class Town:
    """A running suite under fire."""

    suite: Suite
    channel: grpc.aio.Channel
    seen: list[Snapshot] = field(default_factory=list)

    def addresses(self) -> dict[str, str]:
        """Of the gateway and of each service."""
        return {name: self.suite.instance.address(name) for name in doors.SERVERS}

    def ports(self) -> dict[str, int]:
        """Every port on which the gateway or a service listens, by a name for it."""
        found = {f"{name}:{port}": port for name in SERVICES for port in processes.ports(self.suite.pid(name))}
        return {doors.GATEWAY: self.suite.instance.ports[doors.GATEWAY], **found}

    def look(self) -> Snapshot:
        """How it stands now. Kept for the end."""
        self.seen.append(snapshot({name: self.suite.pid(name) for name in PARTS}))
        return self.seen[-1]

    async def prepare(self) -> None:
        """A camera, hotlists with a wanted vehicle, and a few passages of it."""
        camera = samples.camera_of(samples.CAMERA)
        await camera_pb2_grpc.CameraServiceStub(self.channel).RegisterCamera(
            camera_pb2.RegisterCameraRequest(camera=camera), metadata=ADMIN.metadata()
        )
        hotlists = hotlist_pb2_grpc.HotlistServiceStub(self.channel)
        for number in range(samples.HOTLISTS):
            await hotlists.CreateHotlist(
                builders.hotlist(f"fuzz-{number}", zone=samples.ZONE), metadata=MANAGER.metadata()
            )
        entries = [builders.entry(pictures.TEXT), builders.entry("2ABC345")]
        await hotlists.AddEntries(builders.additions(entries, "fuzz-0"), metadata=MANAGER.metadata())
        reads = [self._passage(minutes) for minutes in range(1, 5)]
        async with grpc.aio.insecure_channel(self.suite.instance.address("matching")) as inside:
            await sighting_pb2_grpc.SightingServiceStub(inside).RecordSightings(
                sighting_pb2.RecordSightingsRequest(reads=reads), metadata=service("ingest").metadata()
            )

    @staticmethod
    def _passage(minutes: int) -> plate_pb2.Read:
        at = builders.now() - timedelta(minutes=minutes)
        return builders.read(pictures.TEXT, at=at, camera=samples.CAMERA, zone=samples.ZONE)

    async def tokens(self) -> dict[str, str]:
        """A valid token of each kind, by the method that gives it."""
        found: dict[str, str] = {}
        for name in ("WatchAlerts", "SearchEntries", "ListEntries", "ListCameras", "LookupPlate"):
            method = next(method for method in contract.methods() if method.name == name)
            answer: Any = await self._ask(name, contract.path(method), contract.response(method))
            found[name] = answer.resume_token if name == "WatchAlerts" else answer.next_page_token
        return found

    async def _ask(self, name: str, path: str, kind: Any) -> Any:
        roles = frozenset({"officer", "auditor", "hotlist_manager", "technician"})
        who = Caller("desk", "p1", "u", samples.ZONE, roles).metadata()
        call: Any = self.channel.unary_stream(path, response_deserializer=kind.FromString)
        answers = call(doors.token_request(name).SerializeToString(), metadata=who, timeout=20)
        first = await answers.read()
        answers.cancel()
        return first

    async def problems(self) -> list[str]:
        """What is wrong at the end."""
        begin, end = self.seen[0], self.seen[-1]
        return [
            *restarts(begin, end),
            *leaks(self.plateau(), end),
            *(f"{count} times in the log of {event}" for event, count in self.log_events().items() if is_fault(event)),
            *await self._illness(),
        ]

    def plateau(self) -> Snapshot:
        """After the first tenth of the cases: the second look, the first being before them."""
        return self.seen[min(1, len(self.seen) - 1)]

    def log_events(self) -> Counter[str]:
        """What the services told at the level of a warning or above, and what was no JSON."""
        return log_events(self.suite.instance.logs)

    async def _illness(self) -> list[str]:
        found = [f"{name} is not SERVING" for name in SERVICES if not await self._serves(name)]
        try:
            await self._drained()
        except TimeoutError:
            found.append("frames were taken and come to no end")
        try:
            await self._still_works()
        except (grpc.aio.AioRpcError, TimeoutError) as cause:
            found.append(f"a valid frame is not read and found any more: {type(cause).__name__} {cause}"[:300])
        if found:
            found.append(f"frames stand so: {await self._standing()}")
        result = await remote.verify(self.suite.instance.address("audit"))
        return found if result.holds else [*found, f"the log does not verify: {result.failures}"]

    async def _serves(self, name: str) -> bool:
        async with grpc.aio.insecure_channel(self.suite.instance.address(name)) as channel:
            check: Any = channel.unary_unary(
                "/grpc.health.v1.Health/Check", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
            )
            names = ["", *(one.full_name for one in contract.services() if one.full_name.split(".")[1] == name)]
            answers = [await check(HealthCheckRequest(service=one), timeout=20) for one in names]
        return all(answer.status == HealthCheckResponse.SERVING for answer in answers)

    async def _drained(self) -> None:
        """What was acknowledged in the meantime is read and stored."""
        async with asyncio.timeout(DRAIN_S):
            while (counts := await progress_of_frames.count(self.suite.instance)).done < counts.acknowledged:
                await asyncio.sleep(1.0)

    async def _standing(self) -> list[tuple[object, ...]]:
        """Frames by state: how many, most attempts, most faults, and in how many seconds the first and the last are due."""
        instance = self.suite.instance
        password = instance.password_file("ingest_reader").read_text().strip()
        conninfo = instance.conninfo("ingest_reader")
        async with await psycopg.AsyncConnection.connect(conninfo, password=password) as connection:
            return await (await connection.execute(STANDING)).fetchall()

    async def _still_works(self) -> None:
        """A frame goes in at the gateway, and its plate is found: one of no case, whose passages would fill the first page."""
        capture = self._passage(0).capture
        capture.sequence = (
            time.time_ns()
        )  # that of no case: the same picture again would be answered with the old frame
        frame = ingest_pb2.SubmitFrameRequest(capture=capture, picture=pictures.frame(pictures.OTHER_TEXT))
        await ingest_pb2_grpc.IngestServiceStub(self.channel).SubmitFrame(frame, metadata=CAMERA.metadata(), timeout=20)
        async with asyncio.timeout(60):
            while not await self._is_found(capture):
                await asyncio.sleep(0.2)

    async def _is_found(self, capture: plate_pb2.Capture) -> bool:
        answer = await Desk(self.channel).look_up(pictures.OTHER_TEXT)
        return any(found.read.capture.captured == capture.captured for found in answer.sightings)


def snapshot(roots: Mapping[str, int]) -> Snapshot:
    """Of the processes with these ids, by the names of their parts."""
    seen = tuple(kernel.entries())
    trees = {name: kernel.tree(root, seen) for name, root in roots.items()}
    return Snapshot(
        {name: tuple(one.pid for one in tree) for name, tree in trees.items()},
        {name: sum(one.rss_bytes for one in tree) for name, tree in trees.items()},
    )


def restarts(begin: Snapshot, end: Snapshot) -> list[str]:
    """Services that are not the same processes any more, their workers included."""
    changed = [name for name in SERVICES if begin.pids[name] != end.pids[name]]
    return [f"{name} died: its processes were {begin.pids[name]} and are {end.pids[name]}" for name in changed]


def leaks(plateau: Snapshot, end: Snapshot) -> list[str]:
    """Services that hold more memory than they should after what they have been through."""
    grown = {name: end.rss_bytes[name] - plateau.rss_bytes[name] for name in SERVICES}
    return [f"{name} has grown by {size >> 20} MiB" for name, size in grown.items() if size > LEAK_BYTES]


def log_events(folder: Path) -> Counter[str]:
    """Events by service, level and name; of a line that is no JSON, its beginning without numbers."""
    events = Counter[str]()
    for name in SERVICES:
        for line in (folder / f"{name}.log").read_text(errors="replace").splitlines():
            try:
                said = json.loads(line)
                level, event, code = said["level"], said["event"], said.get("code", "")
            except (ValueError, LookupError, TypeError):
                events[f"{name}: no JSON: {NUMBERS.sub('#', line)[:70]}"] += 1
                continue
            if level not in ("debug", "info"):
                events[f"{name}: {level} {event} {code}".strip()] += 1
    return events


def is_fault(event: str) -> bool:
    """Whether an event, as `log_events` names it, is one that no input may bring about."""
    words = event.split()
    level, code = (words[1], words[-1]) if len(words) > 2 else ("", "")
    return (
        level in ("error", "critical") or "worker.gone" in words or ("append_failed" in event and code in REFUSED_ENTRY)
    )
