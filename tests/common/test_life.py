"""The end of a service process: what is under way ends well, nobody waits for ever, and the exit status is 0."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.matching.v1 import alert_pb2, alert_pb2_grpc, sighting_pb2, sighting_pb2_grpc

from tests.common.served import SLOW
from tests.common.test_door import CONTEXT, OFFICER
from tests.common.test_exposition import GET, ask, status

ROOT = Path(__file__).parents[2]
WITHIN_S = 60.0
TRACE = "0af7651916cd43dd8448eb211c80319c"


@dataclass(frozen=True, slots=True)
class House:
    """A running process of tests.common.served."""

    child: asyncio.subprocess.Process
    channel: grpc.aio.Channel
    metrics_port: int
    folder: Path

    async def begun(self) -> None:
        """Returns when a slow call is at work."""
        async with asyncio.timeout(WITHIN_S):
            while not (self.folder / "begun").exists():
                await asyncio.sleep(0.02)

    def go_on(self) -> None:
        (self.folder / "go").touch()

    async def ended(self) -> int:
        async with asyncio.timeout(WITHIN_S):
            return await self.child.wait()

    def look_up(self, plate: str = SLOW) -> Any:
        request = sighting_pb2.LookupPlateRequest(access=CONTEXT, plate=plate)
        metadata = (*OFFICER.metadata(), ("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"))
        return sighting_pb2_grpc.SightingServiceStub(self.channel).LookupPlate(request, metadata=metadata, timeout=30)

    def watch(self) -> Any:
        request = alert_pb2.WatchAlertsRequest(access=CONTEXT)
        return alert_pb2_grpc.AlertServiceStub(self.channel).WatchAlerts(request, metadata=OFFICER.metadata())


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    command = (sys.executable, "-m", "tests.common.served", "127.0.0.1:0", "127.0.0.1:0", str(folder))
    with (folder / "log").open("wb") as log:
        child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=log)
    try:
        async with asyncio.timeout(WITHIN_S):
            while (serving := next(said(folder, "serving"), None)) is None:
                await asyncio.sleep(0.05)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{serving['port']}") as channel:
            yield House(child, channel, serving["metrics_port"], folder)
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def said(folder: Path, event: str) -> Iterator[dict[str, Any]]:
    """Lines of the process's log with this event."""
    lines = (folder / "log").read_text().splitlines()
    return (line for line in map(json.loads, filter(lambda text: text.endswith("}"), lines)) if line["event"] == event)


@pytest.mark.parametrize("again", [(), (signal.SIGTERM,), (signal.SIGINT, signal.SIGTERM, signal.SIGINT)])
async def test_a_call_under_way_is_answered_and_the_process_ends_in_order(
    tmp_path: Path, again: tuple[signal.Signals, ...]
) -> None:
    async with house(tmp_path) as it:
        looking = asyncio.ensure_future(it.look_up())
        await it.begun()
        assert status(await asyncio.to_thread(ask, it.metrics_port, GET)) == "HTTP/1.1 200 OK"
        it.child.terminate()
        for number in again:
            await asyncio.sleep(0.05)
            it.child.send_signal(number)
        await asyncio.sleep(0.2)
        it.go_on()
        assert (await looking).receipt.outcome_note
        assert await it.ended() == 0
    assert list(said(tmp_path, "stopped"))
    assert not list(said(tmp_path, "died"))


async def test_streams_are_ended_and_calls_that_never_end_are_cut_off(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        watch, looking = it.watch(), asyncio.ensure_future(it.look_up())
        assert (await watch.read()).resume_token == "begin"
        await it.begun()
        it.child.send_signal(signal.SIGINT)
        with pytest.raises(grpc.aio.AioRpcError) as cut:
            await watch.read()
        assert cut.value.code() is grpc.StatusCode.UNAVAILABLE
        with pytest.raises(grpc.aio.AioRpcError) as cut:
            await looking
        assert cut.value.code() is grpc.StatusCode.UNAVAILABLE
        assert await it.ended() == 0


async def test_who_comes_after_the_end_has_begun_is_told_to_come_again(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        watch = it.watch()
        await watch.read()
        it.child.terminate()
        codes = []
        async with asyncio.timeout(WITHIN_S):
            while it.child.returncode is None:
                try:
                    await it.look_up("1-ABC-123")
                except grpc.aio.AioRpcError as refused:
                    codes.append(refused.code())
                await asyncio.sleep(0.05)
        # CANCELLED is what grpc says to a call that crosses with the end itself.
        assert grpc.StatusCode.UNAVAILABLE in codes
        assert set(codes) <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
        assert await it.ended() == 0


async def test_a_call_leaves_one_line_that_names_no_person_and_no_plate(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.look_up("1-XQZ-417")
        text = (await asyncio.to_thread(ask, it.metrics_port, GET)).decode()
    (line,) = said(tmp_path, "call.ended")
    assert {name: line[name] for name in ("rpc", "code", "reason", "system", "trace_id", "service")} == {
        "rpc": "anpr.matching.v1.SightingService.LookupPlate",
        "code": "OK",
        "reason": "",
        "system": "terminal-7",
        "trace_id": TRACE,
        "service": "matching",
    }
    assert line["milliseconds"] > 0
    log = (tmp_path / "log").read_text()
    for secret in ("1-XQZ-417", "1XQZ417", OFFICER.person, CONTEXT.case_reference):
        assert secret not in log
        assert secret not in text
    assert 'anpr_ledger_appends_total{kind="intent",result="durable"} 1.0' in text
