"""The nightly look at the evidence bucket tells a locked one from one that only looks like it."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from services.local import seaweedfs
from tests.k8s.manifests import K8S

pytestmark = pytest.mark.s3


@pytest.fixture(scope="module")
def check() -> ModuleType:
    """The program as the pod runs it."""
    spec = importlib.util.spec_from_file_location("verify_bucket", K8S / "base" / "evidence" / "verify_bucket.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweedfs.Server]:
    found = seaweedfs.start(tmp_path_factory.mktemp("evidence"))
    try:
        yield found
    finally:
        seaweedfs.stop(found)


def keys(server: seaweedfs.Server, role: str, folder: Path) -> str:
    """A folder as the secret evidence-s3 is mounted."""
    (folder / "access-key").write_text(server.store.access_file(role).read_text())
    (folder / "secret-key").write_text(server.store.secret_file(role).read_text() + "\n")
    return str(folder)


def test_a_locked_bucket_passes(
    check: ModuleType, server: seaweedfs.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = keys(server, "admin", tmp_path)
    assert check.main(server.store.endpoint, seaweedfs.BUCKET, folder, secure=False) == 0
    assert "versions and object lock are on" in capsys.readouterr().out


def test_who_may_not_see_the_lock_does_not_say_that_there_is_none(
    check: ModuleType, server: seaweedfs.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = keys(server, "writer", tmp_path)
    assert check.main(server.store.endpoint, seaweedfs.BUCKET, folder, secure=False) == 1
    assert "Access" in (told := capsys.readouterr().err)
    assert "off" not in told


@pytest.mark.parametrize(("versions", "words"), [(False, "versions are off"), (True, "object lock is off")])
def test_a_bucket_without_lock_is_told(
    check: ModuleType,
    server: seaweedfs.Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    versions: bool,
    words: str,
) -> None:
    admin, bucket = seaweedfs.client(server.store, "admin"), f"plain-{versions}".lower()
    admin.make_bucket(bucket)
    if versions:
        admin.set_bucket_versioning(bucket, VersioningConfig(ENABLED))
    assert check.main(server.store.endpoint, bucket, keys(server, "admin", tmp_path), secure=False) == 1
    assert words in capsys.readouterr().err


def test_a_store_that_does_not_answer_is_told(
    check: ModuleType, server: seaweedfs.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main("127.0.0.1:1", seaweedfs.BUCKET, keys(server, "writer", tmp_path), secure=False) == 1
    assert seaweedfs.BUCKET in capsys.readouterr().err
