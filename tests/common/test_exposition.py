"""Measurements over HTTP, and that whoever connects costs the service nothing."""

import asyncio
import re
import socket
import threading
import time
import urllib.request

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from services.common import exposition, metrics
from services.common.errors import NotFound
from services.common.exposition import exposed
from services.common.listen import ListenRefused

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


def ask(port: int, request: bytes) -> bytes:
    """All that the other side says to these bytes until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as to:
        try:
            to.sendall(request)
            return b"".join(iter(lambda: to.recv(65536), b""))
        except ConnectionError:
            return b""


def status(answer: bytes) -> str:
    return answer.partition(b"\r\n")[0].decode()


def test_a_collector_gets_what_it_can_read() -> None:
    meter = metrics.Meter("anpr.test.v1.TestService.Measured")
    meter.begin()
    meter.end(metrics.refused(NotFound("nothing is there")), 0.2)
    metrics.build("test")
    with exposed("127.0.0.1:0") as port, urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        samples = [one for family in text_string_to_metric_families(answer.read().decode()) for one in family.samples]
    of_rpc = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for sample in samples
        if sample.labels.get("rpc") == meter.rpc and "le" not in sample.labels
    }
    assert of_rpc[("anpr_rpc_started_total", meter.rpc)] == 1
    assert of_rpc[("anpr_rpc_at_work", meter.rpc)] == 0
    assert of_rpc[("anpr_rpc_ended_total", "NOT_FOUND", meter.rpc)] == 1
    assert of_rpc[("anpr_rpc_ended_total", "OK", meter.rpc)] == 0
    assert of_rpc[("anpr_refusals_total", "ENTRY_NOT_FOUND", meter.rpc)] == 1
    assert of_rpc[("anpr_rpc_seconds_sum", meter.rpc)] == pytest.approx(0.2)
    names = {sample.name for sample in samples}
    assert {
        "anpr_build_info",
        "process_resident_memory_bytes",
        "process_open_fds",
        "python_gc_objects_collected_total",
    } <= names


def test_every_name_is_one_that_collectors_expect() -> None:
    names = {family.name for family in REGISTRY.collect() if family.name.startswith("anpr_")}
    assert all(re.fullmatch(r"anpr_[a-z0-9_]+", name) for name in names)
    assert not [name for name in names if re.search(r"_(ms|millis|milliseconds|kb|total|count|sum)$", name)]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK"),
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK"),
        (b"GET /metrics/../../etc/passwd HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"\x00\xff\x16\x03\x01\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", ""),
        (b"x" * 100_000, ""),
    ],
)
def test_what_is_no_request_of_a_collector_is_turned_away(request_: bytes, said: str) -> None:
    with exposed("127.0.0.1:0") as port:
        answer = ask(port, request_)
        assert status(answer) == said
        assert b"1ABC" not in answer
        assert b"anpr_" not in answer or request_.startswith(b"GET /metrics?")
        assert status(ask(port, GET)) == "HTTP/1.1 200 OK"


def test_those_who_say_nothing_are_cut_off_and_are_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposition, "WITHIN_S", 0.3)
    with exposed("127.0.0.1:0") as port:
        silent = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(exposition.MAX_OPEN + 4)]
        try:
            for one in silent:
                one.sendall(b"GET /me") if one is silent[0] else None
            ends = [one.recv(1) for one in silent]  # blocks until the other side has closed
        except ConnectionResetError:
            ends = []
        finally:
            for one in silent:
                one.close()
        assert not any(ends)
        assert status(ask(port, GET)) == "HTTP/1.1 200 OK"


def test_those_who_say_nothing_keep_no_collector_out(caplog: pytest.LogCaptureFixture) -> None:
    with exposed("127.0.0.1:0") as port:
        silent = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(2 * exposition.MAX_OPEN)]
        answers = [status(ask(port, GET)) for _ in range(3)]
    for one in silent:
        one.close()
    assert answers == ["HTTP/1.1 200 OK"] * 3
    assert not caplog.records, "those who are there at the end are no fault"


async def test_the_service_goes_on_while_the_measurements_are_stormed() -> None:
    with exposed("127.0.0.1:0") as port:
        stop = threading.Event()

        def storm() -> None:
            while not stop.is_set():
                ask(port, GET)

        storming = [asyncio.to_thread(storm) for _ in range(4)]
        tasks = [asyncio.ensure_future(one) for one in storming]
        turns = 0
        try:
            async with asyncio.timeout(30):
                while turns < 200:  # the loop of the service still turns
                    await asyncio.sleep(0.001)
                    turns += 1
        finally:
            stop.set()
            await asyncio.gather(*tasks)
    assert turns == 200


def test_measurements_are_put_together_once_for_many_who_ask() -> None:
    made = []

    def text() -> bytes:
        made.append(time.monotonic())
        return b"anpr_x 1\n"

    one = exposition.Exposition(text)
    assert {one.response(GET) for _ in range(100)} == {one.response(GET)}
    assert len(made) == 1


def test_a_collector_is_served_while_the_loop_of_the_service_is_stuck() -> None:
    """That is when one wants to know."""
    with exposed("127.0.0.1:0") as port:
        answers: list[bytes] = []
        asking = threading.Thread(target=lambda: answers.append(ask(port, GET)))

        async def stuck() -> None:
            asking.start()
            await asyncio.sleep(0)
            asking.join(30)

        asyncio.run(stuck())
    assert status(answers[0]) == "HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:9100", "localhost:9100", "127.0.0.1", "9100", ":9100"]
)
def test_only_loopback_is_served(listen: str) -> None:
    with pytest.raises(ListenRefused), exposed(listen):
        pass


def test_nothing_listens_unless_asked_to() -> None:
    before = threading.active_count()
    with exposed("") as port:
        assert port == 0
        assert threading.active_count() == before


def test_the_thread_ends_with_the_block() -> None:
    with exposed("127.0.0.1:0"):
        assert any(thread.name == "metrics" for thread in threading.enumerate())
    assert not any(thread.name == "metrics" for thread in threading.enumerate())
