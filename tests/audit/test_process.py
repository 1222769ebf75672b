"""The service as a process, on a PostgreSQL that keeps what it confirms."""

import asyncio
import json
import os
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import audit_pb2 as pb
from anpr.audit.v1 import audit_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.audit import remote
from services.local import databases, postgres
from tests.audit.test_server import MATCHING, fields
from tests.engines import Scratch

pytestmark = pytest.mark.postgres
FILES = {"LOG_KEY_FILE": 1, "RECEIPT_KEY_FILE": 2, "TAG_KEY_FILE": 3}


@dataclass(frozen=True, slots=True)
class Home:
    """Database and keys of a service that can be started and stopped."""

    scratch: Scratch
    keys: Path

    def environment(self, **changes: str) -> dict[str, str]:
        mine = {
            "ANPR_LISTEN": "127.0.0.1:0",
            "ANPR_REGION": "test",
            "ANPR_ZONE": "local",
            "ANPR_DATABASE": self.scratch.dsn("audit_appender"),
            "ANPR_LOG_ORIGIN": "audit.test.example/process",
            "ANPR_EPOCH_KEYS_DIR": str(self.keys / "epochs"),
        }
        for variable, role in (("DATABASE", "appender"), ("INTEGRATOR", "integrator"), ("REVIEWER", "reviewer")):
            mine[f"ANPR_{variable}_PASSWORD_FILE"] = str(self.scratch.password_file(f"audit_{role}"))
        mine |= {f"ANPR_{name}": str(self.keys / name) for name in FILES}
        return {**inherited(), **mine, **changes}


def inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}


def home(scratch: Scratch, keys: Path) -> Home:
    (keys / "epochs").mkdir(parents=True)
    for name, value in FILES.items():
        (keys / name).write_bytes(bytes([value]) * 32)
    return Home(scratch, keys)


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    """A server with fsync, and the database of audit on it, migrated by the program that `anpr up` runs."""
    folder = tmp_path_factory.mktemp("durable")
    server = postgres.start(folder / "postgres")
    try:
        passwords = folder / "passwords"
        passwords.mkdir(mode=0o700)
        databases.ensure(server.cluster, databases.AUDIT, passwords)
        scratch = Scratch(databases.AUDIT.name, server, passwords)
        environment = {
            **inherited(),
            "ANPR_DATABASE": scratch.dsn("audit_owner"),
            "ANPR_DATABASE_PASSWORD_FILE": str(scratch.password_file("audit_owner")),
        }
        for _ in range(2):
            subprocess.run([sys.executable, "-m", "services.audit.migrate"], env=environment, check=True)
        yield scratch
    finally:
        postgres.stop(server)


@asynccontextmanager
async def spawned(environment: dict[str, str]) -> AsyncIterator[Process]:
    """A process of the service, killed at the end of the block if it still runs."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.audit", env=environment, stdout=PIPE, stderr=PIPE
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.communicate()


async def address(child: Process) -> str:
    """Where it serves, as it says itself once it does."""
    assert child.stdout is not None
    async for line in child.stdout:
        said = json.loads(line)
        if said["event"] == "serving":
            return f"127.0.0.1:{said['port']}"
    raise AssertionError("the service ended before it served")


async def append(where: str, entries: list[pb.EntryFields]) -> list[int]:
    async with grpc.aio.insecure_channel(where) as channel:
        stub = audit_pb2_grpc.AuditServiceStub(channel)
        request = pb.AppendBatchRequest(fields=entries)
        answer = await stub.AppendBatch(request, metadata=MATCHING.metadata(), timeout=10)
    return [receipt.index for receipt in answer.receipts]


async def until_signed(where: str, size: int) -> None:
    while True:
        if (await remote.verify(where)).size >= size:
            return
        await asyncio.sleep(0.1)


async def until_healthy(where: str) -> None:
    async with grpc.aio.insecure_channel(where) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        while True:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            await asyncio.sleep(0.1)


async def test_a_killed_service_has_lost_nothing_that_it_promised(durable: Scratch, tmp_path: Path) -> None:
    lived = home(durable, tmp_path)
    entries = [fields("ENTRY_KIND_INTENT") for _ in range(400)]
    promised: dict[str, int] = {}

    async def write_on(where: str) -> None:
        for one in entries:
            (promised[one.id],) = await append(where, [one])

    async with spawned(lived.environment()) as first:
        writing = asyncio.ensure_future(write_on(await address(first)))
        while len(promised) < 40:
            await asyncio.wait({writing}, timeout=0.01)
        first.kill()
        with pytest.raises(grpc.aio.AioRpcError):
            await writing
    assert 40 <= len(promised) < 400

    async with spawned(lived.environment()) as second:
        where = await address(second)
        again = [index for start in (0, 200) for index in await append(where, entries[start : start + 200])]
        assert again == list(range(400))
        assert {one.id: index for one, index in zip(entries, again, strict=True) if one.id in promised} == promised
        await until_signed(where, 400)
        result = await remote.verify(where)
        assert result.holds, result.failures
        await until_healthy(where)
        second.terminate()
        assert await second.wait() == 0

    # Who comes with other keys, or without, is not let near the log.
    wrong = tmp_path / "wrong"
    wrong.write_bytes(bytes(32))
    empty = tmp_path / "empty"
    empty.mkdir()
    for variable, file, words in (
        ("LOG_KEY_FILE", wrong, "does not verify under this log's key"),
        ("TAG_KEY_FILE", wrong, "opened with other keys"),
        ("EPOCH_KEYS_DIR", empty, "is lost"),
    ):
        async with spawned(lived.environment(**{f"ANPR_{variable}": str(file)})) as stranger:
            said, complaint = await stranger.communicate()
            assert stranger.returncode == 1
            assert words in (said + complaint).decode()


async def test_it_does_not_start_on_a_database_that_may_lose_commits(scratch: Scratch, tmp_path: Path) -> None:
    async with spawned(home(scratch, tmp_path).environment()) as child:
        said, complaint = await child.communicate()
        assert child.returncode == 1
        assert "fsync, full_page_writes must be on" in (said + complaint).decode()


async def test_it_does_not_start_without_its_settings() -> None:
    async with spawned(inherited()) as child:
        said, complaint = await child.communicate()
        assert child.returncode == 1
        assert "ANPR_LOG_ORIGIN is missing" in (said + complaint).decode()
