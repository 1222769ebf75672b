"""How far each part is, asked of the part itself."""

import asyncio

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from services.local import gateway, postgres, seaweedfs
from services.local.instance import Instance
from services.local.keeper import State
from services.local.postgres import Cluster

PROBE_S = 2.0


async def database(cluster: Cluster) -> State:
    return _state(await asyncio.to_thread(postgres.answers, cluster))


async def store(instance: Instance) -> State:
    return _state(await asyncio.to_thread(seaweedfs.answers, instance.store))


async def envoy(instance: Instance) -> State:
    return _state(await gateway.routes(instance))


async def service(address: str, *, may_warm: bool) -> State:
    """READY if it says SERVING; WARMING if it answers anything else and may; else STARTING."""
    async with grpc.aio.insecure_channel(address) as channel:
        check: grpc.aio.UnaryUnaryMultiCallable[HealthCheckRequest, HealthCheckResponse] = channel.unary_unary(
            "/grpc.health.v1.Health/Check", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
        )
        try:
            answer = await check(HealthCheckRequest(), timeout=PROBE_S)
        except grpc.aio.AioRpcError:
            return State.STARTING
    if answer.status == HealthCheckResponse.SERVING:
        return State.READY
    return State.WARMING if may_warm else State.STARTING


async def port(address: str) -> State:
    """READY if somebody listens there."""
    host, _, number = address.rpartition(":")
    try:
        async with asyncio.timeout(PROBE_S):
            _, writer = await asyncio.open_connection(host, int(number))
    except (OSError, TimeoutError):
        return State.STARTING
    writer.close()
    return State.READY


def _state(works: bool) -> State:
    return State.READY if works else State.STARTING
