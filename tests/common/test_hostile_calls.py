"""Whatever is sent to a door: the answer has a code of the contract, and says nothing of what lies behind it."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import ingest_pb2
from anpr.matching.v1 import alert_pb2, hotlist_pb2, sighting_pb2

from services.common import refusals, server
from services.common.caller import Caller, service
from tests.common.served import FAULT, MAX_MESSAGE_BYTES, SECRETS, SLOW, serving
from tests.common.test_door import CONTEXT, OFFICER

TELLTALE = re.compile(
    r"/(?:var|usr|home|root|tmp|etc|opt|work)\b|\.py\b|SELECT|INSERT|Traceback|psycopg|UniqueViolation|postgres|line \d+"
)
LOOKUP = "/anpr.matching.v1.SightingService/LookupPlate"
RECORD = "/anpr.matching.v1.SightingService/RecordSightings"
WATCH = "/anpr.matching.v1.AlertService/WatchAlerts"
IMPORT = "/anpr.matching.v1.HotlistService/ImportEntries"
FRAMES = "/anpr.ingest.v1.IngestService/StreamFrames"
INGEST = service("ingest")
CAMERA = Caller(system="camera-1", roles=frozenset({"camera"}))
MANAGER = replace(OFFICER, roles=frozenset({"hotlist_manager"}))
FOR = {LOOKUP: OFFICER, RECORD: INGEST, WATCH: OFFICER, IMPORT: MANAGER, FRAMES: CAMERA}
NONE = ""  # grpc itself answers, without ErrorInfo


def look_up(plate: str) -> bytes:
    return sighting_pb2.LookupPlateRequest(access=CONTEXT, plate=plate).SerializeToString()


def record(plate: str) -> bytes:
    read = plate_pb2.Read(plate=plate_pb2.Plate(text=plate))
    return sighting_pb2.RecordSightingsRequest(reads=[read]).SerializeToString()


def frame(camera: str) -> bytes:
    submitted = ingest_pb2.SubmitFrameRequest(capture=plate_pb2.Capture(camera_id=camera))
    return ingest_pb2.StreamFramesRequest(frame=submitted).SerializeToString()


def watch(*lists: str) -> bytes:
    return alert_pb2.WatchAlertsRequest(access=CONTEXT, hotlist_ids=lists).SerializeToString()


BEGINNING = hotlist_pb2.ImportEntriesRequest(access=CONTEXT, hotlist_id="stolen").SerializeToString()
ODD = b"\xff\xff\xff"
LARGE = b"\x0a" + bytes(MAX_MESSAGE_BYTES + 1)
CASES = [
    (LOOKUP, [look_up(FAULT)], None, "INTERNAL", "INTERNAL"),
    (RECORD, [record(FAULT)], None, "INTERNAL", "INTERNAL"),
    (WATCH, [watch(FAULT)], None, "INTERNAL", "INTERNAL"),
    (FRAMES, [frame("camera-1"), frame(FAULT)], None, "INTERNAL", "INTERNAL"),
    *((path, [ODD], None, "INVALID_ARGUMENT", "FIELD_INVALID") for path in (LOOKUP, RECORD, WATCH, IMPORT, FRAMES)),
    (IMPORT, [BEGINNING, ODD], None, "INVALID_ARGUMENT", "FIELD_INVALID"),
    (FRAMES, [frame("camera-1"), ODD], None, "INVALID_ARGUMENT", "FIELD_INVALID"),
    *((path, [], None, "INVALID_ARGUMENT", "FIELD_INVALID") for path in (LOOKUP, RECORD, WATCH, IMPORT)),
    *((path, [LARGE], None, "RESOURCE_EXHAUSTED", NONE) for path in (LOOKUP, RECORD, WATCH, IMPORT, FRAMES)),
    (IMPORT, [BEGINNING, LARGE], None, "RESOURCE_EXHAUSTED", NONE),
    *(
        (path, [b""], "nobody", "UNAUTHENTICATED", "IDENTITY_MISSING")
        for path in (LOOKUP, RECORD, WATCH, IMPORT, FRAMES)
    ),
    *((path, [b""], "other", "PERMISSION_DENIED", "ROLE_NOT_PERMITTED") for path in (LOOKUP, RECORD, WATCH, IMPORT)),
    (FRAMES, [], "other", "PERMISSION_DENIED", "ROLE_NOT_PERMITTED"),
    (LOOKUP, [b""], None, "INVALID_ARGUMENT", "ACCESS_CONTEXT_INCOMPLETE"),
    ("/anpr.matching.v1.SightingService/Nothing", [b""], None, "UNIMPLEMENTED", NONE),
    ("/anpr.matching.v1.SightingService/../../etc/passwd", [b""], None, "UNIMPLEMENTED", NONE),
    ("/anpr.matching.v1.SightingService", [b""], None, "UNIMPLEMENTED", NONE),
    ("/anpr.audit.v1.AuditService/Append", [b""], None, "UNIMPLEMENTED", NONE),
    ("/", [b""], None, "UNIMPLEMENTED", NONE),
]
CALLERS = {"nobody": Caller(system=""), "other": replace(OFFICER, roles=frozenset({"technician"}))}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended."""

    failure: grpc.aio.AioRpcError

    @property
    def all_that_is_said(self) -> str:
        trailing = self.failure.trailing_metadata() or ()
        return " ".join([self.failure.details() or "", *(f"{key} {value!r}" for key, value in trailing)])


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    running, port, _ = server.build(serving("127.0.0.1:0", "", tmp_path))
    await running.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened
    await running.stop(0)


async def ended(channel: grpc.aio.Channel, path: str, messages: Iterable[bytes], who: Caller, **options: Any) -> Answer:
    call: Any = channel.stream_stream(path)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        async for _ in call(iter(messages), metadata=who.metadata(), **{"timeout": 20, **options}):
            pass
    return Answer(failure.value)


def verify_silence(answer: Answer) -> None:
    assert not TELLTALE.search(answer.all_that_is_said), answer.all_that_is_said
    assert not [secret for secret in SECRETS if secret in answer.all_that_is_said]


@pytest.mark.parametrize(("path", "messages", "who", "code", "reason"), CASES)
async def test_a_hostile_call_gets_a_clear_answer_that_gives_nothing_away(
    channel: grpc.aio.Channel, path: str, messages: list[bytes], who: Any, code: str, reason: str
) -> None:
    caller = who if isinstance(who, Caller) else CALLERS.get(who, FOR.get(path, OFFICER))
    answer = await ended(channel, path, messages, caller)
    assert answer.failure.code().name == code, answer.all_that_is_said
    assert refusals.reason(answer.failure) == reason, answer.all_that_is_said
    verify_silence(answer)


@pytest.mark.parametrize(
    "metadata",
    [
        {"grpc-encoding": "nonsense"},
        {"traceparent": "00-" + "g" * 32 + "-x"},
        {"traceparent": "x" * 4000},
        {"anpr-person": "../../etc/passwd"},
        {"anpr-roles": "officer," * 60},
        {"anpr-roles": "SELECT,officer"},
        {"x-forwarded-for": "'; DROP TABLE matching.sighting; --"},
        {"blob-bin": b"\x00\xff" * 100},
    ],
)
async def test_hostile_metadata_is_answered_or_refused_and_never_a_fault(
    channel: grpc.aio.Channel, metadata: dict[str, Any]
) -> None:
    call: Any = channel.stream_stream(LOOKUP)
    given = {**dict(OFFICER.metadata()), **metadata}
    answers = []
    try:
        async for _ in call(iter([look_up("1-ABC-123")]), metadata=tuple(given.items()), timeout=20):
            pass
    except grpc.aio.AioRpcError as failure:
        answers.append(Answer(failure))
    for answer in answers:
        assert answer.failure.code().name in (
            "UNAUTHENTICATED",
            "PERMISSION_DENIED",
            "UNIMPLEMENTED",
            "RESOURCE_EXHAUSTED",
        )
        verify_silence(answer)


@pytest.mark.parametrize(("path", "message"), [(LOOKUP, look_up(SLOW)), (RECORD, record(SLOW)), (WATCH, watch())])
async def test_a_call_whose_time_is_over_says_no_more_than_that(
    channel: grpc.aio.Channel, path: str, message: bytes
) -> None:
    answer = await ended(channel, path, [message], FOR[path], timeout=0.2)
    assert answer.failure.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    verify_silence(answer)


@pytest.mark.parametrize("path", [LOOKUP, RECORD, WATCH, IMPORT, FRAMES])
async def test_callers_who_hang_up_at_any_moment_leave_a_server_that_answers(
    channel: grpc.aio.Channel, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = {LOOKUP: look_up(SLOW), RECORD: record(SLOW), WATCH: watch(), IMPORT: BEGINNING, FRAMES: frame(SLOW)}[
        path
    ]
    for moment_s in (0.0, 0.001, 0.01, 0.05):
        open_call: Any = channel.stream_stream(path)
        call = open_call(iter([message]), metadata=FOR[path].metadata())
        await asyncio.sleep(moment_s)
        call.cancel()
    answer = await ended(channel, path, [ODD], FOR[path])
    assert answer.failure.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "call.failed" not in capsys.readouterr().out, "hanging up is no fault of ours"
