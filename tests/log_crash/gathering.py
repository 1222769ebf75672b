"""Everything that is in the log at the end of a run."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import LiteralString

import psycopg
from anpr.audit.v1 import audit_pb2
from psycopg.rows import class_row

from services.audit import remote, tree_verify, trust, wire
from services.audit.key_files import FileEpochKeys, FileTagKeys
from services.audit.review import Review
from services.audit.store import Store
from services.audit.tree import CHECKPOINT, WebTree
from services.audit.verify import SourceFailed
from services.common.database import connect
from services.common.errors import Refusal
from services.local import databases, seaweedfs
from tests.chaos import journals
from tests.log_crash.plan import REPLICAS
from tests.log_crash.records import Found, Head, Memory
from tests.log_crash.stand import KEYS, Place, log_key, witness_key

SAMPLE = 400
SETTLED_S = 30.0
LEAVES = "SELECT seq, leaf FROM audit.entry ORDER BY seq"
IDS = "SELECT id::text, seq FROM audit.entry_id"
TABLES: dict[str, LiteralString] = {
    "payloads": "SELECT seq FROM audit.payload",
    "secrets": "SELECT seq FROM audit.secret",
    "tags": "SELECT seq FROM audit.tag",
}
NEXT = "SELECT next_seq FROM audit.head"
NEWEST = "SELECT size, root, note FROM audit.sth"
HISTORY = "SELECT size, root, note FROM audit.sth_history ORDER BY size"
TILES = "SELECT level, number, hashes FROM audit.tile"
PUBLISHED = "SELECT size, root, note FROM audit.published ORDER BY size"
# The newest signed head is published, with the witness's line, and all full tiles are under lock.
IS_SETTLED = """
SELECT h.next_seq = s.size AND s.size = p.size AND cardinality(p.cosigned_by) = 1 AND f.size = s.size / 256 * 256
FROM audit.head h, audit.sth s, audit.shelf f, (SELECT * FROM audit.published ORDER BY size DESC LIMIT 1) AS p
"""


async def gather(place: Place, memory: Memory) -> Found:
    """Waits until all is under a signed head, has outsiders verify it, and reads the rest as the superuser."""
    try:
        await asyncio.wait_for(_settled(place), SETTLED_S)
        stuck: tuple[str, ...] = ()
    except TimeoutError:
        stuck = ("entries stay without a signed, published and cosigned head",)
    broken = [await _broken(place, name, memory.heads[:1]) for name in REPLICAS]
    with place.connect() as connection:
        leaves = tuple(connection.execute(LEAVES).fetchall())
        tables = {name: tuple(seq for (seq,) in connection.execute(query)) for name, query in TABLES.items()}
        heads = connection.cursor(row_factory=class_row(Head))
        return Found(
            leaves=leaves,
            ids=tuple(connection.execute(IDS).fetchall()),
            next_index=_one(connection, NEXT),
            newest=heads.execute(NEWEST).fetchall()[0],
            history=tuple(heads.execute(HISTORY).fetchall()),
            tiles={(level, number): hashes for level, number, hashes in connection.execute(TILES)},
            published=tuple(heads.execute(PUBLISHED).fetchall()),
            shelf=_shelf(place),
            shelf_head=_shelf_head(place),
            unreadable=await _unreadable(place, memory, [seq for seq, _ in leaves]),
            broken=(*stuck, *(words for one in broken for words in one)),
            journal=faults(place.logs),
            **tables,
        )


async def _settled(place: Place) -> None:
    while True:
        with place.connect() as connection:
            if connection.execute(IS_SETTLED).fetchall() == [(True,)]:
                return
        await asyncio.sleep(0.1)


async def _broken(place: Place, name: str, since: Sequence[str]) -> tuple[str, ...]:
    """What an outsider finds who has the key from paper and kept the first head."""
    try:
        result = await remote.verify(place.address(name), log_key().encode(), since=since[0] if since else None)
    except SourceFailed as cause:
        return (f"{name}: {cause}",)
    try:
        shown = await asyncio.to_thread(
            tree_verify.verify, WebTree(place.site(name)), trust.of_keys(log_key(), [witness_key()])
        )
    except SourceFailed as cause:
        return (f"{name}: {cause}",)
    failures = [f"{failure.check} {failure.words}" for failure in (*result.failures, *shown.failures)]
    return tuple(f"{name}: {words}" for words in failures)


def _shelf(place: Place) -> tuple[tuple[str, bytes], ...]:
    """Every version of every file under lock."""
    client = seaweedfs.client(place.store, "admin")
    found = client.list_objects(seaweedfs.LOG_BUCKET, recursive=True, include_version=True)
    return tuple(
        (
            str(one.object_name),
            client.get_object(seaweedfs.LOG_BUCKET, str(one.object_name), version_id=one.version_id).data,
        )
        for one in found
    )


def _shelf_head(place: Place) -> str:
    client = seaweedfs.client(place.store, "admin")
    return client.get_object(seaweedfs.LOG_HEADS_BUCKET, CHECKPOINT).data.decode()


async def _unreadable(place: Place, memory: Memory, indexes: Sequence[int]) -> tuple[str, ...]:
    """Sampled entries that do not say, decrypted, what was handed in."""
    keys, tags = FileEpochKeys(place.epochs), FileTagKeys(bytes([KEYS["TAG_KEY_FILE"]]) * 32)
    conninfo = place.cluster.conninfo(databases.AUDIT.name, "audit_reviewer")
    wrong = []
    async with connect(conninfo, place.password("audit_reviewer").read_text().strip()) as database:
        review = Review(Store(database), keys, tags)
        for index in Random(len(indexes)).sample(list(indexes), min(SAMPLE, len(indexes))):
            try:
                said = wire.encode_entry(await review.entry(index)).fields
            except Refusal as cause:
                wrong.append(f"{index}: {cause}")
                continue
            if not _is_same(said, memory.sent.get(said.id)):
                wrong.append(f"{index}: {said.id}")
    return tuple(wrong)


def _is_same(said: audit_pb2.EntryFields, sent: audit_pb2.EntryFields | None) -> bool:
    return sent is not None and said == sent


def faults(logs: Path) -> tuple[str, ...]:
    """Internal errors in the log files of the replicas, and reasons for which one refused to run."""
    return tuple(f"{name}: {words}" for name in REPLICAS for words in journals.faults_of(logs / f"{name}.log"))


def _one(connection: psycopg.Connection, query: LiteralString) -> int:
    return int(connection.execute(query).fetchall()[0][0])
