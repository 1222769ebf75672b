"""Where the log goes, nobody is named: in no file, bucket, answer or measurement, in no form."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import grpc
import psycopg
import pytest
import pytest_asyncio
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from anpr.common.v1 import access_pb2, plate_pb2
from anpr.matching.v1 import sighting_pb2, sighting_pb2_grpc

from services.audit import checkpoint, tile
from services.audit.remote import RemoteLog
from services.audit.tile import ENTRIES
from services.cli.__main__ import app
from services.common.caller import Caller
from services.local import databases, seaweedfs
from services.local.desk import AUDITOR, INVESTIGATION, person
from services.local.instance import SERVICES, Instance
from services.simulator import command
from tests import traces
from tests.e2e.conftest import Town

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.s3, pytest.mark.asyncio(loop_scope="module")]

PLATE = "1-UNS-417"
OFFICER = person("agnes.unseen.4711", "officer", unit="unit-unseen-7")
WHY = access_pb2.AccessContext(
    purpose=INVESTIGATION.purpose,
    legal_ground=INVESTIGATION.legal_ground,
    case_reference="BR.77.UNSEEN.004711/2026",
    reason="a very private reason",
    on_behalf_of="sergeant.unseen",
    decision_id="0197f000-0000-7000-8000-00000000dec1",
)
WORDS = (
    *("1-UNS-417", "1UNS417", "1-uns-417", "1uns417", "1 UNS 417"),
    *(OFFICER.person, OFFICER.unit, WHY.case_reference, WHY.reason, WHY.on_behalf_of, WHY.decision_id),
    WHY.case_reference.replace("/", r"\/"),
)
PLANTED = "planted.person.4711"
A_LEAF = b'"k":"intent"'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def looked_up(town: Town) -> AsyncIterator[list[sighting_pb2.LookupPlateResponse]]:
    """Answers about a vehicle that passed; and attempts that were refused, which are in the log as well."""
    gateway = town.suite.instance.gateway
    await command.simulate(gateway, cameras=1, frames=6, rate=10.0, seed=3, run="unseen", plant=(PLATE,), marker=True)
    answers: list[sighting_pb2.LookupPlateResponse] = []
    async with asyncio.timeout(60):
        while not answers or not answers[-1].sightings:
            answers.append(await _look_up(town, OFFICER))
    nosy = person("agnes.unseen.4711", "auditor", unit="unit-unseen-7")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _look_up(town, nosy)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    await _published(town)
    yield answers


async def _look_up(town: Town, who: Caller) -> sighting_pb2.LookupPlateResponse:
    stub = sighting_pb2_grpc.SightingServiceStub(town.channel)
    window = plate_pb2.TimeWindow()
    window.until.GetCurrentTime()
    window.until.seconds += 300
    getattr(window, "from").seconds = window.until.seconds - 86_400
    request = sighting_pb2.LookupPlateRequest(access=WHY, plate=PLATE, window=window)
    return await stub.LookupPlate(request, metadata=who.metadata(), timeout=15)


async def _published(town: Town) -> None:
    """Returns when all that is in the log now is under a published head."""
    found = (await town.desk.search_log(actor=OFFICER.person)).entries
    assert {entry.fields.plate for entry in found} == {"1UNS417"}, "it is in the log, for who may read it"
    async with asyncio.timeout(60):
        while _size(await asyncio.to_thread(_get, f"{town.suite.instance.log_site}/checkpoint")) <= found[0].index:
            await asyncio.sleep(0.2)


def _size(head: bytes) -> int:
    return checkpoint.unverified(head.decode()).size


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())


def _assert_nobody_is_named(places: Mapping[str, bytes]) -> None:
    assert places
    assert traces.find(places, WORDS) == []


async def test_the_database_of_the_log_and_its_write_ahead_log(town: Town, looked_up: object) -> None:
    cluster = town.suite.instance.audit_cluster
    _checkpoint(cluster.conninfo(databases.AUDIT.name), cluster.password())
    places = dict(traces.files(cluster.data))
    assert any(A_LEAF in content for name, content in places.items() if name.startswith("base/"))
    assert any(A_LEAF in content for name, content in places.items() if name.startswith("pg_wal/"))
    _assert_nobody_is_named(places)


async def test_where_sightings_are_kept_the_same_search_finds_the_plate(town: Town, looked_up: object) -> None:
    cluster = town.suite.instance.services_cluster
    _checkpoint(cluster.conninfo(databases.SERVICES.name), cluster.password())
    places = dict(traces.files(cluster.data))
    assert [found for found in traces.find(places, ["1UNS417"]) if found.startswith(("base/", "pg_wal/"))]


def _checkpoint(conninfo: str, password: str) -> None:
    with psycopg.connect(conninfo, password=password, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


async def test_the_buckets_of_the_log_and_the_files_of_the_store(town: Town, looked_up: object) -> None:
    store = town.suite.instance.store
    client = seaweedfs.client(store, "admin")
    places: dict[str, bytes] = {}
    for bucket in (seaweedfs.LOG_BUCKET, seaweedfs.LOG_HEADS_BUCKET):
        for item in client.list_objects(bucket, recursive=True, include_version=bucket == seaweedfs.LOG_BUCKET):
            name = str(item.object_name)
            response = client.get_object(bucket, name, version_id=item.version_id)
            places[f"{bucket}/{name}"] = response.data
            response.release_conn()
    assert any(A_LEAF in content for content in places.values()), "bundles are among them"
    _assert_nobody_is_named(places)
    _assert_nobody_is_named(dict(traces.files(store.folder)))


async def test_the_published_tree(town: Town, looked_up: object) -> None:
    site = town.suite.instance.log_site
    head = await asyncio.to_thread(_get, f"{site}/checkpoint")
    paths = [path for number in range(_size(head) // tile.WIDTH + 1) for path in _paths(number, _size(head))]
    places = {"checkpoint": head, **{path: await asyncio.to_thread(_get, f"{site}/{path}") for path in paths}}
    assert any(A_LEAF in content for content in places.values())
    _assert_nobody_is_named(places)


def _paths(number: int, size: int) -> list[str]:
    width = tile.width(0, number, size)
    return [tile.path(level, number, width) for level in (0, ENTRIES)] if width else []


async def test_an_export(town: Town, looked_up: object, tmp_path: Path) -> None:
    words = ["audit", "export", str(tmp_path / "tree"), "--gateway", town.suite.instance.gateway]
    await asyncio.to_thread(_run_command, [*words, "--person", AUDITOR.person])
    places = dict(traces.files(tmp_path / "tree"))
    assert any(A_LEAF in content for content in places.values())
    _assert_nobody_is_named(places)


def _run_command(words: list[str]) -> None:
    app(words, standalone_mode=False)


async def test_what_anybody_may_ask_of_the_log(town: Town, looked_up: object) -> None:
    log = RemoteLog(town.channel, AUDITOR.metadata())
    stub = audit_pb2_grpc.AuditServiceStub(town.channel)
    head = await stub.GetCheckpoint(audit_pb2.GetCheckpointRequest(), metadata=AUDITOR.metadata())
    leaves = await log.leaves(0, 1000)
    assert A_LEAF in leaves[0]
    _assert_nobody_is_named({"head": head.SerializeToString(), "leaves": b"".join(leaves)})


async def test_receipts(looked_up: list[sighting_pb2.LookupPlateResponse]) -> None:
    places = {str(number): answer.receipt.SerializeToString() for number, answer in enumerate(looked_up)}
    _assert_nobody_is_named(places)
    assert traces.find({"answer": looked_up[-1].SerializeToString()}, ["1UNS417"]), "in the answer itself it is"


async def test_log_files_measurements_and_the_witness(town: Town, looked_up: object) -> None:
    instance = town.suite.instance
    places = dict(traces.files(instance.logs)) | dict(traces.files(instance.witness))
    assert any(b"call.ended" in content for content in places.values())
    _assert_nobody_is_named(places | await asyncio.to_thread(_measured, instance))


def _measured(instance: Instance) -> dict[str, bytes]:
    return {name: _get(f"http://{instance.address(f'{name}-metrics')}/metrics") for name in SERVICES}


async def test_what_is_planted_is_found(town: Town, tmp_path: Path) -> None:
    """The control: a line in a log file, and a row in a table, with a word of their own."""
    (tmp_path / "some.log").write_text(f'{{"event":"call.ended","person":"{PLANTED}"}}')
    assert traces.find(dict(traces.files(tmp_path)), [PLANTED])
    cluster = town.suite.instance.audit_cluster
    with psycopg.connect(cluster.conninfo("postgres"), password=cluster.password(), autocommit=True) as connection:
        connection.execute("CREATE TABLE planted AS SELECT encode(%s::bytea, 'base64') AS text", (PLANTED.encode(),))
        try:
            connection.execute("CHECKPOINT")
            found = traces.find(dict(traces.files(cluster.data)), [PLANTED])
        finally:
            connection.execute("DROP TABLE planted")
    assert [place for place in found if place.startswith("base/")]
