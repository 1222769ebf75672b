"""All regions render and validate; a field that is misspelt does not; two regions differ in nothing but their region.env."""

import copy
import shutil
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import ValidationError

from services.common import note
from services.ingest import shapes
from tests.k8s import manifests, validation
from tests.k8s.manifests import K8S, REGIONS, ROOT, Object

# Under these the keys are free: whoever reads them says what they mean.
FREE = {"labels", "annotations", "matchLabels", "data", "parameters", "requests", "limits", "selector"}


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_renders_and_every_field_of_it_is_known(name: str) -> None:
    objects = manifests.region(name)
    assert {label for thing in manifests.of_kind(objects, "Deployment") if (label := manifests.label(thing))} == {
        "audit",
        "gateway",
        "ingest",
        "matching",
        "recognition",
    }
    for thing in objects:
        validation.validate(thing)


def is_valid(thing: Object) -> bool:
    try:
        validation.validate(thing)
    except (ValidationError, KeyError):  # KeyError: its kind or apiVersion
        return False
    return True


def misspelt(thing: Object) -> Iterator[tuple[str, Object]]:
    """The object once for each of its fields, with that field misspelt."""
    for path in _paths(thing, ()):
        altered = copy.deepcopy(thing)
        place: Any = altered
        for step in path[:-1]:
            place = place[step]
        place[f"{path[-1]}e"] = place.pop(path[-1])
        yield ".".join(map(str, path)), altered


def _paths(value: object, before: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*before, key)
            if key not in FREE or (isinstance(inner, dict) and "matchLabels" in inner):
                yield from _paths(inner, (*before, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _paths(inner, (*before, number))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Deployment", "ingest"),
        ("Service", "gateway"),
        ("HorizontalPodAutoscaler", "ingest"),
        ("PodDisruptionBudget", "audit"),
        ("NetworkPolicy", "postgres-audit"),
        ("CronJob", "evidence-check"),
        ("Cluster", "postgres-services"),
        ("ObjectStore", "postgres-audit"),
        ("ScheduledBackup", "postgres-audit"),
    ],
)
def test_no_field_of_an_object_can_be_misspelt(kind: str, name: str) -> None:
    thing = manifests.named(manifests.region("brussels"), kind, name)
    for place, altered in misspelt(thing):
        assert not is_valid(altered), f"{place} was misspelt unnoticed"


def test_a_field_that_is_misspelt_in_a_file_is_refused(tmp_path: Path) -> None:
    tree = copied(tmp_path)
    file = tree / "base" / "ingest" / "deployment.yaml"
    file.write_text(file.read_text().replace("readinessProbe:", "readynessProbe:"))
    thing = manifests.named(manifests.render(tree / "regions" / "mons"), "Deployment", "ingest")
    with pytest.raises(ValidationError, match="readynessProbe"):
        validation.validate(thing)


def copied(folder: Path) -> Path:
    """A copy of the manifests, with what they take from outside their folder."""
    shutil.copytree(K8S, folder / "k8s")
    shutil.copytree(ROOT / "services" / "local" / "sql", folder / "services" / "local" / "sql")
    return folder / "k8s"


def test_a_region_is_two_files_and_only_its_settings_are_its_own() -> None:
    folders = sorted((K8S / "regions").iterdir())
    assert {folder.name for folder in folders} == set(REGIONS)
    assert {tuple(sorted(file.name for file in folder.iterdir())) for folder in folders} == {
        ("kustomization.yaml", "region.env")
    }
    assert len({(folder / "kustomization.yaml").read_text() for folder in folders}) == 1
    assert len({tuple(manifests.settings_of(folder.name)) for folder in folders}) == 1


def test_every_setting_of_a_region_is_used() -> None:
    replacements = yaml.safe_load((K8S / "base" / "region" / "replacements.yaml").read_text())["replacements"]
    replaced = {replacement["source"]["fieldPath"].removeprefix("data.") for replacement in replacements}
    read = {
        variable["valueFrom"]["configMapKeyRef"]["key"]
        for workload in manifests.workloads(manifests.region("brussels"))
        for container in workload.containers
        for variable in container.get("env", [])
        if "valueFrom" in variable
    }
    assert replaced | read == set(manifests.settings_of("brussels"))


def test_no_place_holder_of_the_base_is_left() -> None:
    for thing in manifests.everywhere():
        for text in manifests.strings(thing):
            assert "region.invalid" not in text
            assert "192.0.2.0/32" not in text


@pytest.mark.parametrize("name", REGIONS)
def test_the_settings_of_a_region_make_sense(name: str) -> None:
    given = manifests.settings_of(name)
    assert given["REGION"] == name
    assert shapes.ZONE.fullmatch(given["ZONE"])
    assert note.is_name(given["LOG_ORIGIN"])
    assert given["S3_ENDPOINT"].rpartition(":")[2].isdecimal()
    for key in ("S3_CIDR", "KUBE_API_CIDR", "CLIENTS_CIDR"):
        assert ip_network(given[key]).num_addresses <= 2**16
    for service in ("INGEST", "RECOGNITION"):
        assert 2 <= int(given[f"{service}_MIN"]) <= int(given[f"{service}_MAX"])


@pytest.mark.parametrize(
    "key", ["REGION", "ZONE", "DOMAIN", "LOG_ORIGIN", "S3_BUCKET", "LOG_BUCKET", "LOG_HEADS_BUCKET", "BACKUP_BUCKET"]
)
def test_no_two_regions_share_what_must_be_their_own(key: str) -> None:
    assert len({manifests.settings_of(name)[key] for name in REGIONS}) == len(REGIONS)


def test_a_pilot_zone_with_both_options_renders_and_validates(tmp_path: Path) -> None:
    tree = copied(tmp_path)
    pilot = tree / "regions" / "mons"
    options = "components: [../../components/single-node, ../../components/prometheus]\n"
    (pilot / "kustomization.yaml").write_text((pilot / "kustomization.yaml").read_text() + options)
    objects = manifests.render(pilot)
    for thing in objects:
        validation.validate(thing)
    clusters = manifests.of_kind(objects, "Cluster")
    assert [cluster["spec"]["instances"] for cluster in clusters] == [1, 1]
    assert not any("synchronous" in cluster["spec"]["postgresql"] for cluster in clusters)
    assert manifests.of_kind(objects, "PodMonitor")
    for thing in objects:
        assert thing["kind"] == "Namespace" or thing["metadata"]["namespace"] == "anpr"
