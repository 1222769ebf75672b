"""The whole way with real processes: frame in, plate read, alert out, look-up audited, and what kills leave of it."""

import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from anpr.matching.v1 import alert_pb2, sighting_pb2, sighting_pb2_grpc
from anpr.recognition.v1 import recognition_pb2, recognition_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from services.audit import remote
from services.common import refusals
from services.common.caller import service
from services.local import progress_of_frames
from services.local.desk import AUDITOR, MANAGER, OFFICER, Desk
from services.local.instance import SERVICES, Instance
from services.simulator import command
from tests.chaos import processes
from tests.e2e.conftest import Town

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.s3, pytest.mark.asyncio(loop_scope="module")]

STOLEN, SECOND = "1-XQZ-417", "2-KVB-803"
FRAMES = 40
Passage = tuple[str, int, str]


async def _drive(town: Town, truth: Path, *, seed: int, plant: str, rate: float = 20.0) -> set[Passage]:
    """Streams frames in and waits until each is read and matched. Returns what was on them."""
    report = await command.simulate(
        town.suite.instance.gateway,
        cameras=3,
        frames=FRAMES,
        rate=rate,
        seed=seed,
        run=f"run-{seed}",
        plant=(plant,),
        truth_file=truth,
        marker=True,
    )
    assert report.is_complete, report
    await _settled(town.suite.instance)
    lines = [json.loads(line) for line in truth.read_text().splitlines()]  # noqa: ASYNC240
    return {(line["camera_id"], line["sequence"], plate["text"]) for line in lines for plate in line["plates"]}


async def _settled(instance: Instance) -> None:
    async with asyncio.timeout(90):
        while not await _is_settled(instance):
            await asyncio.sleep(0.1)


async def _is_settled(instance: Instance) -> bool:
    try:
        counts = await progress_of_frames.count(instance)
    except psycopg.OperationalError:  # killed a moment ago, and not back yet
        return False
    return counts.done >= counts.acknowledged


async def _found(town: Town, wanted: set[Passage]) -> Counter[Passage]:
    """What look-ups of every plate find; a passage that is found twice counts two."""
    found: Counter[Passage] = Counter()
    for text in sorted({text for _, _, text in wanted}):
        for sighting in (await town.desk.look_up_when_back(text)).sightings:
            found[sighting.read.capture.camera_id, sighting.read.capture.sequence, sighting.read.plate.text] += 1
    return found


async def _alerts(town: Town, count: int, resume_token: str = "") -> tuple[list[alert_pb2.Alert], str]:
    """The next `count` alerts after the token, and the token after them."""
    alerts: list[alert_pb2.Alert] = []
    async with asyncio.timeout(30):
        async for batch in town.desk.watch(resume_token):
            alerts.extend(batch.alerts)
            resume_token = batch.resume_token
            if len(alerts) >= count:
                break
    return alerts, resume_token


def _query(instance: Instance, role: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(instance.conninfo(role), password=instance.password(role)) as connection:
        return connection.execute(statement.encode()).fetchall()


async def test_every_plate_on_every_frame_is_found_once_and_a_wanted_one_raises_an_alert(
    town: Town, tmp_path: Path
) -> None:
    _, begin = await _alerts(town, 0)
    await town.desk.want("stolen", STOLEN)
    truth = await _drive(town, tmp_path / "truth", seed=1, plant=STOLEN)
    assert await _found(town, truth) == Counter(dict.fromkeys(truth, 1))
    planted = sorted((camera, sequence) for camera, sequence, text in truth if text == "1XQZ417")
    assert planted
    alerts, _ = await _alerts(town, len(planted), begin)
    captures = [alert.sighting.read.capture for alert in alerts]
    assert sorted((capture.camera_id, capture.sequence) for capture in captures) == planted
    assert [alert.position for alert in alerts] == list(range(1, len(planted) + 1))


async def test_no_frame_is_lost_when_everything_is_killed_in_turn(town: Town, tmp_path: Path) -> None:
    await town.desk.want("second", SECOND)
    _, begin = await _alerts(town, 0)
    driving = asyncio.create_task(_drive(town, tmp_path / "truth", seed=2, plant=SECOND, rate=6.0))
    for name in ("ingest", "recognition", "matching", "postgres-services", "seaweedfs", "audit", "gateway"):
        await asyncio.sleep(0.5)
        await town.suite.kill(name)
        await town.suite.start(name)
    truth = await driving
    await town.desk.reach()
    assert await _found(town, truth) == Counter(dict.fromkeys(truth, 1))
    planted = sorted((camera, sequence) for camera, sequence, text in truth if text == "2KVB803")
    alerts, _ = await _alerts(town, len(planted), begin)
    captures = [alert.sighting.read.capture for alert in alerts]
    assert sorted((capture.camera_id, capture.sequence) for capture in captures) == planted


async def test_while_audit_is_dead_not_one_row_is_returned(town: Town) -> None:
    """And once it is back, the log has exactly one outcome for each answer that was given."""
    plate, answers, refused = "1XQZ417", [], Counter[str]()
    before = await _outcomes(town, plate)

    async def ask() -> None:
        try:
            answers.append(await town.desk.look_up(plate))
        except grpc.aio.AioRpcError as refusal:
            refused[refusals.reason(refusal)] += 1

    asking = [asyncio.create_task(ask()) for _ in range(8)]
    await town.suite.kill("audit")
    await asyncio.gather(*asking)
    given, turned_down = len(answers), refused.total()
    await asyncio.gather(*(ask() for _ in range(4)))
    assert len(answers) == given, "rows were returned while audit was dead"
    assert refused.total() == turned_down + 4
    assert set(refused) == {"AUDIT_UNAVAILABLE"}
    await town.suite.start("audit")
    await town.desk.reach()
    answers.append(await town.desk.look_up_when_back(plate))
    after = await _outcomes(town, plate)
    assert {answer.receipt.outcome_id for answer in answers} <= after - before


async def _outcomes(town: Town, plate: str) -> set[str]:
    entries = (await town.desk.search_log(plate=plate, kind=audit_pb2.ENTRY_KIND_OUTCOME)).entries
    return {entry.fields.id for entry in entries if entry.fields.status == "OK"}


async def test_every_look_up_in_the_database_has_its_entries_and_the_log_verifies(town: Town) -> None:
    rows = _query(town.suite.instance, "matching_owner", "SELECT intent_id::text FROM matching.query_ledger")
    ledger = {str(intent) for (intent,) in rows}
    assert ledger
    async with asyncio.timeout(20):  # what is durable is under a signed head a moment later
        while not ledger <= await _intents(town):
            await asyncio.sleep(0.2)
    result = await remote.verify(town.suite.instance.address("audit"))
    assert result.holds, result.failures


async def _intents(town: Town) -> set[str]:
    """Ids of the intents under the newest signed head, from the leaves that anybody may fetch."""
    async with grpc.aio.insecure_channel(town.suite.instance.address("audit")) as channel:
        log = remote.RemoteLog(channel, AUDITOR.metadata())
        leaves: list[bytes] = []
        while page := await log.leaves(len(leaves), 1000):
            leaves.extend(page)
    return {leaf["id"] for leaf in map(json.loads, leaves) if leaf["k"] == "intent"}


async def test_what_is_internal_cannot_be_reached_through_the_gateway(town: Town) -> None:
    inside = service("ingest").metadata()
    calls = (
        audit_pb2_grpc.AuditServiceStub(town.channel).Append(audit_pb2.AppendRequest(), metadata=inside),
        audit_pb2_grpc.AuditServiceStub(town.channel).AppendBatch(audit_pb2.AppendBatchRequest(), metadata=inside),
        sighting_pb2_grpc.SightingServiceStub(town.channel).RecordSightings(
            sighting_pb2.RecordSightingsRequest(), metadata=inside
        ),
        recognition_pb2_grpc.RecognitionServiceStub(town.channel).Recognize(
            recognition_pb2.RecognizeRequest(), metadata=inside
        ),
    )
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await call
        assert refusal.value.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNIMPLEMENTED)


async def test_callers_who_stay_silent_do_not_take_a_service_from_the_others(town: Town) -> None:
    """More streams than Envoy passes on, opened by nobody in particular. Health and what services ask each other go on."""
    address = town.suite.instance.address("matching")

    async def silence() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async with AsyncExitStack() as channels:
        pool = [("grpc.use_local_subchannel_pool", 1)]
        gates: list[Any] = [
            await channels.enter_async_context(grpc.aio.insecure_channel(town.suite.instance.gateway, options=pool))
            for _ in range(6)
        ]
        upload = "/anpr.matching.v1.HotlistService/ImportEntries"
        calls = [
            gates[number % 6].stream_unary(upload)(silence(), metadata=MANAGER.metadata()) for number in range(1100)
        ]
        await asyncio.sleep(2)
        assert sum(not call.done() for call in calls) > 500, "they were not let in at all"
        async with grpc.aio.insecure_channel(address) as inside:
            assert await _health(inside) == HealthCheckResponse.SERVING
            assert (await Desk(inside).look_up(STOLEN)).receipt.outcome_note
        for call in calls:
            call.cancel()
    await town.desk.reach()


async def test_a_watch_that_ends_with_its_service_has_an_end_in_the_log(town: Town) -> None:
    watch = town.desk.watch()
    begun = await anext(watch)
    await town.suite.stop("matching")
    with pytest.raises(grpc.aio.AioRpcError):
        await anext(watch)
    await town.suite.start("matching")
    await town.desk.reach()
    entries = (await town.desk.search_log(actor=OFFICER.person)).entries
    states = [entry.fields.status for entry in entries if entry.fields.ref == begun.receipt.intent_id]
    assert states == ["CANCELLED", "OK"]


async def test_one_trace_is_followed_from_service_to_service(town: Town) -> None:
    trace = secrets.token_hex(16)
    await town.desk.look_up(STOLEN, trace=(("traceparent", f"00-{trace}-{secrets.token_hex(8)}-01"),))
    calls = {name: _calls(town.suite.instance, name, trace) for name in ("matching", "audit")}
    assert calls["matching"] == ["anpr.matching.v1.SightingService.LookupPlate"]
    assert calls["audit"] == ["anpr.audit.v1.AuditService.AppendBatch"] * 2, "its intent and its outcome"


def _calls(instance: Instance, name: str, trace: str) -> list[str]:
    """RPCs in the log of a service under this trace id."""
    lines = (instance.logs / f"{name}.log").read_text().splitlines()
    said = [json.loads(line) for line in lines if trace in line]
    return [line["rpc"] for line in said if line["event"] == "call.ended" and line["trace_id"] == trace]


async def test_what_is_measured_of_a_run_is_what_happened(town: Town) -> None:
    values = await _values_at_rest(town.suite.instance)
    (found,) = _query(town.suite.instance, "matching_owner", "SELECT count(*)::int FROM matching.alert")
    assert values["anpr_matching_alert_position"] == found[0]
    (entries,) = _query(town.suite.instance, "audit_owner", "SELECT next_seq::int FROM audit.head")
    assert 0 < values["anpr_audit_log_size"] <= int(str(entries[0]))
    for grpc_service in ("AuditService", "SightingService", "IngestService", "RecognitionService"):
        assert [value for name, value in values.items() if "health_serving" in name and grpc_service in name] == [1.0]
    assert {line.partition("{")[0] for line in values if line.startswith("process_")} >= {
        "process_resident_memory_bytes"
    }


async def _values_at_rest(instance: Instance) -> dict[str, float]:
    """What is measured once the backlog, which is counted now and then, has been counted as empty."""
    async with asyncio.timeout(90):
        while True:
            lines = (await _measured(instance)).splitlines()
            values = {
                line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")
            }
            if not any(values[f'anpr_ingest_backlog_frames{{state="{state}"}}'] for state in ("waiting", "read")):
                return values
            await asyncio.sleep(0.2)


async def _measured(instance: Instance) -> str:
    """What all services measure, as a collector gets it."""
    urls = [f"http://{instance.address(f'{name}-metrics')}/metrics" for name in SERVICES]
    return "".join([(await asyncio.to_thread(_get, url)) for url in urls])


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


# What such services have and what each needs. The rest goes on serving.
NEEDS = {
    "postgres-services": ("matching", "anpr.matching.v1.SightingService", "audit", "anpr.audit.v1.AuditService"),
    "postgres-audit": ("audit", "anpr.audit.v1.AuditService", "matching", "anpr.matching.v1.SightingService"),
}


@pytest.mark.parametrize("engine", NEEDS)
async def test_health_follows_a_database_that_hangs_and_comes_back(town: Town, engine: str) -> None:
    """Stopped, not dead: nobody is told anything, and every connection stays open."""
    name, service_name, other, other_name = NEEDS[engine]
    stopped = processes.halt(town.suite.pid(engine))
    try:
        await _until_health(town, name, service_name, HealthCheckResponse.NOT_SERVING)
        await _until_health(town, other, other_name, HealthCheckResponse.SERVING)
        if engine == "postgres-audit":  # who must write there before he discloses cannot either
            await _until_health(town, "matching", "anpr.matching.v1.AlertService", HealthCheckResponse.NOT_SERVING)
    finally:
        processes.wake(stopped)
    await _until_health(town, name, service_name, HealthCheckResponse.SERVING)
    await town.desk.reach()


async def _until_health(town: Town, name: str, service_name: str, wanted: object) -> None:
    async with grpc.aio.insecure_channel(town.suite.instance.address(name)) as channel, asyncio.timeout(60):
        while await _health(channel, service_name) != wanted:
            await asyncio.sleep(0.1)


async def _health(channel: grpc.aio.Channel, service_name: str = "") -> object:
    check: Any = channel.unary_unary(
        "/grpc.health.v1.Health/Check", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
    )
    return (await check(HealthCheckRequest(service=service_name), timeout=10)).status


async def test_no_plate_and_no_person_is_in_a_log_file_in_a_measurement_or_in_the_log_at_rest(town: Town) -> None:
    """Plates that were read, looked up and listed, and people; the log's own files and its write-ahead log included."""
    people = [who.person for who in (OFFICER, MANAGER, AUDITOR)]
    rows = _query(
        town.suite.instance, "matching_owner", "SELECT DISTINCT plate FROM matching.sighting WHERE plate <> ''"
    )
    read = [str(plate) for (plate,) in rows]
    assert len(read) > 20
    wanted = [
        text.encode()
        for text in (*people, *read, *(form for plate in (STOLEN, SECOND, *read) for form in _forms(plate)))
    ]
    instance = town.suite.instance
    measured = (await _measured(instance)).encode()
    await town.suite.stop("postgres-audit")
    try:
        places = [instance.logs, instance.audit_cluster.data]
        contents = {file.name: file.read_bytes() for place in places for file in place.rglob("*") if file.is_file()}
    finally:
        await town.suite.start("postgres-audit")
        await town.desk.reach()
    assert {name: word for name, content in contents.items() for word in wanted if word in content} == {}
    assert [word for word in wanted if word in measured] == []
    assert any(name.startswith("matching") and b"call.ended" in content for name, content in contents.items())
    elsewhere = (file.read_bytes() for file in instance.services_cluster.data.rglob("*") if file.is_file())
    assert any(b"1XQZ417" in content for content in elsewhere), (
        "where sightings are kept this search does find the plate"
    )


def _forms(plate: str) -> set[str]:
    """How people and machines write the same plate."""
    bare = plate.replace("-", "")
    dashed = "-".join(re.findall(r"[0-9]+|[A-Z]+", bare))
    return {bare, dashed, dashed.lower(), dashed.replace("-", " "), dashed.replace("-", ".")}


async def test_the_commands_of_the_readme_work(town: Town) -> None:
    await town.desk.look_up_when_back(STOLEN)
    lookup = await _anpr(town, "lookup", STOLEN, "--case", "AN.11.L2.004711/2026", "--json")
    assert {sighting["read"]["plate"]["text"] for sighting in json.loads(lookup)["sightings"]} == {"1XQZ417"}
    assert "1XQZ417" in await _anpr(town, "audit", "search", "--plate", STOLEN, "--case", "COC-2026-0042")
    assert "log verified" in await _anpr(town, "audit", "verify")
    assert "stolen" in await _anpr(town, "hotlist", "list")
    refused = await _anpr(town, "lookup", STOLEN, "--case", "werken", status=1)
    assert refused.startswith("refused: CASE_REFERENCE_INVALID")
    assert len(refused.splitlines()) == 1


async def test_a_file_is_imported_by_the_command(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}T00:00:00Z"
    rows = (f"1-AAA-{number:03},,{until},note,REF" for number in range(1000))
    file.write_text("\n".join(["plate,valid_from,valid_until,note,source_reference", *rows]))
    await town.desk.want("imported", "9-ZZZ-999")
    case = ("--case", "AN.11.L2.004711/2026")
    done = await _anpr(town, "hotlist", "import", "imported", str(file), "--replace", *case)
    assert done.startswith("added 1000, unchanged 0, removed 1;")
    file.write_bytes(b"")
    refused = await _anpr(town, "hotlist", "import", "imported", str(file), *case, status=1)
    assert refused.startswith("refused: FIELD_INVALID")


async def _anpr(town: Town, *words: str, status: int = 0) -> str:
    environment = {**os.environ, "ANPR_CLI_DATA": str(town.suite.instance.data), "COLUMNS": "250"}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "services.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout or done.stderr
