"""matching as a process of its own, killed without a warning: nothing twice, nothing lost, no gap."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from anpr.matching.v1 import sighting_pb2, sighting_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from tests.audit.keyring import RECEIPTS
from tests.common.ledgers import MemoryLedger
from tests.engines import Scratch
from tests.matching.builders import INGEST, batch, read
from tests.matching.conftest import NOWHERE, Start

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[2]
PLATE = "1ABC123"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def process(scratch: Scratch, key: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, grpc.aio.Channel]]:
    """A running matching that says it serves. What is still alive at the end is killed."""
    address = f"127.0.0.1:{_free_port()}"
    settings = {
        "ANPR_LISTEN": address,
        "ANPR_REGION": "local",
        "ANPR_ZONE": "zone-a",
        "ANPR_DATABASE": scratch.dsn("matching_writer"),
        "ANPR_DATABASE_PASSWORD_FILE": str(scratch.password_file("matching_writer")),
        "ANPR_READER_PASSWORD_FILE": str(scratch.password_file("matching_reader")),
        "ANPR_AUDIT_ADDRESS": NOWHERE,
        "ANPR_AUDIT_RECEIPT_KEYS": RECEIPTS.verifier.encode(),
        "ANPR_TOKEN_KEY_FILE": str(key),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")} | settings
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.matching", cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            await _serves(channel)
            yield running, channel
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def _serves(channel: grpc.aio.Channel) -> None:
    check: grpc.aio.UnaryUnaryMultiCallable[HealthCheckRequest, HealthCheckResponse] = channel.unary_unary(
        "/grpc.health.v1.Health/Check", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
    )
    async with asyncio.timeout(60):
        while True:
            answer = await check(HealthCheckRequest(), wait_for_ready=True)
            if answer.status == HealthCheckResponse.SERVING:
                return
            await asyncio.sleep(0.05)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "token.key"
    file.write_bytes(bytes(32))
    return file


async def test_each_hit_is_raised_once_when_the_process_is_killed_again_and_again(
    scratch: Scratch, start: Start, key: Path
) -> None:
    async with start(scratch, MemoryLedger()) as matching:
        await matching.create()
        await matching.record(*[read(PLATE) for _ in range(150)])
        await matching.add(PLATE)
        # The process finds the above with its sweeper while it records the below; every batch is sent until it is answered.
        waiting = [batch(*[read(PLATE) for _ in range(5)], read("9ZZZ999")) for _ in range(60)]
        for delay_s in (0.0, 0.002, 0.005, 0.01, 0.02, None):
            async with process(scratch, key) as (running, channel):
                await _record(waiting, running, channel, delay_s)
        assert waiting == []
        await matching.sweeper.sweep()
        reads = 150 + 60 * 5
        assert matching.rows("SELECT count(*)::int FROM matching.sighting") == [(reads + 60,)]
        assert matching.rows("SELECT count(*)::int, min(position)::int, max(position)::int FROM matching.alert") == [
            (reads, 1, reads)
        ]


async def _record(
    waiting: list[sighting_pb2.RecordSightingsRequest],
    running: asyncio.subprocess.Process,
    channel: grpc.aio.Channel,
    delay_s: float | None,
) -> None:
    """Sends batches in order until the process dies: `delay_s` after the eighth was sent. None: all of them."""
    record = sighting_pb2_grpc.SightingServiceStub(channel).RecordSightings
    for turn, sent in enumerate(tuple(waiting)):
        if turn == 8 and delay_s is not None:
            asyncio.get_running_loop().call_later(delay_s, running.kill)
        try:
            await record(sent, metadata=INGEST.metadata(), timeout=20)
        except grpc.aio.AioRpcError as lost:
            if lost.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise
            return
        waiting.remove(sent)


async def test_sigterm_ends_the_process_in_order(scratch: Scratch, key: Path) -> None:
    async with process(scratch, key) as (running, _):
        running.terminate()
        await asyncio.wait_for(running.wait(), 30)
        assert running.returncode == 0
