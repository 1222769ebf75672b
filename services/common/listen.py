"""Where a service may be reached."""

from ipaddress import ip_address


class ListenRefused(Exception):
    """The address must not be served as long as callers are not authenticated."""


def loopback(listen: str) -> tuple[str, int]:
    """Host and port of `listen` (host:port). Raises ListenRefused when that is not this machine's loopback."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        address, number = ip_address(host), int(port)
    except ValueError as cause:
        raise ListenRefused("an address to serve is an IP address and a port, such as 127.0.0.1:9100") from cause
    if not address.is_loopback:
        raise ListenRefused("callers are not authenticated yet: only a loopback address is served")
    return host, number
