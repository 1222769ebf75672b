"""The ingest process itself, killed without warning, again and again."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.common import ids
from services.local import seaweedfs
from tests.audit.keyring import RECEIPTS
from tests.engines import Scratch
from tests.ingest import pictures
from tests.ingest.neighbours import Matching, Recognition, Running, running
from tests.ingest.parts import KEK, ZONE, Parts
from tests.ingest.test_server import CAMERA, NOWHERE, frame

pytestmark = [pytest.mark.postgres, pytest.mark.s3]
ROOT = Path(__file__).parents[2]
WITHIN_S = 90.0


@dataclass(frozen=True)
class Process:
    """A running ingest and where it listens."""

    child: asyncio.subprocess.Process
    address: str

    async def kill(self) -> None:
        self.child.kill()
        await self.child.wait()

    async def serving(self, service: str = "anpr.ingest.v1.IngestService") -> bool:
        async with grpc.aio.insecure_channel(self.address) as to:
            request = health_pb2.HealthCheckRequest(service=service)
            stub: Any = health_pb2_grpc.HealthStub(to)
            try:
                answer = await stub.Check(request, timeout=5.0)
            except grpc.aio.AioRpcError:  # before its first look at itself it has no health
                return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def until_serving(self, wanted: bool = True) -> None:
        async with asyncio.timeout(WITHIN_S):
            while await self.serving() is not wanted:
                await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Launcher:
    """Starts ingest on the engines of a test."""

    environment: dict[str, str]

    @asynccontextmanager
    async def process(self, **changes: str) -> AsyncIterator[Process]:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.ingest",
            cwd=ROOT,
            env={**self.environment, **changes},
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        reading = asyncio.create_task(_port(child.stdout))
        draining = None
        try:
            async with asyncio.timeout(WITHIN_S):
                port = await reading
            draining = asyncio.create_task(_drain(child.stdout))
            yield Process(child, f"127.0.0.1:{port}")
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            if draining is not None:
                await draining


async def _port(lines: asyncio.StreamReader) -> int:
    async for line in lines:
        with suppress(ValueError):
            event = json.loads(line)
            if event.get("event") == "serving":
                return int(event["port"])
    raise AssertionError("ingest ended before it served")


async def _drain(lines: asyncio.StreamReader) -> None:
    async for _ in lines:
        pass


@pytest.fixture
def launch(scratch: Scratch, s3: seaweedfs.Server, tmp_path: Path) -> Callable[[Running, Running], Launcher]:
    (tmp_path / "evidence.key").write_bytes(KEK.secret)

    def launcher(recognition: Running, matching: Running) -> Launcher:
        return Launcher(
            {
                "PATH": os.environ["PATH"],
                "ANPR_LISTEN": "127.0.0.1:0",
                "ANPR_REGION": "region-x",
                "ANPR_ZONE": ZONE,
                "ANPR_DATABASE": scratch.dsn("ingest_writer"),
                "ANPR_DATABASE_PASSWORD_FILE": str(scratch.password_file("ingest_writer")),
                "ANPR_S3_ENDPOINT": s3.store.endpoint,
                "ANPR_S3_ACCESS_KEY_FILE": str(s3.store.access_file("writer")),
                "ANPR_S3_SECRET_KEY_FILE": str(s3.store.secret_file("writer")),
                "ANPR_S3_BUCKET": seaweedfs.BUCKET,
                "ANPR_EVIDENCE_KEY_FILE": str(tmp_path / "evidence.key"),
                "ANPR_RECOGNITION_ADDRESS": recognition.address,
                "ANPR_MATCHING_ADDRESS": matching.address,
                "ANPR_AUDIT_ADDRESS": NOWHERE,
                "ANPR_AUDIT_RECEIPT_KEYS": RECEIPTS.verifier.encode(),
                "ANPR_LEASE_S": "3",
            }
        )

    return launcher


@dataclass
class Source:
    """A camera: sends what is not acknowledged, again and again, whatever happens on the other side."""

    wanted: dict[int, bytes]
    acknowledged: dict[int, str]

    async def push(self, address: str) -> None:
        async with grpc.aio.insecure_channel(address) as to:
            stub = ingest_pb2_grpc.IngestServiceStub(to)
            with suppress(grpc.aio.AioRpcError):
                async for answer in stub.StreamFrames(self._missing(), metadata=CAMERA):
                    if answer.WhichOneof("outcome") == "acknowledged":
                        known = self.acknowledged.setdefault(answer.sequence, answer.acknowledged.frame_id)
                        assert known == answer.acknowledged.frame_id

    async def _missing(self) -> AsyncIterator[ingest_pb2.StreamFramesRequest]:
        for sequence in sorted(self.wanted.keys() - self.acknowledged.keys()):
            yield ingest_pb2.StreamFramesRequest(frame=frame(self.wanted[sequence], sequence))
            await asyncio.sleep(0.01)


async def test_no_frame_is_lost_and_none_is_doubled_by_kill_9(
    parts: Parts, scratch: Scratch, launch: Callable[[Running, Running], Launcher]
) -> None:
    """Design, "What always holds" 1: an acknowledged frame ends, exactly once, as its committed reads."""
    await parts.register()
    chance = random.Random(7)
    recognition = Recognition(delay_s=0.03, plates=2)  # type: ignore[abstract]
    matching = Matching(lost_answers=3)  # type: ignore[abstract]
    source = Source({number: pictures.jpeg(number) for number in range(1, 101)}, {})
    async with running(recognition) as reads, running(matching) as records:
        launcher = launch(reads, records)
        for _ in range(4):
            async with launcher.process() as process:
                pushing = asyncio.create_task(source.push(process.address))
                await asyncio.sleep(chance.uniform(0.2, 0.8))
                await process.kill()
                await pushing
        async with launcher.process() as process, asyncio.timeout(WITHIN_S):
            while len(source.acknowledged) < len(source.wanted):
                await source.push(process.address)
            while set(states(scratch)) != {"done"}:
                await asyncio.sleep(0.1)
    expected = {
        str(ids.read_id(ids.parse(frame_id, "id"), n)) for frame_id in source.acknowledged.values() for n in (0, 1)
    }
    assert set(matching.stored) == expected  # a second, different reading would have been a conflict, and not `done`
    assert len(states(scratch)) == len(source.wanted)


def states(scratch: Scratch) -> list[str]:
    with scratch.connect() as connection:
        return [row[0] for row in connection.execute("SELECT state::text FROM ingest.frame").fetchall()]


async def test_the_process_takes_frames_with_recognition_and_matching_down_and_stops_when_asked(
    parts: Parts, scratch: Scratch, s3: seaweedfs.Server, launch: Callable[[Running, Running], Launcher]
) -> None:
    await parts.register()
    down = Running(None, NOWHERE)  # type: ignore[arg-type]
    async with launch(down, down).process() as process:
        await process.until_serving()
        source = Source({1: pictures.jpeg(1)}, {})
        await source.push(process.address)
        assert set(source.acknowledged) == {1}
        os.killpg(s3.child.pid, signal.SIGSTOP)
        try:
            await process.until_serving(False)
            assert await process.serving("anpr.ingest.v1.CameraService")
        finally:
            os.killpg(s3.child.pid, signal.SIGCONT)
        await process.until_serving()
        process.child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(WITHIN_S):
            assert await process.child.wait() == 0
    assert states(scratch) == ["waiting"]
