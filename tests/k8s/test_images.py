"""Each image is described cleanly, and what is copied into it is all that its service needs and nothing of another's."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import yaml

from tests.k8s.manifests import K8S, PROGRAMS, ROOT, SERVICES

CONTAINERS = K8S / "containers"
MODULES = {
    "ingest": ["services.ingest.__main__", "services.ingest.migrate"],
    "matching": ["services.matching.__main__", "services.matching.migrate"],
    "audit": ["services.audit.__main__", "services.audit.migrate"],
    "recognition": [
        "services.recognition.__main__",
        "services.recognition.worker",
        "services.recognition.engine_networks",
        "services.recognition.engine_standin",
    ],
}
# Run without the development environment (-I -S), whose path would have our checkout and every package in it.
IMPORT = """
import importlib, sys
tree, packages, *modules = sys.argv[1:]
sys.path[:0] = [tree, packages]
for module in modules:
    importlib.import_module(module)
"""


def containerfile(service: str) -> str:
    return (CONTAINERS / service / "Containerfile").read_text()


def copied(service: str) -> list[tuple[str, str]]:
    """What the Containerfile copies from the tree of our own code, and to where, below /app."""
    lines = re.findall(r"^COPY (?!--from)(\S+) (\S+)$", containerfile(service), re.MULTILINE)
    return [(source, target) for source, target in lines if not source.startswith("requirements")]


def tree(service: str, folder: Path) -> Path:
    """The tree that the image has below /app, without its packages."""
    for source, target in copied(service):
        place = folder / target
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, place)
    return folder


def packages(service: str, folder: Path) -> Path:
    """A folder with the packages of the service's requirement file, and no others, by links to those that are installed."""
    folder.mkdir()
    text = (ROOT / "requirements" / f"{service}.txt").read_text()
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE):
        for top in _top_level(name):
            if not (folder / top.name).exists():
                (folder / top.name).symlink_to(top)
    return folder


def _top_level(name: str) -> set[Path]:
    try:
        found = distribution(name)
    except PackageNotFoundError:  # for another system than this one
        return set()
    return {Path(str(found.locate_file(file.parts[0]))) for file in found.files or () if file.parts[0] != ".."}


def imported(service: str, folder: Path, modules: list[str]) -> subprocess.CompletedProcess[str]:
    """Imports the modules with what the image has."""
    parts = [str(tree(service, folder / "app")), str(packages(service, folder / "packages"))]
    command = [sys.executable, "-I", "-S", "-c", IMPORT, *parts, *modules]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_has_the_code_and_the_packages_that_its_programs_import(service: str, tmp_path: Path) -> None:
    done = imported(service, tmp_path, MODULES[service])
    assert done.returncode == 0, done.stderr


def test_an_image_has_no_package_that_only_others_need(tmp_path: Path) -> None:
    done = imported("audit", tmp_path, ["numpy"])
    assert "ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_has_no_code_of_another_service(service: str) -> None:
    assert [source for source, _ in copied(service)] == [
        "protos/gen/anpr",
        "services/__init__.py",
        "services/common",
        f"services/{service}",
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_installed_from_hashes_and_runs_as_nobody(service: str) -> None:
    text = containerfile(service)
    for install in re.findall(r"pip\b.* install .*", text):
        assert "--require-hashes --no-deps" in install
    assert f"requirements/{service}.txt" in text
    assert text.count("FROM ${BASE}") >= 2
    last = text.rpartition("FROM ")[2]
    assert "USER 10001:10001" in last
    assert "RUN" not in last
    assert f'CMD ["-m", "services.{service}"]' in last
    assert "HEALTHCHECK" not in text


def test_hadolint_finds_nothing() -> None:
    files = sorted(CONTAINERS.glob("*/Containerfile"))
    assert [file.parent.name for file in files] == sorted(SERVICES)
    done = subprocess.run([PROGRAMS / "hadolint", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_hadolint_would_find_something(tmp_path: Path) -> None:
    file = tmp_path / "Containerfile"
    file.write_text("FROM debian:latest\nRUN pip install grpcio\n")
    done = subprocess.run([PROGRAMS / "hadolint", file], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DL3013" in done.stdout


def test_every_image_of_the_manifests_is_named_in_one_place() -> None:
    images = yaml.safe_load((K8S / "base" / "kustomization.yaml").read_text())["images"]
    assert {image["name"] for image in images} == {*(f"anpr/{service}" for service in SERVICES), "envoyproxy/envoy"}
    assert {image.get("newTag") for image in images if "digest" not in image} <= {"unreleased"}


def test_nothing_but_code_and_requirements_reaches_a_builder() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    for source in {source for service in SERVICES for source, _ in copied(service)}:
        assert any(source.startswith(line[1:]) for line in lines if line.startswith("!"))
