"""What the overseer may do in the database of sightings: everything is tried, and he may read one table and one number."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from tests.common.ledgers import MemoryLedger
from tests.engines import Cluster, Scratch
from tests.matching.builders import read
from tests.matching.conftest import running
from tests.reconcile.conftest import LOOKUP

pytestmark = pytest.mark.postgres

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
MAY = {("query_ledger", "SELECT"), ("query_ledger_ledger_id_seq", "SELECT")}


@pytest.fixture(scope="module")
def filled(postgres: Cluster) -> Iterator[Scratch]:
    scratch = postgres.fresh("matching")
    asyncio.run(_fill(scratch))
    yield scratch
    postgres.drop(scratch)


async def _fill(scratch: Scratch) -> None:
    async with running(scratch, MemoryLedger()) as matching:
        await matching.create()
        await matching.add("1ABC123")
        await matching.record(read("1ABC123"))


def test_of_every_table_view_and_sequence_he_may_read_the_ledger_alone(filled: Scratch) -> None:
    with filled.connect() as connection:
        rows = connection.execute(
            "SELECT relname, privilege, has_any_column_privilege('overseer', c.oid, privilege) FROM pg_class AS c"
            " CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS privilege"
            " WHERE relnamespace IN ('matching'::regnamespace, 'ingest'::regnamespace, 'public'::regnamespace)"
            " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
            " UNION ALL SELECT relname, privilege, has_table_privilege('overseer', c.oid, privilege) FROM pg_class AS c"
            " CROSS JOIN unnest(%s::text[]) AS privilege"
            " WHERE relnamespace IN ('matching'::regnamespace, 'ingest'::regnamespace, 'public'::regnamespace)"
            " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
            " UNION ALL SELECT relname, privilege, has_sequence_privilege('overseer', c.oid, privilege) FROM pg_class AS c"
            " CROSS JOIN unnest(ARRAY['SELECT', 'USAGE', 'UPDATE']) AS privilege"
            " WHERE relnamespace IN ('matching'::regnamespace, 'ingest'::regnamespace) AND relkind = 'S'",
            (list(PRIVILEGES),),
        ).fetchall()
    assert len(rows) > 100
    assert {(name, privilege) for name, privilege, may in rows if may} == MAY


def test_he_may_call_no_function(filled: Scratch) -> None:
    with filled.connect() as connection:
        rows = connection.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE has_function_privilege('overseer', p.oid, 'EXECUTE')"
            " AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
        ).fetchall()
    assert rows == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT plate FROM matching.sighting",
        "SELECT * FROM matching.hotlist_entry",
        "SELECT * FROM matching.alert",
        "SELECT * FROM matching.decision",
        "SELECT * FROM ingest.migration",
        "DELETE FROM matching.query_ledger",
        "INSERT INTO matching.query_ledger (intent_id) VALUES (gen_random_uuid())",
        "SELECT nextval('matching.query_ledger_ledger_id_seq')",
        "SELECT setval('matching.query_ledger_ledger_id_seq', 1)",
        "SELECT pg_stat_reset()",
        "SELECT pg_read_file('/etc/hostname')",
        "COPY matching.query_ledger TO PROGRAM 'cat'",
        "SET ROLE matching_owner",
        "CREATE TABLE matching.mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "SET track_counts = off",
        "SET session_replication_role = replica",
    ],
)
def test_what_he_tries_beyond_that_is_refused(filled: Scratch, statement: str) -> None:
    with filled.connect("overseer") as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(InsufficientPrivilege):
            connection.execute(statement.encode())


def test_he_may_not_look_up(filled: Scratch) -> None:
    with filled.connect("overseer") as connection, pytest.raises(psycopg.Error):
        connection.execute(LOOKUP, ("0197f000-0000-7000-8000-000000000000",) * 2 + ("zone-a", "1ABC123"))


def test_he_sees_no_statement_of_others_and_no_plate_in_statistics(filled: Scratch) -> None:
    with filled.connect() as other, filled.connect("overseer") as connection:
        other.execute("ANALYZE matching.sighting")
        other.execute("SELECT '1ABC123'")
        shown = connection.execute("SELECT query FROM pg_stat_activity").fetchall()
        assert not any("1ABC123" in (query or "") for (query,) in shown)
        assert connection.execute("SELECT * FROM pg_stats WHERE schemaname = 'matching'").fetchall() == []


def test_his_transactions_are_read_only_and_end_in_time(filled: Scratch) -> None:
    with filled.connect("overseer") as connection:
        names = ("default_transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout")
        assert [connection.execute(f"SHOW {name}".encode()).fetchone() for name in names] == [
            ("on",),
            ("30s",),
            ("30s",),
        ]
