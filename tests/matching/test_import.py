"""An import at the wrong moment: broken off, cut off at its commit, or slow. What is in the log is what was done."""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from anpr.matching.v1 import hotlist_pb2

from services.common import audited, refusals
from tests.common.ledgers import MemoryLedger
from tests.engines import Scratch
from tests.matching.builders import MISSING, hotlist, now, officer, upload
from tests.matching.conftest import Matching, running
from tests.matching.cut import Cut, way

pytestmark = pytest.mark.postgres
IMPORT = "anpr.matching.v1.HotlistService.ImportEntries"
FILE = (
    "plate,valid_from,valid_until,note,source_reference\n"
    f"1-ABC-123,,{now().year + 1}-01-01T00:00:00Z,note,REF\n"
    f"2-DEF-456,,{now().year + 1}-01-01T00:00:00Z,note,REF\n"
).encode()
PLATES = [("1ABC123",), ("2DEF456",)]
LISTED = "SELECT plate FROM matching.hotlist_entry WHERE removed_version IS NULL ORDER BY plate"
# Whoever adds entries waits at his commit for as long as the gate has a row.
GATE = """
    CREATE TABLE public.gate AS SELECT 1;
    CREATE FUNCTION public.wait_at_gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            WHILE EXISTS (SELECT FROM public.gate) LOOP PERFORM pg_sleep(0.02); END LOOP;
            RETURN NULL;
        END
    $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON matching.hotlist_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.wait_at_gate()
"""
OPEN_TRANSACTIONS = """
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%%'
"""
# A client that hangs up may look like one that has sent all: then what came is too short.
BROKEN_OFF = ("OUTCOME CANCELLED", "OUTCOME INVALID_ARGUMENT UPLOAD_INCOMPLETE")
AT_THE_GATE = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query = 'COMMIT'
"""


@pytest.fixture
async def listed(matching: Matching) -> Matching:
    await matching.create()
    return matching


def _open(matching: Matching) -> Any:
    return matching.hotlists.ImportEntries(metadata=officer().metadata())


async def _send(matching: Matching, file: bytes = FILE) -> hotlist_pb2.ImportEntriesResponse:
    return await matching.hotlists.ImportEntries(iter(upload(file)), metadata=officer().metadata())


async def _reason(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refusals.reason(refused.value)


def _logged(ledger: MemoryLedger) -> list[str]:
    """Status and reason of the entries of imports."""
    return [
        f"{kind} {entry.refusal}".strip()
        for kind, entry in zip(ledger.kinds(), ledger.entries, strict=True)
        if entry.rpc == IMPORT
    ]


async def _logs(ledger: MemoryLedger, count: int) -> list[str]:
    async with asyncio.timeout(30):
        while len(_logged(ledger)) < count:
            await asyncio.sleep(0.01)
    return _logged(ledger)


async def test_the_log_says_which_file_it_was(listed: Matching) -> None:
    await _send(listed)
    query = next(entry.query for entry in listed.ledger.entries if entry.rpc == IMPORT)
    assert (
        query == f'{{"hotlist_id":"{MISSING}","sha256":"{hashlib.sha256(FILE).hexdigest()}","size_bytes":{len(FILE)}}}'
    )


async def test_half_an_upload_never_passes_for_the_whole_and_a_done_one_is_never_logged_as_broken_off(
    listed: Matching,
) -> None:
    messages = upload(FILE, chunk_bytes=40)
    for sent in range(1, len(messages) + 1):
        before = len(_logged(listed.ledger))
        call = _open(listed)
        for message in messages[:sent]:
            await call.write(message)
        if sent == len(messages):
            await call.done_writing()
        await _logs(listed.ledger, before + 1)  # the intent
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        outcome = (await _logs(listed.ledger, before + 2))[-1]
        await audited.settle(30)
        assert (outcome == "OUTCOME OK") == (listed.rows(LISTED) == PLATES)
        assert sent == len(messages) or outcome in BROKEN_OFF
    assert (await _send(listed)).list_version == 2, "it was done more than once"


async def test_pieces_that_are_missing_repeated_or_swapped_are_refused(listed: Matching) -> None:
    messages = upload(FILE, chunk_bytes=40)
    for some, reason in (
        (messages[:-1], "UPLOAD_INCOMPLETE"),
        ([*messages[:2], *messages[3:]], "UPLOAD_INCOMPLETE"),
        ([*messages, messages[-1]], "UPLOAD_ALTERED"),
        ([messages[0], messages[2], messages[1], *messages[3:]], "UPLOAD_ALTERED"),
    ):
        call = listed.hotlists.ImportEntries(iter(some), metadata=officer().metadata())
        assert await _reason(call) == reason
    assert listed.rows(LISTED) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"size_bytes": 0}, "FIELD_INVALID"),
        ({"size_bytes": -1}, "FIELD_INVALID"),
        ({"size_bytes": 64 * 1024 * 1024 + 1}, "CSV_INVALID"),
        ({"sha256": b"123"}, "FIELD_INVALID"),
        ({"sha256": bytes(32)}, "UPLOAD_ALTERED"),
        ({"size_bytes": len(FILE) - 1}, "UPLOAD_ALTERED"),
        ({"size_bytes": len(FILE) + 1}, "UPLOAD_INCOMPLETE"),
    ],
)
async def test_what_is_declared_is_checked(listed: Matching, fields: dict[str, object], reason: str) -> None:
    messages = upload(FILE)
    for name, value in fields.items():
        setattr(messages[0], name, value)
    assert await _reason(listed.hotlists.ImportEntries(iter(messages), metadata=officer().metadata())) == reason
    assert listed.rows(LISTED) == []


@pytest.fixture
def gate(listed: Matching) -> Iterator[None]:
    with listed.scratch.connect() as connection:
        connection.execute(GATE.encode())
    yield
    _open_the_gate(listed)


def _open_the_gate(matching: Matching) -> None:
    with matching.scratch.connect() as connection:
        connection.execute("DELETE FROM public.gate")


async def _committing(matching: Matching) -> object:
    async with asyncio.timeout(30):
        while not (found := matching.rows(AT_THE_GATE)):
            await asyncio.sleep(0.02)
    return found[0][0]


@pytest.mark.usefixtures("gate")
async def test_who_hangs_up_at_the_commit_has_done_it_and_the_log_says_so(listed: Matching) -> None:
    sending = asyncio.create_task(_send(listed))
    await _committing(listed)
    sending.cancel()
    await asyncio.wait({sending})
    assert listed.rows(LISTED) == []
    _open_the_gate(listed)
    assert await _logs(listed.ledger, 2) == ["INTENT", "OUTCOME OK"]
    assert listed.rows(LISTED) == PLATES


@pytest.mark.usefixtures("gate")
async def test_a_session_that_is_ended_at_the_commit_leaves_no_false_word(listed: Matching) -> None:
    sending = asyncio.create_task(_send(listed))
    listed.rows("SELECT pg_terminate_backend(%s)", await _committing(listed))
    assert await _reason(sending) == "COMMIT_UNKNOWN"
    assert _logged(listed.ledger) == ["INTENT", "OUTCOME UNAVAILABLE COMMIT_UNKNOWN"]
    assert listed.rows(LISTED) == []
    _open_the_gate(listed)
    assert (await _send(listed)).added == 2


@pytest.mark.parametrize(("cut", "done"), [(Cut.BEFORE_COMMIT, []), (Cut.AFTER_COMMIT, PLATES)])
async def test_a_line_that_is_cut_at_the_commit_leaves_no_false_word(
    scratch: Scratch, cut: Cut, done: list[tuple[str]]
) -> None:
    async with way(scratch.server.cluster.port) as line, running(scratch, MemoryLedger(), port=line.port) as matching:
        await matching.hotlists.CreateHotlist(hotlist(), metadata=officer().metadata())
        line.cut, line.mark = cut, b"COPY pg_temp.incoming"
        assert await _reason(_send(matching)) == "COMMIT_UNKNOWN"
        assert _logged(matching.ledger) == ["INTENT", "OUTCOME UNAVAILABLE COMMIT_UNKNOWN"]
        assert matching.rows(LISTED) == done
        again = await _send(matching)
        assert (again.added, again.unchanged) == (2 - len(done), len(done))


async def test_a_slow_upload_holds_nobody_up(listed: Matching) -> None:
    slow = _open(listed)
    await slow.write(upload(FILE)[0])
    await _logs(listed.ledger, 1)
    assert await _reason(_send(listed)) == "OVERLOADED", "one upload of a person"
    other = replace(officer(), person="p0815")
    done = await listed.hotlists.ImportEntries(iter(upload(FILE)), metadata=other.metadata(), timeout=30)
    assert done.added == 2
    assert (await listed.add("9ZZZ999")).list_version == done.list_version + 1
    assert listed.rows(OPEN_TRANSACTIONS) == []
    slow.cancel()
    assert (await _logs(listed.ledger, 6))[-1] in BROKEN_OFF
    assert (await _send(listed)).unchanged == 2
