"""Engines for the tests: one real PostgreSQL for the session, and a fresh copy of a migrated database for each test."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql

from services.common.database import migrate
from services.local import databases, postgres
from services.local.databases import Database

MIGRATIONS = Path(__file__).parents[1] / "services"
HOMES = {"ingest": databases.SERVICES, "matching": databases.SERVICES, "audit": databases.AUDIT}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database of one test."""

    name: str
    server: postgres.Server
    passwords: Path

    def dsn(self, role: str) -> str:
        """The connection string of a role, without its password."""
        return self.server.conninfo(self.name, role)

    def password_file(self, role: str) -> Path:
        return databases.password_file(self.passwords, role)

    def password(self, role: str) -> str:
        return self.password_file(role).read_text().strip()

    @contextmanager
    def connect(self, role: str = postgres.SUPERUSER, *, autocommit: bool = True) -> Iterator[psycopg.Connection]:
        """A plain connection as this role; the superuser when none is named."""
        password = self.server.password() if role == postgres.SUPERUSER else self.password(role)
        with psycopg.connect(self.dsn(role), password=password, autocommit=autocommit) as connection:
            yield connection


@dataclass(frozen=True, slots=True)
class Cluster:
    """The session's server. `fresh("audit")` is a new database with the roles and the migrated schema of that service."""

    server: postgres.Server
    passwords: Path
    made: set[str]

    def fresh(self, service: str) -> Scratch:
        home = HOMES[service]
        self._prepare(home)
        name = f"scratch_{next(_numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self._superuser() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(home.name)))
        databases.grant(self.server.cluster, replace(home, name=name))  # a copy has no privileges of its own
        return Scratch(name, self.server, self.passwords)

    def drop(self, scratch: Scratch) -> None:
        with self._superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(scratch.name)))

    def _prepare(self, home: Database) -> None:
        if home.name in self.made:
            return
        databases.ensure(self.server.cluster, home, self.passwords)
        for service in (service for service, its in HOMES.items() if its is home):
            owner = f"{service}_owner"
            password = databases.password_file(self.passwords, owner).read_text().strip()
            migrate(self.server.conninfo(home.name, owner), password, service, MIGRATIONS / service / "migrations")
        self.made.add(home.name)

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.server.conninfo("postgres"), password=self.server.password(), autocommit=True)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A PostgreSQL that gives up durability for speed; what must survive a crash is tested on `anpr up` itself."""
    server = postgres.start(folder / "postgres", unsafe_fast=True)
    try:
        passwords = folder / "passwords"
        passwords.mkdir(mode=0o700)
        yield Cluster(server, passwords, set())
    finally:
        postgres.stop(server)
