"""Keys that nothing can replace are made before their data, and never in its presence."""

from pathlib import Path

import pytest

from services.local import keys
from services.local.errors import LocalError
from services.local.instance import PORT_NAMES, Instance


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path, dict.fromkeys(PORT_NAMES, 1))


def made(instance: Instance) -> dict[str, bytes]:
    files = [path for path in instance.data.rglob("*") if path.is_file()]
    return {str(path.relative_to(instance.data)): path.read_bytes() for path in files}


def test_a_new_instance_gets_all_keys_and_keeps_them(instance: Instance) -> None:
    keys.ensure(instance)
    first = made(instance)
    instance.services_cluster.data.mkdir(parents=True)
    instance.audit_cluster.data.mkdir(parents=True)
    keys.ensure(instance)
    assert made(instance) == first
    assert {name for name in first if name.endswith(".key")} == {
        "secrets/evidence.key",
        "secrets/audit/log.key",
        "secrets/audit/receipt.key",
        "secrets/audit/tag.key",
        "secrets/matching-token.key",
        "witness/witness.key",
    }
    assert {len(value) for name, value in first.items() if name.endswith(".key")} == {32}


def test_two_instances_have_logs_of_different_names(tmp_path: Path) -> None:
    origins = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        instance = Instance(tmp_path / name, dict.fromkeys(PORT_NAMES, 1))
        keys.ensure(instance)
        origins.add(keys.log_origin(instance))
    assert len(origins) == 2


@pytest.mark.parametrize(
    "lost", ["secrets/evidence.key", "secrets/audit/log.key", "secrets/audit/tag.key", "log-origin"]
)
def test_a_lost_key_is_named_and_not_made_anew(instance: Instance, lost: str) -> None:
    keys.ensure(instance)
    instance.services_cluster.data.mkdir(parents=True)
    instance.audit_cluster.data.mkdir(parents=True)
    (instance.data / lost).unlink()
    with pytest.raises(LocalError, match="is missing"):
        keys.ensure(instance)
    assert not (instance.data / lost).exists()
