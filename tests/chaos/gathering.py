"""Everything that is in a suite at the end of a run: its databases, its object store, its log."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import grpc
import psycopg
import urllib3
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from anpr.matching.v1 import sighting_pb2
from minio.error import MinioException
from psycopg.rows import class_row

from services.audit import checkpoint, entry, merkle, remote
from services.audit.key_files import FileSigner
from services.common import note, receipt
from services.common.errors import Refusal
from services.common.note import NoteInvalid
from services.ingest import sealing
from services.ingest.frame import Capture, Direction
from services.ingest.sealing import Kek
from services.local import databases, keys, seaweedfs
from services.local.desk import AUDITOR, OVERSIGHT
from services.local.instance import Instance
from tests.chaos.records import Entry, Frame, LedgerRow, Result, Sighting

FRAMES = "SELECT frame_id::text, camera_id, sequence, state::text FROM ingest.frame"
RESULTS = "SELECT frame_id::text, reads FROM ingest.frame_result"
SIGHTINGS = """
SELECT read_id::text, camera_id, sequence, coalesce(plate, '') AS text, list_version FROM matching.sighting
"""
ALERTS = "SELECT position, alert_id::text FROM matching.alert"
POSITION = "SELECT position FROM matching.alert_head"
# An entry that was changed by an import is another one: the first version counts.
LISTED = "SELECT hotlist_id, plate, min(added_version) FROM matching.hotlist_entry GROUP BY hotlist_id, plate"
LEDGER = "SELECT intent_id::text, function_name AS function, row_count FROM matching.query_ledger"
EVIDENCE = """
SELECT frame_id, camera_id, sequence, captured_at, sha256, object_key, version_id, wrapped_key FROM ingest.frame
"""
UNSWEPT = """
SELECT count(*) FROM matching.batch WHERE list_version < (SELECT last_addition FROM matching.hotlist_head)
"""
SIGNED_S = 30.0


@dataclass(frozen=True, slots=True)
class Stored:
    """What the services' database holds."""

    frames: tuple[Frame, ...]
    results: tuple[Result, ...]
    sightings: tuple[Sighting, ...]
    alerts: tuple[tuple[int, str], ...]
    alert_position: int
    listed_from: dict[tuple[str, str], int]
    ledger: tuple[LedgerRow, ...]


def stored(instance: Instance) -> Stored:
    """Reads all tables, as the superuser: no role may see all of this."""
    with _connect(instance) as connection:
        return Stored(
            frames=tuple(connection.cursor(row_factory=class_row(Frame)).execute(FRAMES)),
            results=tuple(_result(frame_id, reads) for frame_id, reads in connection.execute(RESULTS)),
            sightings=tuple(connection.cursor(row_factory=class_row(Sighting)).execute(SIGHTINGS)),
            alerts=tuple((position, alert_id) for position, alert_id in connection.execute(ALERTS)),
            alert_position=_one(connection, POSITION),
            listed_from={(hotlist, plate): version for hotlist, plate, version in connection.execute(LISTED)},
            ledger=tuple(connection.cursor(row_factory=class_row(LedgerRow)).execute(LEDGER)),
        )


def unswept(instance: Instance) -> int:
    """Batches that the sweeper has still to look at."""
    with _connect(instance) as connection:
        return _one(connection, UNSWEPT)


def alert_position(instance: Instance) -> int:
    with _connect(instance) as connection:
        return _one(connection, POSITION)


def evidence(instance: Instance) -> tuple[str, ...]:
    """Ids of the frames whose object is under lock, opens with the frame's key, and has the hash made at the door."""
    with _connect(instance) as connection:
        rows = connection.execute(EVIDENCE).fetchall()
    client = seaweedfs.client(instance.store, "reader")
    kek = Kek(keys.evidence_key(instance).read_bytes())

    def is_good(row: Sequence[Any]) -> bool:
        frame_id, camera_id, sequence, captured_at, sha256, object_key, version_id, wrapped = row
        capture = Capture(camera_id, sequence, captured_at, timedelta(), "", Direction(0), 0.0, None, 0.0, "", "")
        try:
            response = client.get_object(seaweedfs.BUCKET, object_key, version_id=version_id)
            lock = client.get_object_retention(seaweedfs.BUCKET, object_key, version_id=version_id)
            picture = sealing.open_sealed(response.data, sealing.unwrap(wrapped, kek, frame_id), frame_id, capture)
        except (MinioException, urllib3.exceptions.HTTPError, Refusal):
            return False
        is_locked = lock is not None and lock.retain_until_date > datetime.now(UTC) + timedelta(days=300)
        return is_locked and hashlib.sha256(picture).digest() == sha256

    with ThreadPoolExecutor(4) as threads:
        return tuple(str(row[0]) for row, good in zip(rows, threads.map(is_good, rows), strict=True) if good)


@dataclass(frozen=True, slots=True)
class Book:
    """The log as its auditor has it: leaves and their ids in order, entries, what does not hold, and heads that are prefixes."""

    leaves: tuple[bytes, ...]
    ids: tuple[str, ...]
    entries: tuple[Entry, ...]
    broken: tuple[str, ...]
    prefixes: tuple[str, ...]


async def book(instance: Instance, heads: Sequence[str]) -> Book:
    """Reads and verifies the whole log, and each head against it. Waits until all that was written is under a signed head."""
    async with grpc.aio.insecure_channel(
        instance.address("audit"), options=[("grpc.max_receive_message_length", 1 << 25)]
    ) as channel:
        log = remote.RemoteLog(channel, AUDITOR.metadata())
        entries = await _entries(channel)
        async with asyncio.timeout(SIGNED_S):
            while (await _head(log)).size <= max((one.index for one in entries), default=-1):
                await asyncio.sleep(0.2)
        verification = await remote.verify(instance.address("audit"), since=heads[0] if heads else None)
        broken = [f"{failure.check} {failure.words}" for failure in verification.failures]
        leaves: list[bytes] = []
        size = max((one.index for one in entries), default=-1) + 1
        while len(leaves) < size:
            leaves.extend(await log.leaves(len(leaves), min(1000, size - len(leaves))))
        head = await _head(log)
        prefixes = await _prefixes(log, leaves, head, heads)
    ids = tuple(str(entry.decode_leaf(leaf).id) for leaf in leaves)
    return Book(tuple(leaves), ids, entries, tuple(broken), prefixes)


async def _entries(channel: grpc.aio.Channel) -> tuple[Entry, ...]:
    """Every entry, as a search that asks for nothing in particular gives them: newest first, in pages."""
    search = audit_pb2_grpc.AuditServiceStub(channel).SearchEntries
    found: list[Entry] = []
    token = ""
    while True:
        request = audit_pb2.SearchEntriesRequest(access=OVERSIGHT, page_size=500, page_token=token)
        page = await search(request, metadata=AUDITOR.metadata(), timeout=30)
        found.extend(_entry(one) for one in page.entries)
        token = page.next_page_token
        if not token:
            return tuple(found)


def _entry(given: audit_pb2.Entry) -> Entry:
    fields = given.fields
    kind = audit_pb2.EntryKind.Name(fields.kind).removeprefix("ENTRY_KIND_").lower()
    rpc = fields.rpc.rpartition("/")[2].rpartition(".")[2]
    return Entry(
        given.index, fields.id, kind, fields.ref, rpc, fields.status, fields.result_count, fields.result_digest
    )


async def _head(log: remote.RemoteLog) -> checkpoint.Checkpoint:
    return checkpoint.unverified((await log.checkpoint()).note)


async def _prefixes(
    log: remote.RemoteLog, leaves: Sequence[bytes], head: checkpoint.Checkpoint, heads: Sequence[str]
) -> tuple[str, ...]:
    """The heads that are signed by the log's key, have the root of its first leaves, and are proved to lie under its head."""
    key = note.parse_key((await log.checkpoint()).verifier_key)
    peaks: list[bytes] = []
    size = 0
    good: list[str] = []
    for text in sorted(heads, key=lambda text: checkpoint.unverified(text).size):
        try:
            older = checkpoint.verify(text, key.name, [key])
            peaks = merkle.extend(peaks, size, [merkle.leaf_hash(leaf) for leaf in leaves[size : older.size]])
            size = max(size, older.size)
            path = await log.consistency(older.size, head.size) if older.size else []
            if older.size:
                merkle.verify_consistency(older.size, head.size, path, older.root, head.root)
        except (NoteInvalid, merkle.ProofInvalid):
            continue
        if merkle.root_of_peaks(peaks) == older.root:
            good.append(text)
    return tuple(good)


def kept_promises(instance: Instance, leaves: Sequence[bytes], notes: Iterable[str]) -> tuple[str, ...]:
    """The receipts that the log's receipt key signed, and whose entry is where they say."""
    name = receipt.key_name(keys.log_origin(instance))
    key = FileSigner(name, keys.audit_key(instance, "receipt").read_bytes()).verifier

    def is_kept(text: str) -> bool:
        try:
            promised = receipt.verify(text, key)
        except NoteInvalid:
            return False
        return promised.index < len(leaves) and merkle.leaf_hash(leaves[promised.index]) == promised.leaf_hash

    return tuple(text for text in notes if is_kept(text))


def _connect(instance: Instance) -> psycopg.Connection:
    cluster = instance.services_cluster
    return psycopg.connect(cluster.conninfo(databases.SERVICES.name), password=cluster.password(), autocommit=True)


def _one(connection: psycopg.Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _result(frame_id: str, content: bytes) -> Result:
    reads = sighting_pb2.RecordSightingsRequest.FromString(content).reads
    return Result(frame_id, tuple((read.read_id, read.plate.text) for read in reads))
