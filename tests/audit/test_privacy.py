"""What lies in the database: nothing in it names a person, a plate or a case."""

from collections.abc import Iterator
from typing import LiteralString

import pytest

from tests import traces
from tests.audit.logs import CASE, OFFICER, PLATE, Parts, entry, outcome
from tests.engines import Scratch

pytestmark = pytest.mark.postgres

TABLES: LiteralString = """
SELECT format('SELECT to_jsonb(t)::text FROM audit.%I t', relname)
FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind IN ('r', 'p')
"""
SECRETS = (OFFICER, PLATE, CASE, "a very private reason", "sergeant.jones", "0197f000-0000-7000-8000-00000000dec1")


def everything(scratch: Scratch) -> Iterator[bytes]:
    """Every row of every table as text, and every byte string in it as bytes."""
    with scratch.connect() as connection:
        for (statement,) in connection.execute(TABLES).fetchall():
            for (row,) in connection.execute(statement.encode()).fetchall():
                yield row.encode()
        columns = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'audit' AND data_type = 'bytea'"
        ).fetchall()
        for table, column in columns:
            for (value,) in connection.execute(f"SELECT {column} FROM audit.{table}".encode()).fetchall():
                yield value or b""


async def test_nothing_at_rest_names_a_person_a_plate_or_a_case(parts: Parts) -> None:
    intent = entry(
        reason="a very private reason",
        on_behalf_of="sergeant.jones",
        decision_id="0197f000-0000-7000-8000-00000000dec1",
        query=f'{{"plate":"{PLATE}"}}',
        unit="unit-1",
    )
    await parts.log.append([intent, outcome(intent)])
    await parts.integrate()
    found = list(everything(parts.scratch))
    assert len(found) > 20
    assert any(b'"k":"intent"' in value for value in found), "the leaves are among what is searched"
    words = {
        form for secret in SECRETS for form in (secret, secret.upper(), secret.lower(), secret.replace("/", r"\/"))
    }
    assert traces.find({"at rest": b"\n".join(found)}, words) == []


async def test_the_same_search_finds_what_somebody_planted(parts: Parts) -> None:
    await parts.log.append([entry()])
    for text in (OFFICER, OFFICER.encode().hex()):
        with parts.scratch.connect() as connection:
            connection.execute("CREATE TABLE audit.planted (text) AS SELECT %s::text", (text,))
            found = list(everything(parts.scratch))
            connection.execute("DROP TABLE audit.planted")
        assert traces.find({"at rest": b"\n".join(found)}, SECRETS)


async def test_equal_look_ups_look_different_but_for_their_tags(parts: Parts) -> None:
    await parts.log.append([entry(), entry()])
    with parts.scratch.connect() as connection:
        for table, column in (("payload", "sealed"), ("secret", "wrapped"), ("entry", "leaf")):
            statement = f"SELECT count(DISTINCT {column}) FROM audit.{table}"
            assert connection.execute(statement.encode()).fetchall() == [(2,)]
        assert connection.execute("SELECT count(DISTINCT plate) FROM audit.tag").fetchall() == [(1,)]
