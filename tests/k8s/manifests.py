"""What `kubectl kustomize` makes of a folder, and the parts of an object that the tests ask for."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
REGIONS = ("brussels", "antwerp", "ghent", "liege", "namur", "charleroi", "mons")
SERVICES = ("ingest", "recognition", "matching", "audit")
PROGRAMS = Path(sys.executable).parent

Object = dict[str, Any]  # an object of Kubernetes, as its YAML says it


def render(folder: Path) -> list[Object]:
    """The objects of a kustomization. Raises CalledProcessError, with the program's words, when it does not render."""
    done = subprocess.run([PROGRAMS / "kubectl", "kustomize", folder], check=True, capture_output=True, text=True)
    return list(yaml.load_all(done.stdout, yaml.CSafeLoader))


@cache
def region(name: str) -> Sequence[Object]:
    """The objects of a region; rendered once."""
    return tuple(render(K8S / "regions" / name))


def everywhere() -> list[Object]:
    """The objects of all regions, those that are equal once."""
    found = {json.dumps(thing, sort_keys=True): thing for name in REGIONS for thing in region(name)}
    return list(found.values())


def settings_of(name: str) -> dict[str, str]:
    """What a region.env says."""
    lines = (K8S / "regions" / name / "region.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def of_kind(objects: Sequence[Object], kind: str) -> list[Object]:
    return [thing for thing in objects if thing["kind"] == kind]


def named(objects: Sequence[Object], kind: str, name: str) -> Object:
    """The one object of that kind and name."""
    (found,) = (thing for thing in of_kind(objects, kind) if label(thing) == name)
    return found


def label(thing: Object) -> str:
    """Its name."""
    return str(thing["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class Workload:
    """Whatever makes pods: its name, the labels of its pods, and their specification."""

    name: str
    labels: dict[str, str]
    pod: Object

    @property
    def containers(self) -> list[Object]:
        """Those that run before, and those that stay."""
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    @property
    def main(self) -> Object:
        """The one that stays."""
        (container,) = self.pod["containers"]
        return dict(container)


def workloads(objects: Sequence[Object]) -> Iterator[Workload]:
    for thing in objects:
        spec = thing["spec"]["jobTemplate"]["spec"] if thing["kind"] == "CronJob" else thing.get("spec", {})
        if "template" in spec:
            template = spec["template"]
            yield Workload(label(thing), template["metadata"]["labels"], template["spec"])


def strings(value: object) -> Iterator[str]:
    """Every string in an object, at any depth."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value
