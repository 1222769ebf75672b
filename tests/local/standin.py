"""Stands in for every service in the supervisor's own tests: `standin.py services.NAME[.migrate]`.

As a service it says SERVING (recognition: only once no file `cold` is there) and answers every method with the name of
the service. As a migration it makes one table, with one row, in the service's schema.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import grpc
import psycopg
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

States = health_pb2.HealthCheckResponse


class Answers(grpc.GenericRpcHandler):
    """Every method of every service but health."""

    def __init__(self, name: str) -> None:
        self._name = name

    def service(self, call: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        if call.method.startswith("/grpc.health"):
            return None
        return grpc.unary_unary_rpc_method_handler(self._answer)

    async def _answer(self, _request: bytes, _context: object) -> bytes:
        return self._name.encode()


def warm_up() -> None:
    while Path("cold").exists():
        time.sleep(0.05)


async def serve(name: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = grpc.aio.server()
    states = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    server.add_generic_rpc_handlers((Answers(name),))
    server.add_insecure_port(os.environ["ANPR_LISTEN"])
    await server.start()
    await states.set("", States.NOT_SERVING)
    if name == "recognition":
        await asyncio.to_thread(warm_up)
    await states.set("", States.SERVING)
    await stop.wait()
    await server.stop(0.5)


def migrate(name: str) -> None:
    password = Path(os.environ["ANPR_DATABASE_PASSWORD_FILE"]).read_text()
    with psycopg.connect(os.environ["ANPR_DATABASE"], password=password) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS standin AS SELECT 1 AS one")


if __name__ == "__main__":
    _, module, *rest = sys.argv[1].split(".")
    if rest:
        migrate(module)
    else:
        asyncio.run(serve(module))
