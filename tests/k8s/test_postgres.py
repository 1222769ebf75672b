"""The databases of a region are those of one machine, kept on three."""

import pytest

from services.audit import durability
from services.local import databases, postgres
from services.local.databases import AUDIT, SERVICES, Database
from tests.k8s import manifests
from tests.k8s.manifests import Object

BRUSSELS = manifests.region("brussels")
CLUSTERS = [
    pytest.param(manifests.named(BRUSSELS, "Cluster", name), database, id=name)
    for name, database in (("postgres-services", SERVICES), ("postgres-audit", AUDIT))
]


@pytest.mark.parametrize(("cluster", "database"), CLUSTERS)
def test_a_cluster_has_the_database_and_every_role_of_the_one_machine_suite(
    cluster: Object, database: Database
) -> None:
    assert cluster["spec"]["bootstrap"]["initdb"]["database"] == database.name
    roles = cluster["spec"]["managed"]["roles"]
    assert {role["name"] for role in roles} == set(database.roles)
    for role in roles:
        assert role["passwordSecret"]["name"] == f"postgres-{role['name'].replace('_', '-')}"
        assert role["login"]
        assert not role["inherit"]


@pytest.mark.parametrize(("cluster", "database"), CLUSTERS)
def test_a_cluster_is_made_by_the_same_scripts(cluster: Object, database: Database) -> None:
    initdb = cluster["spec"]["bootstrap"]["initdb"]
    keys = [script["key"] for script in initdb["postInitApplicationSQLRefs"]["configMapRefs"]]
    assert keys == ["closed.sql", database.script]
    scripts = manifests.named(BRUSSELS, "ConfigMap", "postgres-sql")["data"]
    for key in keys:
        assert scripts[key] == (databases.SQL / key).read_text()


@pytest.mark.parametrize(("cluster", "database"), CLUSTERS)
def test_a_cluster_logs_no_statement_and_keeps_what_it_confirms(cluster: Object, database: Database) -> None:
    parameters = cluster["spec"]["postgresql"]["parameters"]
    silent = {
        name: value for name, value in postgres.SETTINGS.items() if name.startswith("log_") and "zone" not in name
    }
    assert silent.items() <= parameters.items()
    for name in {*postgres.DURABLE, *durability.REQUIRED}:
        assert parameters.get(name, "on") == "on"
    assert cluster["spec"]["bootstrap"]["initdb"]["dataChecksums"] is True
    assert cluster["spec"]["postgresql"]["synchronous"]["dataDurability"] == "required"
    assert cluster["spec"]["instances"] == 3


@pytest.mark.parametrize(("cluster", "database"), CLUSTERS)
def test_a_cluster_takes_its_own_database_over_tls_and_nothing_else(cluster: Object, database: Database) -> None:
    lines = [f"hostssl {database.name} all all scram-sha-256", "host all all all reject"]
    assert cluster["spec"]["postgresql"]["pg_hba"] == lines


@pytest.mark.parametrize(("cluster", "database"), CLUSTERS)
def test_a_cluster_is_backed_up_no_longer_than_erasure_may_take(cluster: Object, database: Database) -> None:
    name = manifests.label(cluster)
    (plugin,) = cluster["spec"]["plugins"]
    store = manifests.named(BRUSSELS, "ObjectStore", plugin["parameters"]["barmanObjectName"])
    assert plugin["isWALArchiver"]
    assert store["spec"]["retentionPolicy"] == "35d"
    assert store["spec"]["configuration"]["destinationPath"].endswith(f"/{name}")
    backup = manifests.named(BRUSSELS, "ScheduledBackup", name)["spec"]
    assert (backup["cluster"]["name"], backup["pluginConfiguration"]["name"]) == (name, plugin["name"])
