"""Who may read sightings: nobody, around the functions that write the ledger."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from tests.common.ledgers import MemoryLedger
from tests.engines import Cluster, Scratch
from tests.matching.builders import ZONE, read
from tests.matching.conftest import Matching, running

pytestmark = pytest.mark.postgres
ROLES = ("matching_reader", "matching_writer")


@pytest.fixture(scope="module")
def filled(postgres: Cluster) -> Iterator[Scratch]:
    """One database for all of these tests: what they try changes nothing, or they fail."""
    scratch = postgres.fresh("matching")
    asyncio.run(_fill(scratch))
    yield scratch
    postgres.drop(scratch)


async def _fill(scratch: Scratch) -> None:
    async with running(scratch, MemoryLedger()) as matching:
        await matching.create()
        await matching.add("1ABC123")
        await matching.record(read("1ABC123"), read("2DEF456"))


def _partition(scratch: Scratch) -> str:
    with scratch.connect() as connection:
        row = connection.execute("SELECT tableoid::regclass::text FROM matching.sighting LIMIT 1").fetchone()
    assert row is not None
    return str(row[0])


READS = {
    "all columns": "SELECT * FROM matching.sighting",
    "plate": "SELECT plate FROM matching.sighting",
    "a condition on the plate": "SELECT read_id FROM matching.sighting WHERE plate = '1ABC123'",
    "content": "SELECT content_sha256 FROM matching.sighting",
    "whole row": "SELECT sighting FROM matching.sighting",
    "COPY": "COPY matching.sighting TO STDOUT",
    "the partition": "SELECT read_id FROM {partition}",
    "LIKE": "CREATE TEMPORARY TABLE mine (LIKE matching.sighting)",
    "the plan": "EXPLAIN SELECT plate FROM matching.sighting",
    "the ledger": "SELECT * FROM matching.query_ledger",
    "a decision": "SELECT * FROM matching.decision",
}
CHANGES = {
    "update": "UPDATE matching.sighting SET plate = 'X'",
    "delete": "DELETE FROM matching.sighting",
    "truncate": "TRUNCATE matching.sighting",
    "the partition": "DROP TABLE {partition}",
    "upsert": "INSERT INTO matching.sighting SELECT * FROM matching.staging_shape"
    " ON CONFLICT (captured_day, read_id) DO UPDATE SET plate = excluded.plate RETURNING plate",
    "a decision": "INSERT INTO matching.decision (decision_id) VALUES (gen_random_uuid())",
    "the ledger": "DELETE FROM matching.query_ledger",
    "an entry": "DELETE FROM matching.hotlist_entry",
    "a listed plate": "UPDATE matching.hotlist_entry SET plate = 'X'",
    "an alert": "DELETE FROM matching.alert",
    "a raised alert": "UPDATE matching.alert SET late = true",
    "the function": "CREATE OR REPLACE FUNCTION matching.open_since() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
    "an object of its own": "CREATE TABLE matching.mine (x int)",
    "the owner": "SET ROLE matching_owner",
    "a replica": "SET session_replication_role = replica",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "statement", [*READS.values(), *CHANGES.values()], ids=[*READS, *(f"change {c}" for c in CHANGES)]
)
def test_no_role_of_the_service_gets_around_the_functions(filled: Scratch, role: str, statement: str) -> None:
    with filled.connect(role) as connection, pytest.raises(errors.InsufficientPrivilege):
        _run(connection, statement.format(partition=_partition(filled)))


def _run(connection: psycopg.Connection, statement: str) -> None:
    if statement.startswith("COPY"):
        with connection.cursor().copy(statement.encode()) as copy:
            list(copy)
    else:
        connection.execute(statement.encode())


def test_the_reader_may_select_from_no_table_at_all(filled: Scratch) -> None:
    with filled.connect() as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'matching'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')"
            " AND (has_table_privilege('matching_reader', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
            " OR has_any_column_privilege('matching_reader', oid, 'SELECT, INSERT, UPDATE, REFERENCES'))"
        ).fetchall()
    assert found == []


def test_the_writer_sees_which_reads_there_are_and_nothing_of_them(filled: Scratch) -> None:
    with filled.connect() as connection:
        columns = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'matching.sighting'::regclass AND attnum > 0"
            " AND has_column_privilege('matching_writer', attrelid, attnum, 'SELECT') ORDER BY attname"
        ).fetchall()
    assert columns == [("captured_day",), ("read_id",)]


@pytest.mark.parametrize("role", ROLES)
def test_statistics_show_no_plates_to_the_roles(filled: Scratch, role: str) -> None:
    with filled.connect() as connection:
        connection.execute("ANALYZE matching.sighting")
    with filled.connect(role) as connection:
        found = connection.execute(
            "SELECT attname FROM pg_stats WHERE schemaname = 'matching' AND attname = 'plate'"
            " AND tablename LIKE 'sighting%'"
        ).fetchall()
    assert found == []


async def test_functions_that_run_as_the_owner_name_their_search_path_and_are_not_for_everybody(
    filled: Scratch,
) -> None:
    with filled.connect() as connection:
        found = connection.execute(
            "SELECT proname, proconfig, coalesce(array_to_string(proacl, ' '), '=X/') FROM pg_proc"
            " WHERE pronamespace = 'matching'::regnamespace"
        ).fetchall()
    assert len(found) >= 8
    assert {name for name, config, _ in found if config != ["search_path=matching, pg_temp"]} == set()
    assert {name for name, _, grants in found if any(grant.startswith("=") for grant in grants.split())} == set()


def test_a_table_of_the_same_name_in_the_callers_schema_is_not_used(filled: Scratch) -> None:
    with filled.connect("matching_writer") as connection:
        connection.execute("CREATE TEMPORARY TABLE sighting (captured_day date, read_id uuid, content_sha256 bytea)")
        connection.execute("CREATE TEMPORARY TABLE batch (batch_id bigint)")
        connection.execute("SET search_path = pg_temp, matching")
        assert connection.execute("SELECT count(*) FROM matching.hits(ARRAY[1], 99)").fetchone() == (0,)
        altered = connection.execute(
            "SELECT matching.altered_reads(array_agg(captured_day), array_agg(read_id),"
            " array_agg(decode(repeat('00', 32), 'hex'))) FROM matching.sighting"
        ).fetchone()
    assert altered == (2,)


@pytest.mark.parametrize(
    "function",
    [
        "ensure_partitions('{{2026-01-01}}')",
        "altered_reads('{{}}', '{{}}', '{{}}')",
        "hits('{{1}}', 1)",
        "verify_ground(NULL, NULL, NULL, NULL, NULL, NULL)",
        "open_since()",
    ],
)
def test_the_reader_may_call_nothing_but_what_it_needs(filled: Scratch, function: str) -> None:
    with filled.connect("matching_reader") as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(f"SELECT matching.{function.format()}".encode())


def test_the_writer_may_not_look_up(filled: Scratch) -> None:
    with filled.connect("matching_writer") as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(
            "SELECT * FROM matching.lookup_plate(%s, %s, %s, 'judicial_offence', NULL, '1ABC123',"
            " now() - interval '1 day', now(), '{}', 10, NULL, NULL)",
            (uuid4(), uuid4(), ZONE),
        )


async def test_the_writer_cannot_search_old_sightings_by_listing_plates(matching: Matching) -> None:
    await matching.create()
    await matching.record(read("1ABC123"))
    await matching.add("1ABC123")
    with matching.scratch.connect() as connection:
        connection.execute("UPDATE matching.sighting SET recorded_at = recorded_at - interval '26 hours'")
    with matching.scratch.connect("matching_writer") as connection:
        found = connection.execute("SELECT * FROM matching.hits(ARRAY(SELECT batch_id FROM matching.batch), 99)")
        assert found.fetchall() == []
