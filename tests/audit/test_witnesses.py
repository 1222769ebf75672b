"""Witnesses that do not do what the protocol says, as the log meets them."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from services.audit import witnesses
from services.audit.key_files import FileSigner
from services.audit.witnesses import Address, WitnessClient, WitnessSilent
from services.common.note import COSIGNATURE, NoteInvalid

KEY = FileSigner("witness.test.example", b"w" * 32, COSIGNATURE)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"


@contextmanager
def dripping(first: bytes = HEAD) -> Iterator[int]:
    """A witness that sends a byte every half second, for ever, on each connection; the port it has."""
    stop, threads = threading.Event(), list[threading.Thread]()

    def talk(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(first)
            while not stop.wait(0.5):
                connection.sendall(b"x")

    def accept(server: socket.socket) -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                threads.append(threading.Thread(target=talk, args=(server.accept()[0],)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        threads.append(threading.Thread(target=accept, args=(server,)))
        threads[0].start()
        try:
            yield int(server.getsockname()[1])
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def client(port: int) -> WitnessClient:
    return WitnessClient(Address(f"http://127.0.0.1:{port}", KEY.verifier))


@pytest.mark.parametrize("first", [HEAD, b"HTTP/1.1 200 OK\r\nX: ", b""], ids=["body", "header", "nothing"])
async def test_a_witness_that_drips_is_left_in_time_and_keeps_no_thread(
    first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses, "DEADLINE_S", 1.2)
    with dripping(first) as port:
        start = time.monotonic()
        answers = await asyncio.gather(*(client(port).newest("0" * 64) for _ in range(40)), return_exceptions=True)
        assert time.monotonic() - start < 4
        assert all(isinstance(answer, WitnessSilent) for answer in answers)
        async with asyncio.timeout(1):
            await asyncio.to_thread(lambda: None)  # names are looked up there, and much else
        await asyncio.sleep(0.5)
        assert not [thread for thread in threading.enumerate() if thread.name == "witness"]


def test_a_witness_that_drips_keeps_no_process_from_ending() -> None:
    code = """
import asyncio, sys
from tests.audit.test_witnesses import client
from services.audit.witnesses import WitnessSilent
async def ask():
    try:
        await client(int(sys.argv[1])).newest("0" * 64)
    except WitnessSilent:
        print("silent")
asyncio.run(ask())
"""
    with dripping() as port:
        done = subprocess.run(
            [sys.executable, "-c", code, str(port)], capture_output=True, text=True, check=True, timeout=20
        )
    assert done.stdout == "silent\n"


@pytest.mark.parametrize("url", ["http://", "http://x:99999999", "http://x?y", "https:///path"])
def test_an_address_that_names_no_machine_is_refused(url: str) -> None:
    with pytest.raises(NoteInvalid):
        witnesses.parse(f"{url} {KEY.verifier.encode()}")
