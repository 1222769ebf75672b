"""Channels between services."""

import grpc

OPTIONS = (
    # Every replica that the name stands for, in turn; the library's own default stays with the first.
    ("grpc.lb_policy_name", "round_robin"),
    # A service that is back is found back within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A peer that hangs without closing is given up.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)


def open_channel(address: str) -> grpc.aio.Channel:
    """A channel to another service, to all its replicas. It connects by itself, and again when one restarts."""
    return grpc.aio.insecure_channel(address, options=OPTIONS)
