"""The supervisor's tests start real engines; in the services' places stands standin.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from services.local import databases, postgres

STANDIN = Path(__file__).with_name("standin.py")


@dataclass(frozen=True, slots=True)
class Both:
    """One server with both databases, so that even a role of the other instance can be tried."""

    server: postgres.Server
    passwords: Path

    def connect(self, role: str, database: str) -> psycopg.Connection:
        password = databases.password_file(self.passwords, role).read_text()
        return psycopg.connect(self.server.conninfo(database, role), password=password, autocommit=True)


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("local")
    server = postgres.start(folder / "server", unsafe_fast=True)
    try:
        for database in (databases.SERVICES, databases.AUDIT):
            databases.ensure(server.cluster, database, folder / "passwords")
        yield Both(server, folder / "passwords")
    finally:
        postgres.stop(server)
