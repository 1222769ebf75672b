"""The RPCs, over a real channel and behind the real door, wired as the process wires them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
from anpr.common.v1 import access_pb2
from anpr.ingest.v1 import (
    camera_pb2,
    camera_pb2_grpc,
    evidence_pb2,
    evidence_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
)

from services.common import refusals
from services.common.caller import Caller
from services.common.channels import open_channel
from services.common.server import build
from services.ingest import reads, wire
from services.ingest.__main__ import assemble
from services.ingest.settings import Settings
from services.local import seaweedfs
from tests.audit.keyring import RECEIPTS
from tests.engines import Scratch
from tests.ingest import pictures
from tests.ingest.parts import KEK, ZONE, Parts, camera, submission

pytestmark = [pytest.mark.postgres, pytest.mark.s3]
CAMERA = Caller("cam-1", zone=ZONE, roles=frozenset({"camera"})).metadata()
EDGE = Caller("edge-1", zone=ZONE, roles=frozenset({"edge"})).metadata()
ADMIN = Caller("desk", person="p-1", zone=ZONE, roles=frozenset({"admin"})).metadata()
OFFICER = Caller("desk", person="p-2", zone=ZONE, roles=frozenset({"officer"})).metadata()
NOWHERE = "127.0.0.1:1"


@dataclass(frozen=True)
class Stubs:
    ingest: "ingest_pb2_grpc.IngestServiceAsyncStub"
    cameras: "camera_pb2_grpc.CameraServiceAsyncStub"
    evidence: "evidence_pb2_grpc.EvidenceServiceAsyncStub"


@pytest.fixture
def config(scratch: Scratch, s3: seaweedfs.Server, tmp_path: Path) -> Settings:
    (tmp_path / "evidence.key").write_bytes(KEK.secret)
    return Settings(
        listen="127.0.0.1:0",
        region="region-x",
        zone=ZONE,
        database=scratch.dsn("ingest_writer"),
        database_password_file=scratch.password_file("ingest_writer"),
        s3_endpoint=s3.store.endpoint,
        s3_access_key_file=s3.store.access_file("writer"),
        s3_secret_key_file=s3.store.secret_file("writer"),
        s3_bucket=seaweedfs.BUCKET,
        evidence_key_file=tmp_path / "evidence.key",
        recognition_address=NOWHERE,
        matching_address=NOWHERE,
        audit_address=NOWHERE,
        audit_receipt_keys=RECEIPTS.verifier.encode(),
    )


@asynccontextmanager
async def served(config: Settings, parts: Parts) -> AsyncIterator[Stubs]:
    channels = [open_channel(NOWHERE) for _ in range(3)]
    server, port, _ = build(assemble(config, parts.pool, channels, parts.threads))
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as to:
        yield Stubs(
            ingest_pb2_grpc.IngestServiceStub(to),
            camera_pb2_grpc.CameraServiceStub(to),
            evidence_pb2_grpc.EvidenceServiceStub(to),
        )
    await server.stop(0)
    for channel in channels:
        await channel.close()


@pytest.fixture
async def stubs(config: Settings, parts: Parts) -> AsyncIterator[Stubs]:
    await parts.register()
    async with served(config, parts) as connected:
        yield connected


def frame(picture: bytes, sequence: int = 1, camera_id: str = "cam-1") -> ingest_pb2.SubmitFrameRequest:
    sent = submission(picture, sequence, camera_id)
    return ingest_pb2.SubmitFrameRequest(capture=reads.encode_capture(sent.capture), picture=picture)


def streamed(frames: list[ingest_pb2.SubmitFrameRequest]) -> list[ingest_pb2.StreamFramesRequest]:
    return [ingest_pb2.StreamFramesRequest(frame=one) for one in frames]


async def test_a_submitted_frame_is_acknowledged(stubs: Stubs) -> None:
    request = frame(pictures.jpeg())
    first = await stubs.ingest.SubmitFrame(request, metadata=CAMERA)
    again = await stubs.ingest.SubmitFrame(request, metadata=CAMERA)
    assert UUID(first.frame_id).version == 7
    assert (first.duplicate, again.duplicate, again.frame_id) == (False, True, first.frame_id)


GOOD = pictures.jpeg()
BAD_FRAMES = [
    (frame(GOOD, 0), "FIELD_INVALID", grpc.StatusCode.INVALID_ARGUMENT),
    (frame(GOOD, camera_id="cam-nowhere"), "CAMERA_UNKNOWN", grpc.StatusCode.NOT_FOUND),
    (frame(b""), "PICTURE_UNREADABLE", grpc.StatusCode.INVALID_ARGUMENT),
    (frame(b"text"), "PICTURE_UNREADABLE", grpc.StatusCode.INVALID_ARGUMENT),
    (frame(pictures.truncated()), "PICTURE_UNREADABLE", grpc.StatusCode.INVALID_ARGUMENT),
    (frame(pictures.bomb()), "PICTURE_TOO_LARGE", grpc.StatusCode.INVALID_ARGUMENT),
    (frame(GOOD + bytes(16 << 20)), "PICTURE_TOO_LARGE", grpc.StatusCode.INVALID_ARGUMENT),
    (ingest_pb2.SubmitFrameRequest(picture=GOOD), "FIELD_INVALID", grpc.StatusCode.INVALID_ARGUMENT),
]
# By hand: the text of a message of sixteen mebibytes takes seconds, in each process that collects.
BAD_NAMES = ["sequence", "camera", "empty", "text", "truncated", "bomb", "large", "no capture"]


@pytest.mark.parametrize(("request_", "reason", "code"), BAD_FRAMES, ids=BAD_NAMES)
async def test_a_bad_frame_is_refused_with_its_reason(
    stubs: Stubs, request_: ingest_pb2.SubmitFrameRequest, reason: str, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stubs.ingest.SubmitFrame(request_, metadata=CAMERA)
    assert (refused.value.code(), refusals.reason(refused.value)) == (code, reason)


async def test_a_message_beyond_all_measure_is_refused(stubs: Stubs) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stubs.ingest.SubmitFrame(frame(bytes(20 << 20)), metadata=CAMERA)
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("metadata", [OFFICER, ADMIN], ids=["officer", "admin"])
async def test_only_cameras_send_frames(stubs: Stubs, metadata: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stubs.ingest.SubmitFrame(frame(GOOD), metadata=metadata)
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_a_camera_of_another_zone_is_refused(stubs: Stubs) -> None:
    foreign = Caller("cam-1", zone="zone-two", roles=frozenset({"camera"})).metadata()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stubs.ingest.SubmitFrame(frame(GOOD), metadata=foreign)
    assert refusals.reason(refused.value) == "ZONE_FOREIGN"


async def test_a_stream_answers_each_frame_and_bad_ones_end_nothing(stubs: Stubs) -> None:
    frames = [frame(pictures.jpeg(number), number) for number in range(1, 31)]
    for number, (bad, _, _) in enumerate(BAD_FRAMES[2:6]):
        frames.insert(number * 7, frame(bad.picture, 100 + number))
    frames.append(frame(pictures.jpeg(1), 1))  # again
    frames.append(frame(pictures.jpeg(2), 1))  # other bytes
    call = stubs.ingest.StreamFrames(iter(streamed(frames)), metadata=CAMERA)
    answers = [answer async for answer in call]
    outcomes: dict[str, list[int]] = {}
    for answer in answers:
        name = answer.refused.reason or ("duplicate" if answer.acknowledged.duplicate else "new")
        outcomes.setdefault(name, []).append(answer.sequence)
    assert len(answers) == len(frames)
    assert sorted(outcomes["new"] + outcomes.get("duplicate", [])) == sorted([1, *range(1, 31)])
    assert sorted(outcomes["PICTURE_UNREADABLE"]) == [100, 101, 102]
    assert outcomes["PICTURE_TOO_LARGE"] == [103]
    assert outcomes["SEQUENCE_REUSED"] == [1]
    assert await call.code() == grpc.StatusCode.OK


async def test_an_answer_comes_before_the_stream_ends(stubs: Stubs) -> None:
    call = stubs.ingest.StreamFrames(metadata=CAMERA)
    for number in (1, 2, 3):
        await call.write(ingest_pb2.StreamFramesRequest(frame=frame(pictures.jpeg(number), number)))
        answer = await call.read()
        assert isinstance(answer, ingest_pb2.StreamFramesResponse)
        assert (answer.sequence, answer.acknowledged.duplicate) == (number, False)
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF


async def test_above_the_limit_of_the_process_frames_are_refused_with_a_delay(config: Settings, parts: Parts) -> None:
    await parts.register()
    async with served(replace(config, frames_at_once=1), parts) as stubs:
        frames = [frame(pictures.jpeg(number), number) for number in range(1, 21)]
        answers = [answer async for answer in stubs.ingest.StreamFrames(iter(streamed(frames)), metadata=CAMERA)]
    refused = [answer for answer in answers if answer.WhichOneof("outcome") == "refused"]
    assert len(answers) == 20
    assert 0 < len(refused) < 20
    assert {answer.refused.reason for answer in refused} == {"OVERLOADED"}
    assert all(answer.refused.retry_delay.ToMilliseconds() > 0 for answer in refused)


async def test_when_no_more_may_wait_both_doors_say_when_to_come_back(config: Settings, parts: Parts) -> None:
    await parts.register()
    async with served(replace(config, frames_waiting=3), parts) as stubs:
        frames = [frame(pictures.jpeg(number), number) for number in range(1, 6)]
        for request in frames[:3]:
            await stubs.ingest.SubmitFrame(request, metadata=CAMERA)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stubs.ingest.SubmitFrame(frames[3], metadata=CAMERA)
        answers = [answer async for answer in stubs.ingest.StreamFrames(iter(streamed(frames)), metadata=CAMERA)]
    assert (refused.value.code(), refusals.reason(refused.value)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
    assert (refusals.retry_delay_s(refused.value) or 0) > 0
    by_sequence = {answer.sequence: answer for answer in answers}
    assert [by_sequence[number].acknowledged.duplicate for number in (1, 2, 3)] == [True] * 3
    assert [by_sequence[number].refused.reason for number in (4, 5)] == ["OVERLOADED"] * 2
    assert all(by_sequence[number].refused.retry_delay.ToMilliseconds() > 0 for number in (4, 5))


async def test_a_stream_too_many_is_refused_with_a_delay_and_disturbs_no_other(config: Settings, parts: Parts) -> None:
    await parts.register()
    async with served(replace(config, streams_at_once=1), parts) as stubs:
        first = stubs.ingest.StreamFrames(metadata=CAMERA)
        await first.write(ingest_pb2.StreamFramesRequest(frame=frame(pictures.jpeg(1), 1)))
        await first.read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stubs.ingest.StreamFrames(metadata=CAMERA).read()
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (refusals.retry_delay_s(refused.value) or 0) > 0
        await first.done_writing()
        assert await first.read() is grpc.aio.EOF
        again = stubs.ingest.StreamFrames(iter(streamed([frame(pictures.jpeg(2), 2)])), metadata=CAMERA)
        assert [answer.sequence async for answer in again] == [2]


async def test_one_system_does_not_take_all_streams_from_others(config: Settings, parts: Parts) -> None:
    await parts.register()
    async with served(replace(config, streams_at_once=2), parts) as stubs:
        first = stubs.ingest.StreamFrames(metadata=CAMERA)
        await first.write(ingest_pb2.StreamFramesRequest(frame=frame(pictures.jpeg(1), 1)))
        await first.read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stubs.ingest.StreamFrames(metadata=CAMERA).read()
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        other = stubs.ingest.StreamFrames(iter(streamed([frame(pictures.jpeg(2), 2)])), metadata=EDGE)
        assert [answer.sequence async for answer in other] == [2]
        await first.done_writing()


async def test_a_stream_that_breaks_off_leaves_a_server_that_works(stubs: Stubs) -> None:
    call = stubs.ingest.StreamFrames(metadata=CAMERA)
    await call.write(ingest_pb2.StreamFramesRequest(frame=frame(pictures.jpeg(1), 1)))
    call.cancel()
    taken = await stubs.ingest.SubmitFrame(frame(pictures.jpeg(2), 2), metadata=CAMERA)
    assert not taken.duplicate


async def test_many_streams_at_once_lose_nothing(stubs: Stubs) -> None:
    async def stream(number: int) -> set[int]:
        wanted = {number * 100 + index: pictures.jpeg(number * 100 + index) for index in range(1, 11)}
        done: set[int] = set()
        while wanted.keys() - done:  # as a camera does: what is refused for now is sent again
            left = [frame(wanted[sequence], sequence) for sequence in sorted(wanted.keys() - done)]
            answers = stubs.ingest.StreamFrames(iter(streamed(left)), metadata=CAMERA)
            done |= {answer.sequence async for answer in answers if answer.WhichOneof("outcome") == "acknowledged"}
        return done

    done = await asyncio.gather(*(stream(number) for number in range(6)))
    assert len(set().union(*done)) == 60


async def test_a_camera_is_registered_read_and_listed(stubs: Stubs) -> None:
    message = wire.encode_camera(camera("cam-2"))
    message.zone = ""
    registered = await stubs.cameras.RegisterCamera(camera_pb2.RegisterCameraRequest(camera=message), metadata=ADMIN)
    assert registered.camera.zone == ZONE
    got = await stubs.cameras.GetCamera(camera_pb2.GetCameraRequest(camera_id="cam-2"), metadata=OFFICER)
    assert got.camera == registered.camera
    first = await stubs.cameras.ListCameras(camera_pb2.ListCamerasRequest(page_size=1), metadata=OFFICER)
    rest = await stubs.cameras.ListCameras(
        camera_pb2.ListCamerasRequest(page_size=1, page_token=first.next_page_token), metadata=OFFICER
    )
    assert [one.camera_id for one in (*first.cameras, *rest.cameras)] == ["cam-1", "cam-2"]
    assert not rest.next_page_token


async def test_a_camera_that_is_disabled_sends_no_more(stubs: Stubs) -> None:
    message = wire.encode_camera(camera("cam-1", disabled=True))
    await stubs.cameras.RegisterCamera(camera_pb2.RegisterCameraRequest(camera=message), metadata=ADMIN)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stubs.ingest.SubmitFrame(frame(GOOD), metadata=CAMERA)
    assert refusals.reason(refused.value) == "CAMERA_UNKNOWN"


async def test_an_officer_registers_no_camera(stubs: Stubs) -> None:
    request = camera_pb2.RegisterCameraRequest(camera=wire.encode_camera(camera("cam-9")))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stubs.cameras.RegisterCamera(request, metadata=OFFICER)
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_an_administrator_registers_in_his_own_zone_only(stubs: Stubs) -> None:
    request = camera_pb2.RegisterCameraRequest(camera=wire.encode_camera(camera("cam-9", zone="zone-two")))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stubs.cameras.RegisterCamera(request, metadata=ADMIN)
    assert refusals.reason(refused.value) == "ZONE_FOREIGN"


async def test_what_is_not_built_says_so(stubs: Stubs) -> None:
    calls: list[Any] = [
        stubs.ingest.SubmitReads(ingest_pb2.SubmitReadsRequest(), metadata=CAMERA),
        stubs.ingest.Heartbeat(ingest_pb2.HeartbeatRequest(), metadata=CAMERA),
        stubs.cameras.GetCameraHealth(camera_pb2.GetCameraHealthRequest(), metadata=ADMIN),
        stubs.cameras.ListGaps(camera_pb2.ListGapsRequest(), metadata=ADMIN),
    ]
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert refusals.reason(refused.value) == "NOT_BUILT"


async def test_evidence_is_not_even_refused_without_the_log(stubs: Stubs) -> None:
    request = evidence_pb2.GetFrameRequest(
        access=access_pb2.AccessContext(
            purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
            legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
            case_reference="BR.30.L1.004711/2026",
        ),
        frame_id="01890a5d-ac96-774b-bcce-b302099a8057",
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stubs.evidence.GetFrame(request, metadata=OFFICER)
    assert refusals.reason(refused.value) == "AUDIT_UNAVAILABLE"
