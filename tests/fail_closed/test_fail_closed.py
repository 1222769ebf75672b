"""Every audited RPC of every service, asked while the log takes no entry: UNAVAILABLE, and not one byte of a result."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import psycopg
import pytest
import pytest_asyncio
from anpr.audit.v1 import audit_pb2
from anpr.matching.v1 import hotlist_pb2, hotlist_pb2_grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from psycopg import sql

from services.audit import remote
from services.common import audited
from services.local import databases
from services.local.desk import MANAGER
from tests.fail_closed import town as towns
from tests.fail_closed import verdict
from tests.fail_closed.asking import Answer, ask_all
from tests.fail_closed.contract import AUDITED, METHODS
from tests.fail_closed.outages import OUTAGES, eventually, killed, superuser
from tests.fail_closed.town import Town
from tests.fail_closed.verdict import NOT_BUILT

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.s3, pytest.mark.asyncio(loop_scope="module")]

# Of whom no such fact is in the suite yet.
HARMLESS = {"OK", NOT_BUILT, "NOT_FOUND", "INVALID_ARGUMENT", "FAILED_PRECONDITION"}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'matching' ORDER BY tablename"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with towns.running(tmp_path_factory.mktemp("suite") / "data") as running:
        yield running


async def test_while_the_log_takes_entries_each_question_is_answered_with_results_and_logged(town: Town) -> None:
    """Else the other tests would show nothing."""
    asked = town.questions()
    answers = await ask_all(town.doors, asked)
    wrong = {
        path: words for path, answer in answers.items() if (words := _unanswered(path, answer, asked[path].results))
    }
    assert wrong == {}
    built = [path for path, answer in answers.items() if answer.code == "OK"]
    assert len(built) >= 8, "LookupPlate, the lists, the watch, the searches of the log"
    for path in town.homes:
        rpc = AUDITED[path].rpc
        assert await town.indexes(rpc, audit_pb2.ENTRY_KIND_INTENT), f"{rpc} leaves no intent"
        assert await town.indexes(rpc, audit_pb2.ENTRY_KIND_OUTCOME), f"{rpc} leaves no outcome"


def _unanswered(path: str, answer: Answer, results: bool) -> str:
    if answer.code == NOT_BUILT:
        return "results though it is not built" if answer.messages else ""
    if not results:
        return "" if answer.code in HARMLESS else f"{answer.code} {answer.reason} {answer.details}"
    if answer.code != "OK":
        return f"{answer.code} {answer.reason} {answer.details}"
    found = [_parsed(path, message) for message in answer.messages]
    rule = AUDITED[path]
    if (rule.results or rule.result_id) and not any(audited.results(rule, one)[0] for one in found):
        return "no results"
    return "" if all(getattr(one, "receipt").outcome_note for one in found) else "no receipt"  # noqa: B009


def _parsed(path: str, message: bytes) -> Message:
    return GetMessageClass(METHODS[path].output_type).FromString(message)


@pytest.mark.parametrize("outage", OUTAGES)
async def test_no_rpc_gives_anything_away(town: Town, outage: str) -> None:
    lists = await _lists(town)
    async with OUTAGES[outage](town):
        direct = await ask_all(town.doors, town.questions())
        through = await ask_all(town.at_gateway(), town.questions())
    assert verdict.not_closed(town, direct, outage) == {}
    assert verdict.not_closed(town, through, outage, at_gateway=True) == {}
    assert await _lists(town) == lists, "what was refused was done all the same"
    await _verified(town)


async def _lists(town: Town) -> bytes:
    stub = hotlist_pb2_grpc.HotlistServiceStub(town.gateway)
    found = await stub.ListHotlists(hotlist_pb2.ListHotlistsRequest(), metadata=MANAGER.metadata(), timeout=15)
    return bytes(found.SerializeToString(deterministic=True))


async def test_results_that_are_ready_are_withheld_when_their_outcome_cannot_be_logged(town: Town) -> None:
    """The log takes the intents and dies while the methods are at work: they wait for a lock on what they read."""
    asked = {path: one for path, one in town.questions().items() if town.homes.get(path) == "matching"}
    built = {path for path, answer in (await ask_all(town.doors, asked)).items() if answer.code == "OK"}
    asked = {path: town.questions()[path] for path in built}
    before = {path: await town.indexes(AUDITED[path].rpc, audit_pb2.ENTRY_KIND_INTENT) for path in asked}

    async def all_logged() -> bool:
        now = {path: await town.indexes(AUDITED[path].rpc, audit_pb2.ENTRY_KIND_INTENT) for path in asked}
        return all(now[path] == before[path] + 1 for path in asked)

    cluster = town.suite.instance.services_cluster
    with superuser(cluster, databases.SERVICES.name) as connection:
        with connection.transaction():
            _lock(connection)
            asking = asyncio.create_task(ask_all(town.doors, asked))
            await eventually(all_logged, patience_s=4.0)
            await town.suite.kill("audit")
        answers = await asking
    await town.suite.start("audit")
    await town.desk.reach()
    assert len(answers) >= 5
    assert verdict.not_closed(town, answers, "the outcome cannot be logged") == {}
    await _verified(town)


def _lock(connection: psycopg.Connection) -> None:
    tables = [sql.Identifier("matching", name) for (name,) in connection.execute(TABLES).fetchall()]
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(tables)))


async def test_a_watch_that_is_open_gives_no_alert_while_the_log_is_dead(town: Town) -> None:
    watch = town.desk.watch(town.facts.begin)
    assert (await anext(watch)).receipt.outcome_note
    while not (await anext(watch)).alerts:
        pass
    async with killed(town):
        await towns.pass_by(town.suite.instance.gateway, "later")
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await anext(watch)
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE


async def _verified(town: Town) -> None:
    result = await remote.verify(town.suite.instance.address("audit"))
    assert result.holds, result.failures
