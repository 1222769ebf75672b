"""The databases, schemas and login roles of the two instances, made by the superuser and brought up to date at each start.

    databases.ensure(server.cluster, databases.SERVICES, passwords)

The SQL lies in sql/. A role's password is the content of `passwords/ROLE.password`, made at the first time.
"""

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from services.local import secret_files
from services.local.postgres import Cluster

SQL = Path(__file__).with_name("sql")


@dataclass(frozen=True, slots=True)
class Database:
    name: str
    script: str
    roles: tuple[str, ...]


SERVICES = Database(
    name="anpr",
    script="services.sql",
    roles=(
        *(f"{service}_{kind}" for service in ("ingest", "matching") for kind in ("owner", "writer", "reader")),
        "overseer",
    ),
)
AUDIT = Database(
    name="audit",
    script="audit.sql",
    roles=tuple(f"audit_{duty}" for duty in ("owner", "appender", "integrator", "eraser", "reviewer")),
)


def password_file(passwords: Path, role: str) -> Path:
    return passwords / f"{role}.password"


def ensure(cluster: Cluster, database: Database, passwords: Path) -> None:
    """Make the database and its roles where they are missing, and set every role's password to that of its file."""
    for default in ("postgres", "template1"):
        with _superuser(cluster, default) as connection:
            _run(connection, "closed.sql")
            if default == "postgres":
                _create(connection, database.name)
    grant(cluster, database)
    with _superuser(cluster, database.name) as connection:
        for role in database.roles:
            _set_password(connection, role, secret_files.password(password_file(passwords, role)).read_text())


def grant(cluster: Cluster, database: Database) -> None:
    """Make schemas, roles and privileges of a database that exists."""
    with _superuser(cluster, database.name) as connection:
        _run(connection, "closed.sql")
        _run(connection, database.script)


def _superuser(cluster: Cluster, database: str) -> psycopg.Connection:
    return psycopg.connect(cluster.conninfo(database), password=cluster.password(), autocommit=True)


def _create(connection: psycopg.Connection, name: str) -> None:
    if connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _run(connection: psycopg.Connection, script: str) -> None:
    connection.execute((SQL / script).read_bytes())


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Send the verifier, made here, so that the password itself is in no statement and no log."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))
