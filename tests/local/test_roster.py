"""Each service is told what it needs, and secrets only by the path of their file."""

import importlib
from pathlib import Path

import pytest

from services.common import settings
from services.local import databases, keys, roster, seaweedfs, secret_files
from services.local.instance import PORT_NAMES, SERVICES, Instance
from services.local.options import Options
from services.local.process import Program


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An instance with all its secrets, and nothing started."""
    found = Instance(tmp_path, {name: 20000 + number for number, name in enumerate(PORT_NAMES)})
    keys.ensure(found)
    for role in (*databases.SERVICES.roles, *databases.AUDIT.roles):
        secret_files.password(found.password_file(role))
    for role in seaweedfs.ROLES:
        secret_files.password(found.store.access_file(role))
        secret_files.password(found.store.secret_file(role))
    return found


def programs(instance: Instance) -> list[Program]:
    services = [roster.service(name, instance, Options()) for name in SERVICES]
    return services + [roster.migration(name, instance, Options()) for name in roster.MIGRATED]


def test_no_secret_is_in_a_command_or_an_environment(instance: Instance) -> None:
    secrets = [path.read_bytes() for path in instance.secrets.rglob("*") if path.is_file()]
    assert len(secrets) > 10
    for program in programs(instance):
        told = " ".join([*program.command, *(value for _, value in program.environment)]).encode()
        assert [secret for secret in secrets if secret in told] == []


def test_every_path_that_a_service_is_told_exists(instance: Instance) -> None:
    told = [
        pair for program in programs(instance) for pair in program.environment if pair[0].endswith(("_FILE", "_DIR"))
    ]
    assert len(told) == 20
    assert [name for name, value in told if not Path(value).exists()] == []


def test_a_service_gets_no_secret_of_another(instance: Instance) -> None:
    for name, foreign in {
        "matching": ("ingest", "audit/", "s3/"),
        "ingest": ("matching", "audit", "s3/log"),
        "audit": ("s3/writer", "s3/reader", "s3/admin", "ingest", "matching"),
    }.items():
        told = [value for key, value in roster.service(name, instance, Options()).environment if key.endswith("_FILE")]
        relative = [str(Path(value).relative_to(instance.secrets)) for value in told]
        assert [path for path in relative if any(word in path for word in (*foreign, "owner", "superuser"))] == []


def test_only_a_migration_is_the_owner(instance: Instance) -> None:
    owners = {p.name for p in programs(instance) for _, value in p.environment if "_owner" in value}
    assert owners == {f"{name}-migrate" for name in roster.MIGRATED}


@pytest.mark.parametrize("name", SERVICES)
def test_the_settings_of_a_service_are_those_it_reads(instance: Instance, name: str) -> None:
    module = importlib.import_module(f"services.{name}.settings")
    settings.load(module.Settings, dict(roster.service(name, instance, Options()).environment))


def test_a_setting_that_was_asked_for_wins(instance: Instance) -> None:
    options = Options(engine="standin", extra=(("recognition", "ANPR_WORKERS", "3"),))
    told = dict(roster.service("recognition", instance, options).environment)
    assert (told["ANPR_ENGINE"], told["ANPR_WORKERS"]) == ("standin", "3")
