"""What the gateway lets through is what the access rules of the protos say may come from outside."""

import asyncio
import importlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anpr
import grpc
import pytest
import pytest_asyncio
from google.protobuf.descriptor import MethodDescriptor

from services.common import access
from services.local import gateway, keys, ports, probes, process, roster
from services.local.instance import PORT_NAMES, Instance
from services.local.keeper import State
from services.local.options import Options
from services.local.process import Child
from tests.local.conftest import STANDIN

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEHIND = ("ingest", "matching", "audit", "recognition")


def methods() -> Iterator[MethodDescriptor]:
    """Every method of every proto; their packages have no __init__, so they are found as files."""
    root = Path(anpr.__path__[0])
    for file in sorted(root.rglob("*_pb2.py")):
        name = ".".join(file.with_suffix("").relative_to(root.parent).parts)
        for service in importlib.import_module(name).DESCRIPTOR.services_by_name.values():
            yield from service.methods


def path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def is_internal(method: MethodDescriptor) -> bool:
    """For services only, or of the service that has no business outside."""
    rule = access.rules([method.containing_service])[path(method)]
    return rule.roles == {"service"} or ".recognition." in method.full_name


INTERNAL = [path(method) for method in methods() if is_internal(method)]
EXTERNAL = [path(method) for method in methods() if not is_internal(method)]
STREAMS = [path(method) for method in methods() if method.server_streaming or method.client_streaming]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    """Envoy as `anpr up` configures it, with stand-ins behind it."""
    data = tmp_path_factory.mktemp("gateway")
    reservation = ports.reserve(PORT_NAMES, {})
    found = Instance(data, reservation.ports)
    children: list[Child] = []
    try:
        keys.ensure(found)
        children += [process.spawn(roster.service(name, found, Options(standin=STANDIN))) for name in BEHIND]
        for name in BEHIND:
            while await probes.service(found.address(name), may_warm=False) is not State.READY:
                assert all(child.is_running() for child in children)
        children.append(process.spawn(gateway.prepare(found)))
        while not await gateway.routes(found):
            assert children[-1].is_running(), (found.logs / "gateway.log").read_text()
        yield found
    finally:
        for child in reversed(children):
            process.end(child)
        reservation.close()


async def answer(address: str, method: str) -> str:
    """Which service answered, or the code of the refusal."""
    async with grpc.aio.insecure_channel(address) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        try:
            return (await call(b"", timeout=20)).decode()
        except grpc.aio.AioRpcError as error:
            return error.code().name


@pytest.mark.parametrize("method", EXTERNAL)
async def test_a_method_for_callers_outside_reaches_its_service(instance: Instance, method: str) -> None:
    assert await answer(instance.gateway, method) == method.split(".")[1]


@pytest.mark.parametrize("method", INTERNAL)
async def test_a_method_for_services_only_is_refused(instance: Instance, method: str) -> None:
    assert await answer(instance.gateway, method) in ("PERMISSION_DENIED", "UNIMPLEMENTED")


@pytest.mark.parametrize(
    "method",
    [
        "/anpr.audit.v1.AuditService/%41ppend",
        "/anpr.audit.v1.AuditService//Append",
        "//anpr.audit.v1.AuditService/Append",
        "/anpr.audit.v1.AuditService/./Append",
        "/anpr.audit.v1.AuditService/x/../Append",
        "/anpr.audit.v1.AuditService%2FAppend",
        "/anpr.ingest.v1.x/../../anpr.audit.v1.AuditService/Append",
        "/anpr.audit.v1.AuditService/Append?x=1",
        "/anpr.recognition.v1.RecognitionService/Recognize",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ],
)
async def test_no_spelling_of_a_path_gets_around_a_refusal(instance: Instance, method: str) -> None:
    assert await answer(instance.gateway, method) in (
        "PERMISSION_DENIED",
        "UNIMPLEMENTED",
        "INTERNAL",
        "INVALID_ARGUMENT",
    )


@pytest.mark.parametrize("method", [method for method in STREAMS if method in EXTERNAL])
async def test_a_stream_has_no_deadline_at_the_gateway(instance: Instance, method: str) -> None:
    lines = gateway.render(instance).splitlines()
    (match,) = (number for number, line in enumerate(lines) if f'path: "{method}"' in line)
    assert "timeout: 0s," in lines[match + 1]


async def test_the_access_log_holds_methods_and_nothing_that_a_caller_typed(instance: Instance) -> None:
    await answer(instance.gateway, "/anpr.matching.v1.SightingService/1TST001")
    await answer(instance.gateway, "/anpr.matching.v1.SightingService/LookupPlate?plate=1TST001")
    await answer(instance.gateway, "/anpr.audit.v1.AuditService/GetCheckpoint")
    log = await asyncio.to_thread(flushed, instance.logs / "gateway-access.log", "AuditService/GetCheckpoint")
    assert "TST001" not in log


def flushed(log: Path, last: str) -> str:
    """The log once it holds its last line: Envoy writes it with a delay."""
    while last not in (text := log.read_text()):
        time.sleep(0.1)
    return text
