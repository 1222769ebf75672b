"""The worker's own side, without a process around it."""

import io
import os
import subprocess
import sys

from PIL import Image

from services.common.raster import Picture
from services.recognition import pipe, worker
from services.recognition.engine import EngineIdentity
from services.recognition.reading import Seen, TextBox
from services.recognition.worker_process import ROOT
from tests.recognition.drawing import encoded


class OddEngine:
    """Raises on wide pictures."""

    identity = EngineIdentity("odd", "1", "")

    def read(self, picture: Picture) -> tuple[TextBox, ...]:
        if picture.pixels().shape[1] == 100:
            raise ZeroDivisionError("1ABC123")
        return ()


def served(*pictures: bytes) -> list[pipe.Answer]:
    requests, answers = io.BytesIO(b"".join(map(pipe.frame, pictures))), io.BytesIO()
    worker.serve(OddEngine(), requests, answers)
    answers.seek(0)
    return [pipe.decode(pipe.receive(answers)) for _ in range(len(pictures) + 1)]


def test_a_worker_says_that_it_is_ready_and_answers_in_order() -> None:
    size = encoded(Image.new("RGB", (30, 20)))
    ready, seen, text, too_large, failed, again = served(
        size, b"text", encoded(Image.new("1", (9000, 5000)), "PNG"), encoded(Image.new("RGB", (100, 1))), size
    )
    assert ready == pipe.Ready(OddEngine.identity)
    assert seen == again == Seen(30, 20, ())
    assert isinstance(text, pipe.Rejected)
    assert not text.is_too_large
    assert isinstance(too_large, pipe.Rejected)
    assert too_large.is_too_large
    assert failed == pipe.Failed("ZeroDivisionError")  # and not what it said, which may be a plate


def test_a_worker_ends_with_its_service() -> None:
    command = [sys.executable, "-m", "services.recognition.worker", "standin", "-"]
    done = subprocess.run(command, cwd=ROOT, input=b"", capture_output=True, check=True, timeout=60)
    assert isinstance(pipe.decode(done.stdout[4:]), pipe.Ready)
    orphan = os.environ | {worker.PARENT: "1"}
    assert subprocess.run(command, cwd=ROOT, env=orphan, capture_output=True, check=True, timeout=60).stdout == b""


def test_a_worker_needs_neither_grpc_nor_opencv_nor_the_log() -> None:
    script = "import sys; import services.recognition.worker; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert {"grpc", "google", "structlog", "cv2", "psycopg"}.isdisjoint(done.stdout.split())
