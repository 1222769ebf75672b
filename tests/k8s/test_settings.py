"""Each service starts with what its manifest gives it: no setting is missing, misspelt or wrong, and each file is there."""

import importlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from google.protobuf.descriptor import FileDescriptor
from psycopg.conninfo import conninfo_to_dict

from services.audit import settings as audit
from services.common import settings
from services.common.listen import ListenRefused, loopback
from services.ingest import migrate as ingest_migrate
from services.ingest import settings as ingest
from services.matching import settings as matching
from services.recognition import settings as recognition
from tests.k8s import manifests
from tests.k8s.manifests import REGIONS, SERVICES, Object, Workload

KINDS: dict[str, type] = {
    "services.ingest": ingest.Settings,
    "services.ingest.migrate": ingest_migrate.Settings,
    "services.matching": matching.Settings,
    "services.matching.migrate": matching.MigrateSettings,
    "services.audit": audit.Settings,
    "services.audit.migrate": audit.MigrateSettings,
    "services.recognition": recognition.Settings,
}
# What its health is asked for, where it is not the process as a whole.
READY = {
    "ingest": "anpr.ingest.v1.IngestService",
    "recognition": "anpr.recognition.v1.RecognitionService",
    "audit": "anpr.audit.v1.AuditService",
}
OWN_FILES = ("ANPR_EPOCH_KEYS_DIR", "/var/lib/anpr/epoch-keys")


def workload(region: str, name: str) -> Workload:
    (found,) = (one for one in manifests.workloads(manifests.region(region)) if one.name == name)
    return found


def containers(region: str) -> Iterator[tuple[Workload, Object, str]]:
    """Each container that runs a program of ours, with its module."""
    for name in SERVICES:
        found = workload(region, name)
        for container in found.containers:
            yield found, container, container["args"][1] if "args" in container else f"services.{name}"


def environment(region: str, container: Object) -> dict[str, str]:
    """The variables of a container, those from the region's settings too."""
    given = manifests.settings_of(region)
    return {
        variable["name"]: variable["value"]
        if "value" in variable
        else given[variable["valueFrom"]["configMapKeyRef"]["key"]]
        for variable in container["env"]
    }


def files(found: Workload, container: Object) -> Iterator[str]:
    """Every file and folder that is mounted into a container."""
    volumes = {volume["name"]: volume for volume in found.pod["volumes"]}
    for mount in container["volumeMounts"]:
        volume = volumes[mount["name"]]
        sources = [volume["secret"]] if "secret" in volume else []
        sources += [source["secret"] for source in volume.get("projected", {}).get("sources", [])]
        yield mount["mountPath"]
        for source in sources:
            yield from (f"{mount['mountPath']}/{item['path']}" for item in source["items"])


CONTAINERS = [
    pytest.param(region, found, container, module, id=f"{region}-{module}")
    for region in REGIONS
    for found, container, module in containers(region)
]


@pytest.mark.parametrize(("region", "found", "container", "module"), CONTAINERS)
def test_a_service_takes_the_settings_of_its_manifest(
    region: str, found: Workload, container: Object, module: str, tmp_path: Path
) -> None:
    given = environment(region, container)
    mounted = set(files(found, container))
    for name, value in given.items():
        if value.startswith("/"):
            assert value in mounted, f"{name} names a file that is not mounted"
            given[name] = str(stand_in(tmp_path, value))
    settings.load(KINDS[module], {name: value for name, value in given.items() if name.startswith("ANPR_")})


def stand_in(folder: Path, path: str) -> Path:
    """A file, or for the one folder a folder, in place of the one that the pod has."""
    place = folder / PurePosixPath(path).relative_to("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    if path == OWN_FILES[1]:
        place.mkdir()
    else:
        place.touch()
    return place


def test_a_setting_that_no_service_knows_is_refused() -> None:
    with pytest.raises(settings.SettingsProblem, match="ANPR_ENGIN is not a setting"):
        settings.load(recognition.Settings, {"ANPR_LISTEN": "0.0.0.0:50051", "ANPR_ENGIN": "standin"})


@pytest.mark.parametrize(("region", "found", "container", "module"), CONTAINERS)
def test_a_database_is_reached_with_tls_by_the_role_whose_password_is_at_hand(
    region: str, found: Workload, container: Object, module: str
) -> None:
    given = environment(region, container)
    if "ANPR_DATABASE" not in given:
        assert module == "services.recognition"
        return
    words = {word: str(value) for word, value in conninfo_to_dict(given["ANPR_DATABASE"]).items()}
    assert words["sslmode"] == "verify-full"
    assert words["sslrootcert"] in set(files(found, container))
    cluster = words["host"].removesuffix("-rw")
    assert (
        words["dbname"]
        == manifests.named(manifests.region(region), "Cluster", cluster)["spec"]["bootstrap"]["initdb"]["database"]
    )
    secret = _secret_behind(found, container, given["ANPR_DATABASE_PASSWORD_FILE"])
    assert secret == f"postgres-{words['user'].replace('_', '-')}"


def _secret_behind(found: Workload, container: Object, path: str) -> str:
    volumes = {volume["name"]: volume for volume in found.pod["volumes"]}
    (mount,) = (one for one in container["volumeMounts"] if path.startswith(one["mountPath"] + "/"))
    volume = volumes[mount["name"]]
    if "secret" in volume:
        return str(volume["secret"]["secretName"])
    (name,) = (
        source["secret"]["name"]
        for source in volume["projected"]["sources"]
        if PurePosixPath(path).name in {item["path"] for item in source["secret"]["items"]}
    )
    return str(name)


@pytest.mark.parametrize("name", SERVICES)
def test_ports_agree_from_the_setting_to_the_caller(name: str) -> None:
    found = workload("brussels", name)
    given = environment("brussels", found.main)
    ports = {port["name"]: port["containerPort"] for port in found.main["ports"]}
    assert given["ANPR_LISTEN"] == f"0.0.0.0:{ports['grpc']}"
    assert given["ANPR_METRICS_LISTEN"] == f"0.0.0.0:{ports['metrics']}"
    service = manifests.named(manifests.region("brussels"), "Service", name)
    assert service["spec"]["ports"] == [{"name": "grpc", "port": ports["grpc"], "targetPort": "grpc"}]
    for other in SERVICES:
        for key, value in environment("brussels", workload("brussels", other).main).items():
            if key == f"ANPR_{name.upper()}_ADDRESS":
                assert value == f"dns:///{name}:{ports['grpc']}"


@pytest.mark.parametrize("name", SERVICES)
def test_until_callers_are_authenticated_a_service_does_not_listen_here(name: str) -> None:
    """When this no longer holds, k8s/README.md says something that is not so."""
    given = environment("brussels", workload("brussels", name).main)
    for setting in ("ANPR_LISTEN", "ANPR_METRICS_LISTEN"):
        with pytest.raises(ListenRefused):
            loopback(given[setting])


@pytest.mark.parametrize("name", SERVICES)
def test_readiness_asks_for_a_service_that_there_is(name: str) -> None:
    asked = workload("brussels", name).main["readinessProbe"]["grpc"].get("service", "")
    assert asked == READY.get(name, "")
    if asked:
        package, _, service = asked.rpartition(".")
        module = importlib.import_module(f"{package}.{name}_pb2")
        descriptor: FileDescriptor = module.DESCRIPTOR
        assert service in descriptor.services_by_name


@pytest.mark.parametrize("name", SERVICES)
def test_no_dependency_that_is_down_gets_a_pod_restarted(name: str) -> None:
    main = workload("brussels", name).main
    for probe in ("startupProbe", "livenessProbe"):
        assert main[probe]["tcpSocket"] == {"port": "grpc"}
