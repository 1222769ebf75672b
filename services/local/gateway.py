"""Envoy in front of the services: configuration from the one template, program, and a probe through it."""

import signal
from pathlib import Path
from string import Template

import grpc

from services.local import binaries, secret_files
from services.local.instance import Instance
from services.local.process import Program

TEMPLATE = Path(__file__).parents[2] / "gateway" / "envoy" / "local.yaml.template"
ROUTED = ("gateway", "ingest", "matching", "audit")
NO_SUCH_METHOD = "/anpr.gateway/Ready"
PROBE_S = 2.0


def prepare(instance: Instance) -> Program:
    """Write the configuration; returns the server to spawn."""
    folder = instance.data / "gateway"
    folder.mkdir(mode=0o700, exist_ok=True)
    secret_files.write(folder / "envoy.yaml", render(instance).encode())
    options = (
        "-c",
        "envoy.yaml",
        "--disable-hot-restart",
        "--concurrency",
        "1",
        "--log-level",
        "warning",
        "--file-flush-interval-msec",
        "500",
    )
    return Program(
        name="gateway",
        command=(str(binaries.gateway()), *options),
        folder=folder,
        log=instance.logs / "gateway.log",
        stop_signal=signal.SIGTERM,
        grace_s=3.0,
        litter=(folder / "admin.sock",),
    )


def render(instance: Instance) -> str:
    names = {name: str(instance.ports[name]) for name in ROUTED}
    return Template(TEMPLATE.read_text()).substitute(names, access_log=instance.logs / "gateway-access.log")


async def routes(instance: Instance) -> bool:
    """True if Envoy takes calls: it refuses, itself, a method that nobody has."""
    async with grpc.aio.insecure_channel(instance.gateway) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(NO_SUCH_METHOD)
        try:
            await call(b"", timeout=PROBE_S)
        except grpc.aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.UNIMPLEMENTED
    return False
