"""The gateway of a region routes exactly as the one of one machine, behind TLS with client certificates."""

import asyncio
import copy
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from string import Template
from typing import Any
from urllib.error import HTTPError

import grpc
import pytest
import yaml

from services.local import binaries, certificates, gateway, ports
from services.local.certificates import Identity
from tests.k8s import manifests
from tests.k8s.manifests import K8S

TEXT = (K8S / "base" / "gateway" / "envoy.yaml").read_text()
OPTIONS = ("--disable-hot-restart", "--concurrency", "1")
FILES = {"tls.crt": "certificate", "tls.key": "key", "ca.crt": "authority"}


def parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The gateway's HTTP filter, and the clusters by name."""
    resources = yaml.safe_load(text)["static_resources"]
    (listener,) = (one for one in resources["listeners"] if one["name"] == "gateway")
    (chain,) = listener["filter_chains"]
    return chain["filters"][0]["typed_config"], {one["name"]: one for one in resources["clusters"]}


LOCAL_TEXT = Template(gateway.TEMPLATE.read_text()).substitute(dict.fromkeys((*gateway.ROUTED, "access_log"), "1"))
LOCAL = parts(LOCAL_TEXT)
REGIONAL = parts(TEXT)


def test_connections_are_bounded_as_on_one_machine() -> None:
    assert yaml.safe_load(TEXT)["overload_manager"] == yaml.safe_load(LOCAL_TEXT)["overload_manager"]


def test_routes_are_those_of_one_machine() -> None:
    assert REGIONAL[0]["route_config"] == LOCAL[0]["route_config"]


def test_the_whole_filter_is_that_of_one_machine_but_for_the_place_of_its_log() -> None:
    local, regional = copy.deepcopy(LOCAL[0]), copy.deepcopy(REGIONAL[0])
    for one in (local, regional):
        for log in one["access_log"]:
            del log["typed_config"]["path"]
    assert regional == local


@pytest.mark.parametrize("name", ["ingest", "matching", "audit"])
def test_a_service_is_watched_as_on_one_machine_and_found_by_its_name(name: str) -> None:
    local, regional = dict(LOCAL[1][name]), dict(REGIONAL[1][name])
    assert regional.pop("type") == "STRICT_DNS"
    (locality,) = regional.pop("load_assignment")["endpoints"]
    (endpoint,) = locality["lb_endpoints"]
    address = endpoint["endpoint"]["address"]["socket_address"]
    (port,) = manifests.named(manifests.region("brussels"), "Service", address["address"])["spec"]["ports"]
    assert address == {"address": name, "port_value": port["port"]}
    del local["load_assignment"]
    assert regional == local


def test_what_is_rendered_is_this_file() -> None:
    (rendered,) = (
        thing["data"]["envoy.yaml"]
        for thing in manifests.of_kind(manifests.region("brussels"), "ConfigMap")
        if manifests.label(thing).startswith("gateway-envoy-")
    )
    assert rendered == TEXT


def test_ports_and_files_are_those_of_the_pod() -> None:
    pod = manifests.named(manifests.region("brussels"), "Deployment", "gateway")["spec"]["template"]["spec"]
    listeners = {
        one["name"]: one["address"]["socket_address"]["port_value"]
        for one in yaml.safe_load(TEXT)["static_resources"]["listeners"]
    }
    assert {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]} == {
        "grpc": listeners["gateway"],
        "metrics": listeners["metrics"],
    }
    (secret,) = (volume["secret"] for volume in pod["volumes"] if "secret" in volume)
    assert {item["path"] for item in secret["items"]} == set(FILES)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identity]:
    """A folder with what the secret gateway-tls holds."""
    folder = tmp_path_factory.mktemp("tls")
    made = certificates.issue("gateway")
    for name, field in FILES.items():
        (folder / name).write_bytes(getattr(made, field))
    return folder, made


def here(folder: Path, numbers: Mapping[str, int]) -> Path:
    """The configuration, with paths and ports of this machine."""
    text = (
        TEXT.replace("/run/anpr/tls", str(folder))
        .replace("/tmp/admin.sock", "admin.sock")
        .replace("0.0.0.0", ports.LOOPBACK)
    )
    for inside, name in ((8443, "gateway"), (9464, "metrics")):
        text = text.replace(f"port_value: {inside} ", f"port_value: {numbers[name]} ")
    for name in ("ingest", "matching", "audit"):
        text = text.replace(f"address: {name}, port_value: 50051", f"address: {ports.LOOPBACK}, port_value: 1")
    (folder / "envoy.yaml").write_text(text)
    return folder / "envoy.yaml"


def test_envoy_takes_the_file_as_it_is(identity: tuple[Path, Identity]) -> None:
    file = identity[0] / "whole.yaml"
    file.write_text(TEXT.replace("/run/anpr/tls", str(identity[0])))
    done = subprocess.run(
        [binaries.gateway(), "--mode", "validate", "-c", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def running(identity: tuple[Path, Identity]) -> Iterator[Mapping[str, int]]:
    """Envoy with this configuration, and no service behind it; the ports of its two listeners."""
    folder, _ = identity
    with closing(ports.reserve(("gateway", "metrics"), {})) as reservation:
        command = [str(binaries.gateway()), "-c", str(here(folder, reservation.ports)), *OPTIONS]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as envoy:
            try:
                while status(reservation.ports["metrics"], "/ready") != 200:
                    assert envoy.poll() is None, (folder / "log").read_text()
                    time.sleep(0.05)
                yield reservation.ports
            finally:
                envoy.terminate()


def status(port: int, path: str, method: str = "GET") -> int:
    """The HTTP status of an answer; 0 when there is none."""
    asked = urllib.request.Request(f"http://{ports.LOOPBACK}:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return int(answer.status)
    except HTTPError as refusal:
        with refusal:
            return refusal.code
    except OSError:
        return 0


def test_of_the_admin_interface_two_paths_are_open(running: Mapping[str, int]) -> None:
    assert status(running["metrics"], "/metrics") == 200
    for path in ("/quitquitquit", "/config_dump", "/metrics/../quitquitquit", "/stats"):
        assert status(running["metrics"], path, "POST") == 404


async def code(port: int, credentials: grpc.ChannelCredentials, method: str) -> grpc.StatusCode:
    """How a call of a method ends."""
    options = (("grpc.ssl_target_name_override", "localhost"),)
    async with grpc.aio.secure_channel(f"{ports.LOOPBACK}:{port}", credentials, options=options) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        try:
            await asyncio.wait_for(call(b"", timeout=10), 15)
        except grpc.aio.AioRpcError as error:
            return error.code()
    return grpc.StatusCode.OK


async def test_who_has_no_certificate_is_not_even_refused_by_a_route(
    running: Mapping[str, int], identity: tuple[Path, Identity]
) -> None:
    made = identity[1]
    append = "/anpr.audit.v1.AuditService/Append"
    with_one = grpc.ssl_channel_credentials(made.authority, made.key, made.certificate)
    assert await code(running["gateway"], with_one, append) is grpc.StatusCode.PERMISSION_DENIED
    without = grpc.ssl_channel_credentials(made.authority)
    assert await code(running["gateway"], without, append) is grpc.StatusCode.UNAVAILABLE
    stranger = certificates.issue("stranger")
    foreign = grpc.ssl_channel_credentials(made.authority, stranger.key, stranger.certificate)
    assert await code(running["gateway"], foreign, append) is grpc.StatusCode.UNAVAILABLE
