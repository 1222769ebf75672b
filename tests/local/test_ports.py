"""Ports that are ours alone, even while nothing listens on them."""

import socket
from contextlib import closing

import pytest

from services.local import ports


def test_every_name_gets_a_port_of_its_own() -> None:
    names = tuple(f"name-{number}" for number in range(50))
    with closing(ports.reserve(names, {})) as reservation:
        assert set(reservation.ports) == set(names)
        assert len(set(reservation.ports.values())) == len(names)


def test_a_port_that_is_still_free_is_kept() -> None:
    with closing(ports.reserve(("a",), {})) as first:
        wanted = dict(first.ports)
    with closing(ports.reserve(("a",), wanted)) as second:
        assert dict(second.ports) == wanted


def test_a_port_that_another_supervisor_holds_is_not_taken() -> None:
    with closing(ports.reserve(("a",), {})) as first, closing(ports.reserve(("a",), dict(first.ports))) as second:
        assert second.ports["a"] != first.ports["a"]


def test_a_port_on_which_somebody_listens_is_not_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with closing(ports.reserve(("a",), {"a": taken})) as reservation:
            assert reservation.ports["a"] != taken


def test_a_server_can_listen_on_a_held_port_and_a_stranger_cannot() -> None:
    with closing(ports.reserve(("a",), {})) as reservation:
        address = ("127.0.0.1", reservation.ports["a"])
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(address)
        for _ in range(2):  # and again after it ended
            with socket.create_server(address), socket.create_connection(address):
                pass
