"""The service as a process: warm, serving, and gone without a trace."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.recognition.v1 import recognition_pb2 as pb
from anpr.recognition.v1 import recognition_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.recognition.environment import DETECTOR, READER
from services.recognition.worker_process import ROOT
from tests.recognition.test_engine_networks import MODELS, changed
from tests.recognition.test_pool import is_alive
from tests.recognition.test_server import INGEST, PLATE, street

SERVICE = "anpr.recognition.v1.RecognitionService"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_serving(channel: grpc.Channel, *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    request = health_pb2.HealthCheckRequest(service=SERVICE)
    stub: Any = health_pb2_grpc.HealthStub(channel)
    while time.monotonic() < deadline:
        with suppress(grpc.RpcError):
            state = stub.Check(request, wait_for_ready=True, timeout=5)
            if state.status == health_pb2.HealthCheckResponse.SERVING:
                return
        time.sleep(0.05)
    raise TimeoutError("the service never served")


def test_the_service_serves_when_warm_and_ends_on_sigterm() -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = {"ANPR_LISTEN": address, "ANPR_ENGINE": "standin", "ANPR_WORKERS": "2"}
    command = [sys.executable, "-m", "services.recognition"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE) as process:
        try:
            with grpc.insecure_channel(address) as channel:
                wait_serving(channel)
                stub = recognition_pb2_grpc.RecognitionServiceStub(channel)
                answer = stub.Recognize(pb.RecognizeRequest(picture=street(PLATE)), metadata=INGEST)
            assert [plate.text for plate in answer.plates] == ["1ABC123"]
            workers = children(process.pid)
            assert len(workers) == 2
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            assert not any(map(is_alive, workers))
            assert process.stdout
            assert b"1ABC123" not in process.stdout.read()
        finally:
            process.kill()


def test_new_models_are_taken_over_on_sighup_and_broken_ones_are_not(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    for name, content in zip((DETECTOR, READER), MODELS, strict=True):
        (tmp_path / name).write_bytes(content)
    settings = {"ANPR_LISTEN": address, "ANPR_MODELS_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "services.recognition"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE) as process:
        try:
            with grpc.insecure_channel(address) as channel:
                wait_serving(channel)
                stub = recognition_pb2_grpc.RecognitionServiceStub(channel)

                def in_use() -> str:
                    return str(stub.GetModels(pb.GetModelsRequest(), metadata=INGEST).engines[0].model_sha256)

                first = in_use()
                put(tmp_path / READER, changed(MODELS[1]))
                process.send_signal(signal.SIGHUP)
                wait_until(lambda: in_use() != first)
                second = in_use()
                put(tmp_path / READER, b"no network")
                process.send_signal(signal.SIGHUP)
                answer = stub.Recognize(pb.RecognizeRequest(picture=street(PLATE)), metadata=INGEST)
                assert answer.engine.model_sha256 == in_use() == second
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()


def put(file: Path, content: bytes) -> None:
    beside = file.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(file)


def wait_until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "ANPR_LISTEN is missing"),
        ({"ANPR_LISTEN": "127.0.0.1:0", "ANPR_ENGINE": "none"}, "ANPR_ENGINE"),
        ({"ANPR_LISTEN": "127.0.0.1:0", "ANPR_MODELS_DIR": str(ROOT)}, "detector.onnx"),
        ({"ANPR_LISTEN": "127.0.0.1:0", "ANPR_ENGINE": "paddleocr", "ANPR_PADDLE_MODELS_DIR": __file__}, "make setup"),
        ({"ANPR_LISTEN": "127.0.0.1:0", "ANPR_PROVIDER": "openvino"}, "OpenVINOExecutionProvider"),
    ],
)
def test_a_service_that_cannot_work_says_why_and_ends(settings: dict[str, str], words: str) -> None:
    command = [sys.executable, "-m", "services.recognition"]
    environment = os.environ | settings
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
