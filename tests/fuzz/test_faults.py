"""The fuzzer sees what it is there to see: planted faults, one of each kind."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.ingest.v1 import camera_pb2, camera_pb2_grpc

from services.common import server
from services.common.server import Serving
from tests.fuzz import calls, probe, replay, sockets, town
from tests.fuzz.calls import Case, Lines
from tests.fuzz.contract import Metadata
from tests.fuzz.probe import Probe
from tests.fuzz.sockets import Connection
from tests.fuzz.tally import HANG, Outcome, Tally
from tests.fuzz.town import Snapshot

CAMERA: Metadata = (("anpr-system", "camera-1"), ("anpr-roles", "camera"))


class Cameras(camera_pb2_grpc.CameraServiceServicer):
    """Raises on one camera, hangs on another."""

    async def GetCamera(self, request: camera_pb2.GetCameraRequest, context: object) -> camera_pb2.GetCameraResponse:
        if request.camera_id == "raise":
            raise ValueError(request.camera_id)
        if request.camera_id == "hang":
            await asyncio.Event().wait()
        return camera_pb2.GetCameraResponse()


# The stubs call a servicer abstract until it has all methods.
def _some_of(servicer: Any) -> Any:
    return servicer()


@asynccontextmanager
async def _lines() -> AsyncIterator[Lines]:
    services = {camera_pb2.DESCRIPTOR.services_by_name["CameraService"]: server.always}

    def register(into: grpc.aio.Server) -> None:
        camera_pb2_grpc.add_CameraServiceServicer_to_server(_some_of(Cameras), into)

    running, port, _ = server.build(Serving(name="ingest", listen="127.0.0.1:0", services=services, register=register))
    await running.start()
    async with Lines({"ingest": f"127.0.0.1:{port}"}, deadline_s=1.0) as lines:
        yield lines
    await running.stop(0)


def _case(camera: str, **options: Any) -> Case:
    message = camera_pb2.GetCameraRequest(camera_id=camera).SerializeToString()
    path = "/anpr.ingest.v1.CameraService/GetCamera"
    return Case("planted", 7, "ingest", path, CAMERA, (message,), **options)


@pytest.mark.parametrize(("camera", "word"), [("raise", "INTERNAL"), ("hang", HANG), ("well", "OK")])
async def test_a_method_that_fails_or_hangs_is_told_of_and_kept(
    camera: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally(tmp_path)
    async with _lines() as lines:
        case = _case(camera)
        outcome = await lines.send(case)
        tally.add(case.door, case.number, outcome, case.encode())
        assert outcome.word == word
        if word == "OK":
            assert not tally.faults
            return
        assert "planted 7" in capsys.readouterr().out
        (file,) = tmp_path.iterdir()  # noqa: ASYNC240 (one file)
        again = await lines.send(calls.decode(replay.read(file)))
    assert again.word == word
    assert any(line.startswith("planted") for line in tally.lines())


@pytest.mark.parametrize("manner", [calls.BROKEN, calls.OPEN])
async def test_a_call_that_is_given_up_is_no_hang(manner: str) -> None:
    async with _lines() as lines:
        assert (await lines.send(_case("hang", manner=manner, pause_s=0.01))).word == "CANCELLED"


async def test_bytes_for_a_case_go_into_its_file_and_back() -> None:
    case = Case("d", 1, "audit", "/x", (("a-bin", b"\0\xff"), ("b", "c")), (b"\0", b""), calls.OPEN, 0.5, endless=True)
    assert calls.decode(json.loads(json.dumps(case.encode()))) == case
    connection = Connection(1, "audit:1", b"\0\xff")
    assert sockets.decode(json.loads(json.dumps(connection.encode()))) == connection


def _raise(content: bytes) -> None:
    raise KeyError(content)


def _loop(content: bytes) -> None:
    while content is not None:
        pass


@pytest.mark.parametrize(
    ("look", "documented", "word"), [(_raise, (), "FAULT"), (_loop, (), HANG), (_raise, (KeyError,), "KeyError")]
)
def test_a_function_that_fails_or_hangs_is_noticed(
    look: Any, documented: tuple[type[Exception], ...], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "HANG_S", 0.05)
    assert probe.examine(Probe("planted", lambda _: b"", look, documented), b"x").word == word


HOARD = (
    "import sys; held = []\nfor line in sys.stdin: held.append(bytearray(b'x') * (80 << 20)); print('held', flush=True)"
)


def test_a_process_that_hoards_memory_or_dies_is_noticed() -> None:
    """A child of a child: what the workers of a service hold counts as well."""
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOARD!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        snapshots = []
        for _ in range(3):
            print("more", file=child.stdin, flush=True)
            child.stdout.readline()
            snapshots.append(_snapshot(child.pid))
        child.stdin.close()
    begin, plateau, end = snapshots
    assert town.leaks(plateau, end) == ["ingest has grown by 80 MiB"]
    assert not town.leaks(plateau, plateau)
    assert not town.restarts(begin, end)
    (words,) = town.restarts(begin, Snapshot({**end.pids, "ingest": (1,)}, end.rss_bytes))
    assert words.startswith("ingest died")


def _snapshot(pid: int) -> Snapshot:
    others: Mapping[str, Any] = dict.fromkeys(town.SERVICES, ())
    found = town.snapshot({"ingest": pid})
    assert len(found.pids["ingest"]) == 2
    return Snapshot({**others, **found.pids}, {**dict.fromkeys(town.SERVICES, 0), **found.rss_bytes})


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ({"level": "error", "event": "call.failed"}, True),
        ({"level": "critical", "event": "died"}, True),
        ({"level": "warning", "event": "worker.gone"}, True),
        ({"level": "warning", "event": "audit.append_failed", "code": "INVALID_ARGUMENT"}, True),
        ({"level": "warning", "event": "audit.append_failed", "code": "UNAVAILABLE"}, False),
        ({"level": "info", "event": "serving"}, False),
        ("words of a library", False),
    ],
)
def test_what_a_service_says_of_itself_is_read(line: object, is_fault: bool, tmp_path: Path) -> None:
    for name in town.SERVICES:
        text = json.dumps(line) if isinstance(line, dict) else str(line)
        (tmp_path / f"{name}.log").write_text(f"{text}\n" if name == "audit" else "")
    assert any(map(town.is_fault, town.log_events(tmp_path))) is is_fault


def test_a_fault_that_all_cases_have_does_not_fill_the_disk(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    for number in range(80):
        tally.add("planted", number, Outcome("INTERNAL", 1.0, "x"), {})
    assert len(list(tmp_path.iterdir())) == 50
    assert tally.counts["planted"]["INTERNAL"] == 80
