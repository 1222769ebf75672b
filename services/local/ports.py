"""Free ports of 127.0.0.1, and the sockets that keep them ours while no child listens.

A port is claimed by binding without SO_REUSEADDR, which fails if anybody at all has it bound, and the socket is kept,
unused, with the option set afterwards: from then on a child, whose server sets the option itself, can bind and listen,
and two supervisors that start at the same moment can never choose the same port.
"""

import socket
from collections.abc import Mapping
from types import MappingProxyType

LOOPBACK = "127.0.0.1"


class Reservation:
    """Ports by name, held until `close`."""

    def __init__(self, sockets: Mapping[str, socket.socket]) -> None:
        self._sockets = sockets
        self.ports: Mapping[str, int] = MappingProxyType(
            {name: held.getsockname()[1] for name, held in sockets.items()}
        )

    def close(self) -> None:
        for held in self._sockets.values():
            held.close()


def reserve(names: tuple[str, ...], preferred: Mapping[str, int]) -> Reservation:
    """One port per name: the preferred one if it is still free, else any free one."""
    return Reservation({name: _claim(preferred.get(name, 0)) for name in names})


def _claim(port: int) -> socket.socket:
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        held.bind((LOOPBACK, port))
    except OSError:
        held.bind((LOOPBACK, 0))
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return held
