"""RecognitionService over a real channel, with real workers behind it."""

import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from anpr.common.v1 import plate_pb2
from anpr.recognition.v1 import recognition_pb2 as pb
from anpr.recognition.v1 import recognition_pb2_grpc
from PIL import Image

from services.common import caller, refusals, server
from services.common.caller import Caller
from services.common.marker import MarkedPlate, draw_marker
from services.common.server import Serving
from services.recognition.__main__ import MAX_MESSAGE_BYTES
from services.recognition.environment import worker_command
from services.recognition.errors import EngineCold
from services.recognition.pool import Pool, PoolSizes, running
from services.recognition.recognizer import Recognizer
from services.recognition.server import RecognitionServicer
from services.recognition.worker_process import WorkerCommand
from tests.recognition import faulty_worker
from tests.recognition.drawing import Drawn, bgr, encoded, frame

INGEST = caller.service("ingest").metadata()
DRAWN = Drawn(("1-ABC-123",), 400, 300)
PLATE = MarkedPlate("1-ABC-123", "BE", (400, 300, 265, 56), ((400, 300), (665, 300), (665, 356), (400, 356)))
STAND_IN = worker_command("standin")


def street(*plates: MarkedPlate) -> bytes:
    return encoded(Image.fromarray(draw_marker(bgr(frame(DRAWN)), list(plates))[:, :, ::-1]))


@asynccontextmanager
async def served(pool: Pool) -> AsyncIterator["recognition_pb2_grpc.RecognitionServiceAsyncStub"]:
    servicer = RecognitionServicer(Recognizer(pool))
    serving = Serving(
        name="recognition",
        listen="127.0.0.1:0",
        services={pb.DESCRIPTOR.services_by_name["RecognitionService"]: pool.verify_warm},
        register=lambda to: recognition_pb2_grpc.add_RecognitionServiceServicer_to_server(servicer, to),
        max_message_bytes=MAX_MESSAGE_BYTES,
    )
    running_server, port, _ = server.build(serving)
    await running_server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield recognition_pb2_grpc.RecognitionServiceStub(channel)
    finally:
        await running_server.stop(0)


async def test_a_picture_is_read_and_the_engine_named() -> None:
    async with running(STAND_IN, PoolSizes()) as pool, served(pool) as stub:
        answer = await stub.Recognize(pb.RecognizeRequest(picture=street(PLATE), country_hint="BE"), metadata=INGEST)
        (plate,) = answer.plates
        assert (plate.text, plate.raw, plate.unknown_format) == ("1ABC123", "1-ABC-123", False)
        assert (answer.width_px, answer.height_px) == (1280, 720)
        assert (plate.countries[0].country_code, plate.countries[0].series) == ("BE", "BE_STD_2010")
        assert (plate.box.x, plate.box.y, plate.box.width, plate.box.height) == (400, 300, 265, 56)
        assert [(point.x, point.y) for point in plate.corners] == [(400, 300), (665, 300), (665, 356), (400, 356)]
        assert [position.choices[0].character for position in plate.characters] == list("1ABC123")
        assert (plate.colour, plate.layout) == (plate_pb2.PLATE_COLOUR_RED_ON_WHITE, plate_pb2.PLATE_LAYOUT_ONE_LINE)
        assert 0.9 < plate.confidence < 1
        models = await stub.GetModels(pb.GetModelsRequest(), metadata=INGEST)
        assert (list(models.engines), models.warm_workers) == ([answer.engine], 1)
        assert answer.engine.name == "stand-in marker reader"
        empty = await stub.Recognize(pb.RecognizeRequest(picture=street()), metadata=INGEST)
        assert (list(empty.plates), empty.width_px) == ([], 1280)


@pytest.mark.parametrize(
    ("request_", "who", "code", "reason"),
    [
        (pb.RecognizeRequest(), INGEST, grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"),
        (
            pb.RecognizeRequest(picture=b"x", country_hint="be"),
            INGEST,
            grpc.StatusCode.INVALID_ARGUMENT,
            "FIELD_INVALID",
        ),
        (pb.RecognizeRequest(picture=b"text"), INGEST, grpc.StatusCode.INVALID_ARGUMENT, "PICTURE_UNREADABLE"),
        (pb.RecognizeRequest(picture=street()[:-500]), INGEST, grpc.StatusCode.INVALID_ARGUMENT, "PICTURE_UNREADABLE"),
        (
            pb.RecognizeRequest(picture=bytes(16 * 2**20 + 1)),
            INGEST,
            grpc.StatusCode.INVALID_ARGUMENT,
            "PICTURE_TOO_LARGE",
        ),
        (pb.RecognizeRequest(picture=street()), (), grpc.StatusCode.UNAUTHENTICATED, "IDENTITY_MISSING"),
        (
            pb.RecognizeRequest(picture=street()),
            Caller(system="terminal-1", person="p1", roles=frozenset({"officer"})).metadata(),
            grpc.StatusCode.PERMISSION_DENIED,
            "ROLE_NOT_PERMITTED",
        ),
    ],
    ids=["no picture", "hint", "text", "truncated", "too large", "nobody", "officer"],
)
async def test_what_is_refused(
    request_: pb.RecognizeRequest, who: tuple[tuple[str, str], ...], code: grpc.StatusCode, reason: str
) -> None:
    async with running(STAND_IN, PoolSizes()) as pool, served(pool) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Recognize(request_, metadata=who)
    assert (refused.value.code(), refusals.reason(refused.value)) == (code, reason)


async def test_a_stream_answers_every_picture_by_name_and_outlives_bad_ones(tmp_path: Path) -> None:
    faulty = WorkerCommand((sys.executable, "-m", "tests.recognition.faulty_worker", str(tmp_path)))
    pictures = {
        "good": encoded(Image.new("RGB", (10, 8)), "PNG"),
        "text": b"text",
        "none": b"",
        "raises": encoded(Image.new("RGB", (faulty_worker.RAISES, 8)), "PNG"),
        "dies": encoded(Image.new("RGB", (faulty_worker.EXITS, 8)), "PNG"),
        "good again": encoded(Image.new("RGB", (11, 8)), "PNG"),
    }
    async with running(faulty, PoolSizes(workers=2)) as pool, served(pool) as stub:
        await pool.wait_warm()
        requests = [
            pb.RecognizeStreamRequest(picture_id=name, request=pb.RecognizeRequest(picture=content))
            for name, content in pictures.items()
        ]
        answers = {
            answer.picture_id: answer async for answer in stub.RecognizeStream(_stream(requests), metadata=INGEST)
        }
    assert {name: answer.refusal for name, answer in answers.items()} == {
        "good": "",
        "text": "PICTURE_UNREADABLE",
        "none": "FIELD_INVALID",
        "raises": "ENGINE_FAILED",
        "dies": "ENGINE_FAILED",
        "good again": "",
    }
    assert (answers["good"].response.width_px, answers["good again"].response.width_px) == (10, 11)


@pytest.mark.parametrize("name", ["", "x" * 129])
async def test_a_picture_without_a_name_ends_the_stream(name: str) -> None:
    async with running(STAND_IN, PoolSizes()) as pool, served(pool) as stub:
        await pool.wait_warm()
        call = stub.RecognizeStream(_stream([pb.RecognizeStreamRequest(picture_id=name)]), metadata=INGEST)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            _ = [answer async for answer in call]
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_health_waits_for_a_warm_worker() -> None:
    async with running(STAND_IN, PoolSizes()) as pool:
        with pytest.raises(EngineCold):
            await pool.verify_warm()
        await pool.wait_warm()
        await pool.verify_warm()


async def test_without_an_engine_nothing_is_read() -> None:
    broken = WorkerCommand((sys.executable, "-c", "raise SystemExit(1)"))
    async with running(broken, PoolSizes()) as pool, served(pool) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Recognize(pb.RecognizeRequest(picture=street()), metadata=INGEST)
        assert (refused.value.code(), refusals.reason(refused.value)) == (
            grpc.StatusCode.UNAVAILABLE,
            "SERVICE_UNAVAILABLE",
        )
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GetModels(pb.GetModelsRequest(), metadata=INGEST)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def _stream(requests: Iterable[pb.RecognizeStreamRequest]) -> AsyncIterator[pb.RecognizeStreamRequest]:
    for request in requests:
        yield request
