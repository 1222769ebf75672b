"""Trouble with PostgreSQL: what becomes of it, and that no word of the driver goes further. A real server, a real fault each."""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from services.common import database
from services.common.database import Database, StoreFault
from services.common.errors import CommitUnknown, StoreUnavailable
from tests.engines import Scratch

pytestmark = pytest.mark.postgres
PLATE = "1XQZ417-AND-TOO-LONG"
# Each breaks a rule of the schema with a value that PostgreSQL quotes in its DETAIL, its CONTEXT or its message.
BROKEN = {
    "matching": [
        "INSERT INTO matching.hotlist_entry (zone, hotlist_id, plate, valid_until, note, source_reference, added_version)"
        " VALUES ('a', 'b', %(plate)s, now(), '', '', 1)",
        "INSERT INTO matching.hotlist_entry (zone, hotlist_id, plate, valid_until, note, source_reference, added_version)"
        " VALUES (%(plate)s, 'b', 'x', now(), '', '', 1)",
        "SELECT (%(plate)s::text)::uuid",
    ],
    "ingest": [
        "INSERT INTO ingest.camera (camera_id, zone, name, site, heading_degrees, lanes, purpose, disabled)"
        " VALUES (%(plate)s, 'a', '', '', 0, '{}', '', false)",
        "SELECT (%(plate)s::text)::ingest.frame_state",
    ],
    "audit": [
        "SELECT (%(plate)s::text)::bigint",
        "INSERT INTO audit.entry_id (id, seq) SELECT (%(plate)s::text)::uuid, 1",
    ],
}
WRITER = {"matching": "matching_writer", "ingest": "ingest_writer", "audit": "audit_appender"}


@pytest.fixture
def scratch(fresh_database: Callable[[str], Scratch]) -> Scratch:
    return fresh_database("matching")


@pytest.fixture
async def store(scratch: Scratch) -> AsyncIterator[Database]:
    async with database.connect(scratch.dsn("matching_writer"), scratch.password("matching_writer")) as found:
        yield found


async def _run(store: Database, *statements: str) -> None:
    async with store.transaction() as connection:
        for statement in statements:
            await connection.execute(statement.encode(), {"plate": PLATE})


@pytest.mark.parametrize(
    ("service", "statement"), [(service, statement) for service, many in BROKEN.items() for statement in many]
)
async def test_a_broken_rule_is_named_and_no_value_is_quoted(
    fresh_database: Callable[[str], Scratch], service: str, statement: str, caplog: pytest.LogCaptureFixture
) -> None:
    scratch, role = fresh_database(service), WRITER[service]
    with scratch.connect(role) as plain, pytest.raises(psycopg.Error, match=PLATE):
        plain.execute(statement.encode(), {"plate": PLATE})  # the driver does quote it
    caplog.set_level(logging.DEBUG)
    async with database.connect(scratch.dsn(role), scratch.password(role)) as store:
        with pytest.raises(StoreFault) as fault:
            await _run(store, statement)
    assert fault.value.state
    assert "23" not in fault.value.state[:2] or fault.value.constraint
    assert PLATE not in "".join(traceback.format_exception(fault.value))
    assert PLATE not in caplog.text
    assert any(frame.name == "_run" for frame in traceback.extract_tb(fault.tb)), "it is not known where it happened"


def test_a_fault_of_the_store_is_in_the_log_once_without_its_words(scratch: Scratch) -> None:
    program = f"""
import asyncio, structlog
from services.common import database, logs
logs.configure("test")
async def main():
    async with database.connect({scratch.dsn("matching_writer")!r}, {scratch.password("matching_writer")!r}) as store:
        try:
            async with store.transaction() as connection:
                await connection.execute({BROKEN["matching"][0]!r}, {{"plate": {PLATE!r}}})
        except database.StoreFault as fault:
            structlog.get_logger().error("call.failed", exc_info=fault)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (line,) = [json.loads(line) for line in done.stdout.splitlines()]
    (fault,) = line["exception"]
    assert (fault["exc_type"], fault["exc_value"]) == (
        "StoreFault",
        "CheckViolation 23514 hotlist_entry_plate_check",
    )
    assert PLATE not in done.stdout + done.stderr


async def test_a_transaction_whose_failure_was_swallowed_is_no_success(store: Database) -> None:
    async def swallow() -> None:
        async with store.transaction() as connection:
            with pytest.raises(psycopg.Error):
                await connection.execute("SELECT 1 / 0")

    with pytest.raises(StoreFault):
        await swallow()
    await store.verify_alive()


async def test_a_connection_that_is_closed_in_the_block_is_no_success(store: Database) -> None:
    async def close() -> None:
        async with store.transaction() as connection:
            await connection.execute("SELECT 1")
            await connection.close()

    with pytest.raises(StoreUnavailable):
        await close()
    await store.verify_alive()


async def test_a_block_that_asks_nothing_commits_nothing(store: Database) -> None:
    async with store.transaction():
        pass


AT_COMMIT = """
    CREATE TABLE matching.witness (); GRANT INSERT ON matching.witness TO matching_writer;
    CREATE FUNCTION public.act() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN {act}; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON matching.witness DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.act()
"""


@pytest.mark.parametrize(
    ("act", "kept", "refusal"),
    [
        # As a replication that is not waited for any more: the rows are there, and are not safe.
        ("RAISE WARNING 'not replicated'", 1, CommitUnknown),
        ("PERFORM pg_terminate_backend(pg_backend_pid())", 0, CommitUnknown),
        ("RAISE 'no'", 0, StoreFault),
        ("RAISE deadlock_detected", 0, StoreUnavailable),
        ("RAISE NOTICE 'so far so good'", 1, None),
    ],
)
async def test_only_a_commit_without_reserve_counts(
    scratch: Scratch, store: Database, act: str, kept: int, refusal: type[Exception] | None
) -> None:
    with scratch.connect() as superuser:
        superuser.execute(AT_COMMIT.format(act=act).encode())
    if refusal is None:
        await _run(store, "INSERT INTO matching.witness DEFAULT VALUES")
    else:
        with pytest.raises(refusal) as raised:
            await _run(store, "INSERT INTO matching.witness DEFAULT VALUES")
        assert type(raised.value) is refusal
    with scratch.connect() as superuser:
        assert superuser.execute("SELECT count(*) FROM matching.witness").fetchone() == (kept,)
    await store.verify_alive()


@pytest.mark.parametrize(
    "statements",
    [
        ["SET LOCAL statement_timeout = '10ms'", "SELECT pg_sleep(9)"],
        ["SET LOCAL idle_in_transaction_session_timeout = '10ms'", "SELECT 1"],
        [
            "SET TRANSACTION READ ONLY",
            "INSERT INTO matching.batch (list_version, captured_days, read_ids) VALUES (1, '{}', '{}')",
        ],
    ],
    ids=["too long", "stopped in the middle", "a standby"],
)
async def test_trouble_is_no_fault_of_ours(store: Database, statements: list[str]) -> None:
    async def ask() -> None:
        async with store.transaction() as connection:
            for statement in statements:
                await connection.execute(statement.encode())
            await asyncio.sleep(0.2)

    with pytest.raises(StoreUnavailable):
        await ask()
    await store.verify_alive()


async def test_a_connection_notices_that_the_other_machine_is_gone(store: Database) -> None:
    """The kernel is told to look; what it does then is its own."""
    async with store.transaction() as connection:
        with socket.socket(fileno=os.dup(connection.fileno())) as same:
            assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000


async def test_a_process_that_is_stopped_in_the_middle_holds_its_locks_for_seconds_only(store: Database) -> None:
    async with store.transaction() as connection:
        rows = await connection.execute("SHOW idle_in_transaction_session_timeout")
        assert await rows.fetchone() == ("10s",)
