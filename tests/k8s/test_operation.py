"""What an operator reads fits what there is: the table of secrets, and the metrics in the alerts."""

import importlib
import re
from collections.abc import Iterator

import yaml
from prometheus_client import REGISTRY

from tests.k8s import manifests
from tests.k8s.manifests import K8S, SERVICES

BY_OPERATOR = {"postgres-services-ca", "postgres-audit-ca"}  # of PostgreSQL, which makes them itself


def used() -> Iterator[tuple[str, str]]:
    """Every secret that the manifests ask for, with each key."""
    objects = manifests.region("brussels")
    for workload in manifests.workloads(objects):
        for volume in workload.pod.get("volumes", []):
            if "secret" in volume:
                yield from ((volume["secret"]["secretName"], item["key"]) for item in volume["secret"]["items"])
            for source in volume.get("projected", {}).get("sources", []):
                yield from ((source["secret"]["name"], item["key"]) for item in source["secret"]["items"])
    for cluster in manifests.of_kind(objects, "Cluster"):
        for role in cluster["spec"]["managed"]["roles"]:
            yield from ((role["passwordSecret"]["name"], key) for key in ("username", "password"))
    for store in manifests.of_kind(objects, "ObjectStore"):
        configuration = store["spec"]["configuration"]
        for reference in (configuration["endpointCA"], *configuration["s3Credentials"].values()):
            yield reference["name"], reference["key"]


def written() -> set[tuple[str, str]]:
    """The same from the README: a row a secret, or several in one, with the keys beside."""
    rows = re.findall(
        r"^\| ((?:`[a-z0-9-]+`,? ?)+)\| ((?:`[a-z0-9.-]+`,? ?)+)\|", (K8S / "README.md").read_text(), re.MULTILINE
    )
    names = re.compile(r"`([^`]+)`")
    return {(secret, key) for secrets, keys in rows for secret in names.findall(secrets) for key in names.findall(keys)}


def test_the_readme_names_every_secret_and_each_key_of_it() -> None:
    assert written() == {(secret, key) for secret, key in used() if secret not in BY_OPERATOR}


def test_alerts_ask_for_metrics_that_there_are() -> None:
    for service in ("common", *SERVICES):
        importlib.import_module(f"services.{service}.metrics")
    known = {sample for metric in REGISTRY.collect() for sample in _samples(metric.name, metric.type)}
    rules = yaml.safe_load((K8S / "components" / "prometheus" / "alerts.yaml").read_text())["spec"]["groups"][0][
        "rules"
    ]
    asked = {name for rule in rules for name in re.findall(r"\banpr_[a-z_]+", rule["expr"])}
    assert asked
    assert asked <= known


def _samples(name: str, kind: str) -> tuple[str, ...]:
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",)}
    return tuple(f"{name}{end}" for end in ends.get(kind, ("",)))
