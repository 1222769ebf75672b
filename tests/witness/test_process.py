"""The witness as a process of its own, over HTTP."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.audit.key_files import FileSigner
from services.common import note
from services.common.web import MAX_OPEN
from services.witness.heads import name
from services.witness.witness import MAX_BODY_BYTES
from tests.audit.keyring import LOG, ORIGIN
from tests.witness.test_witness import FORK, request

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Running:
    process: "subprocess.Popen[bytes]"
    port: int

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
        finally:
            connection.close()

    def add(self, body: bytes) -> int:
        return self.ask("POST", "/add-checkpoint", body)[0]


def command(folder: Path, port: int, *more: str) -> list[str]:
    logs = folder.parent / "logs"
    logs.write_text(f"# the log of the tests\n{LOG.verifier.encode()}\n")
    options = ("--folder", str(folder), "--name", "witness.test.example", "--logs", str(logs))
    return [sys.executable, "-m", "services.witness", *options, "--listen", f"127.0.0.1:{port}", *more]


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(command(folder, port), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield Running(process, port)
    finally:
        process.kill()
        process.wait()


def test_a_witness_answers_as_the_protocol_says(tmp_path: Path) -> None:
    with running(tmp_path / "w") as witness:
        status, kind, text = witness.ask("POST", "/add-checkpoint", request(0, 7))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        vkey = note.parse_key((tmp_path / "w" / "witness.vkey").read_text().strip())
        assert note.parse_lines(text)[0].key_id == vkey.key_id
        assert witness.ask("POST", "/add-checkpoint", request(0, 9)) == (409, "text/x.tlog.size", "7\n")
        assert witness.add(request(7, 9, FORK)) == 422
        assert witness.add(request(7, 9)) == 200
        _, _, kept = witness.ask("GET", f"/{name(ORIGIN)}/checkpoint")
        assert note.verify(note.parse(kept), [LOG.verifier, vkey]) == (LOG.verifier, vkey)
        assert witness.ask("GET", f"/{'0' * 64}/checkpoint")[0] == 404
        assert witness.ask("GET", "/../../etc/passwd")[0] == 404
        assert witness.ask("PUT", "/add-checkpoint")[0] == 405
        assert witness.ask("POST", "/add-checkpoint", b"x" * (MAX_BODY_BYTES + 1))[0] == 413
        witness.process.send_signal(signal.SIGTERM)
        assert witness.process.wait(10) == 0


def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    size = 0
    for larger in (3, 8, 9, 30):
        with running(tmp_path / "w") as witness:
            assert witness.add(request(size, larger)) == 200
            witness.process.kill()
        size = larger
    with running(tmp_path / "w") as witness:
        assert witness.ask("POST", "/add-checkpoint", request(0, 40))[2] == "30\n"
        assert witness.add(request(30, 30, FORK)) == 409


def test_who_holds_connections_open_and_says_nothing_keeps_nobody_out(tmp_path: Path) -> None:
    with running(tmp_path / "w") as witness:
        silent = [socket.create_connection(("127.0.0.1", witness.port)) for _ in range(MAX_OPEN + 20)]
        for one in silent[::2]:
            with _gone():
                one.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 10000\r\n\r\nold ")
        assert witness.add(request(0, 7)) == 200
        for one in silent:
            one.close()


@contextmanager
def _gone() -> Iterator[None]:
    """The other side may have closed already."""
    with suppress(OSError):
        yield


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(300) + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_400_and_the_witness_goes_on(tmp_path: Path, raw: bytes) -> None:
    with running(tmp_path / "w") as witness:
        with socket.create_connection(("127.0.0.1", witness.port), timeout=10) as connection, _gone():
            connection.sendall(raw)
            assert connection.recv(100).split(b" ")[1][:1] == b"4"
        assert witness.add(request(0, 7)) == 200


def test_a_second_witness_on_the_folder_and_another_name_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    with running(folder):
        second = subprocess.run(command(folder, 1), cwd=ROOT, capture_output=True, check=False)
        assert second.returncode == 1
        assert b"another witness runs" in second.stderr
    renamed = [word.replace("witness.test.example", "other.example") for word in command(folder, 0)]
    other = subprocess.run(renamed, cwd=ROOT, capture_output=True, check=False)
    assert (other.returncode, b"another name" in other.stderr) == (1, True)
    FileSigner("x", (folder / "witness.key").read_bytes())
    assert (folder / "witness.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_lost_is_not_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    with running(folder) as witness:
        assert witness.add(request(0, 7)) == 200
    (folder / "witness.key").unlink()
    again = subprocess.run(command(folder, 0), cwd=ROOT, capture_output=True, check=False)
    assert (again.returncode, b"restore it" in again.stderr) == (1, True)


def test_beyond_loopback_it_listens_only_when_told(tmp_path: Path) -> None:
    words = [word.replace("127.0.0.1:0", "192.0.2.1:0") for word in command(tmp_path / "w", 0)]
    refused = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert (refused.returncode, b"--anywhere" in refused.stderr) == (1, True)


def test_its_public_key_is_not_written_anew_at_every_start(tmp_path: Path) -> None:
    """Whoever is killed while he writes leaves half a file, and a witness with half a public key does not start."""
    file = tmp_path / "w" / "witness.vkey"
    with running(tmp_path / "w"):
        before = file.stat().st_mtime_ns
    with running(tmp_path / "w"):
        assert file.stat().st_mtime_ns == before


def test_with_a_damaged_head_or_a_key_that_no_log_signs_with_it_does_not_start(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    with running(folder) as witness:
        assert witness.add(request(0, 7)) == 200
    words = command(folder, 0)
    (folder / f"{name(ORIGIN)}.checkpoint").write_text("")
    damaged = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert (damaged.returncode, b"damaged" in damaged.stderr) == (1, True)
    (tmp_path / "logs").write_text((folder / "witness.vkey").read_text())
    misused = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert (misused.returncode, b"no key that a log signs with" in misused.stderr) == (1, True)


def test_killed_at_any_moment_it_never_cosigns_a_second_history(tmp_path: Path) -> None:
    """Between the record on disk and the answer too: then it knows more than was answered, and never less."""
    size = 0
    for number in range(8):
        with running(tmp_path / "w") as witness:
            kill = threading.Timer(0.004 * (number + 1), witness.process.kill)
            kill.start()
            with suppress(OSError, http.client.HTTPException):
                for larger in range(size + 1, 40):
                    assert witness.add(request(size, larger)) == 200
                    size = larger
            kill.join()
        with running(tmp_path / "w") as witness:
            _, kind, text = witness.ask("POST", "/add-checkpoint", request(0, 40))
            known = int(text) if kind == "text/x.tlog.size" else 40
            assert known in (size, size + 1, 40)
            assert known <= 5 or witness.add(request(known, known, FORK)) == 409
            size = known
        if size >= 39:
            return
