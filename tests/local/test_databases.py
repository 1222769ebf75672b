"""Who may do what in the two databases, tried as each role."""

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from services.local import databases
from tests.local.conftest import Both

pytestmark = pytest.mark.postgres

OVERSEER = "overseer"  # has no schema: tests/reconcile/test_role.py
SERVICE_ROLES = tuple(role for role in databases.SERVICES.roles if role != OVERSEER)
ALL_ROLES = (*SERVICE_ROLES, OVERSEER, *databases.AUDIT.roles)


def other(role: str) -> str:
    """A schema of the services' database that is not this role's."""
    return "matching" if role.startswith("ingest") else "ingest"


@pytest.fixture(scope="module")
def tables(both: Both) -> Both:
    """A table in each service's schema, granted as widely as its owner can grant to its own roles."""
    for service in ("ingest", "matching"):
        with both.connect(f"{service}_owner", "anpr") as connection:
            connection.execute(f"CREATE TABLE {service}.passage AS SELECT 1 AS one".encode())
            connection.execute(f"GRANT ALL ON {service}.passage TO {service}_writer, {service}_reader".encode())
    return both


@pytest.mark.parametrize("role", SERVICE_ROLES)
def test_a_role_reads_its_own_schema(tables: Both, role: str) -> None:
    with tables.connect(role, "anpr") as connection:
        assert connection.execute("SELECT one FROM passage").fetchall() == [(1,)]


@pytest.mark.parametrize("role", SERVICE_ROLES)
def test_a_role_cannot_touch_another_schema(tables: Both, role: str) -> None:
    with tables.connect(role, "anpr") as connection:
        for statement in ("SELECT one FROM {}.passage", "CREATE TABLE {}.mine ()", "DROP TABLE {}.passage"):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement.format(other(role)).encode())


@pytest.mark.parametrize("role", ALL_ROLES)
def test_a_wrong_password_is_refused(both: Both, role: str) -> None:
    database = "audit" if role.startswith("audit") else "anpr"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(both.server.conninfo(database, role), password="wrong")


@pytest.mark.parametrize("role", ALL_ROLES)
@pytest.mark.parametrize("database", ["postgres", "template1", "anpr", "audit"])
def test_a_role_connects_to_its_own_database_only(both: Both, role: str, database: str) -> None:
    if database == ("audit" if role.startswith("audit") else "anpr"):
        both.connect(role, database).close()
    else:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            both.connect(role, database)


@pytest.mark.parametrize("role", ALL_ROLES)
def test_no_role_can_make_anything_outside_its_schema(both: Both, role: str) -> None:
    with both.connect(role, "audit" if role.startswith("audit") else "anpr") as connection:
        connection.execute(
            "SET default_transaction_read_only = off"
        )  # the overseer's default, which would hide the rest
        for statement in (
            "CREATE TABLE public.mine ()",
            "CREATE SCHEMA mine",
            "CREATE ROLE mine",
            "CREATE DATABASE mine",
        ):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement.encode())


@pytest.mark.parametrize("role", [role for role in ALL_ROLES if not role.endswith("_owner") and role != OVERSEER])
def test_only_owners_make_tables(both: Both, role: str) -> None:
    schema = role.partition("_")[0]
    with (
        both.connect(role, "audit" if schema == "audit" else "anpr") as connection,
        pytest.raises(InsufficientPrivilege),
    ):
        connection.execute(f"CREATE TABLE {schema}.mine ()".encode())


@pytest.mark.parametrize("role", ALL_ROLES)
def test_no_role_is_privileged_or_member_of_another(both: Both, role: str) -> None:
    with both.connect(role, "audit" if role.startswith("audit") else "anpr") as connection:
        flags = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert flags == (False,) * 5
        assert (
            connection.execute("SELECT roleid FROM pg_auth_members WHERE member = current_user::regrole").fetchall()
            == []
        )


def test_a_new_function_is_not_open_to_everybody(both: Both) -> None:
    with both.connect("matching_owner", "anpr") as owner, both.connect("matching_reader", "anpr") as reader:
        owner.execute("CREATE FUNCTION matching.secret() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'")
        with pytest.raises(InsufficientPrivilege):
            reader.execute("SELECT matching.secret()")
        owner.execute("GRANT EXECUTE ON FUNCTION matching.secret() TO matching_reader")
        assert reader.execute("SELECT matching.secret()").fetchone() == (1,)


def test_an_appender_that_stalls_in_a_transaction_loses_its_connection(both: Both) -> None:
    with both.connect("audit_appender", "audit") as connection:
        assert connection.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("500ms",)


def test_a_changed_password_file_counts_from_the_next_start(both: Both) -> None:
    role = "ingest_reader"
    file = databases.password_file(both.passwords, role)
    old = file.read_text()
    file.write_text("another-password")
    databases.ensure(both.server.cluster, databases.SERVICES, both.passwords)
    both.connect(role, "anpr").close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(both.server.conninfo("anpr", role), password=old)
