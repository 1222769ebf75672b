"""What is left on the disk after an erasure: the raw files of a PostgreSQL that keeps what it confirms, its log, and the keys."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.audit import seal
from services.audit.entry import decode_leaf
from services.audit.erasure.order import State
from services.audit.key_files import FileEpochKeys
from services.audit.keys import KeyDestroyed
from services.audit.migrate import MIGRATIONS
from services.audit.seal import SealBroken
from services.common.database import migrate
from services.local import databases, postgres
from tests.audit.erasures import AUDITOR, DPO, GROUND, TABLES, erase, erasing, hold, keep
from tests.audit.logs import CASE, OFFICER, PLATE, Parts, entry, replica
from tests.audit.test_erasure_retention import OLD, in_epoch
from tests.engines import Scratch

pytestmark = pytest.mark.postgres
PLAIN = (PLATE, OFFICER, CASE, "3XYZ222", "unit-17", "a very private reason", AUDITOR.person, DPO.person, GROUND.words)


@pytest.fixture
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    """A server with fsync and full page writes."""
    folder = tmp_path_factory.mktemp("durable")
    with ExitStack() as stack:
        server = postgres.start(folder / "postgres")
        stack.callback(postgres.stop, server)
        passwords = folder / "passwords"
        passwords.mkdir(mode=0o700)
        databases.ensure(server.cluster, databases.AUDIT, passwords)
        scratch = Scratch(databases.AUDIT.name, server, passwords)
        migrate(scratch.dsn("audit_owner"), scratch.password("audit_owner"), "audit", MIGRATIONS)
        yield scratch


def raw(scratch: Scratch, key_folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every byte on the disk that is ours: heaps, indexes, WAL and the rest of the data directory, logs, keys."""
    cluster = scratch.server.cluster
    for place in (cluster.folder, key_folder):
        for file in place.rglob("*"):
            if file.is_file():
                yield file.relative_to(place).as_posix(), file.read_bytes()
    yield "log", cluster.log.read_bytes()


def holding(files: Mapping[str, bytes], wanted: bytes) -> dict[str, int]:
    """How often the bytes are in heaps and indexes ("base"), in the WAL, and elsewhere."""
    counts: dict[str, int] = {}
    for name, content in files.items():
        if count := content.count(wanted):
            place = next((word for word in ("base", "pg_wal") if f"/{word}/" in f"/{name}"), name)
            counts[place] = counts.get(place, 0) + count
    return counts


def forms(text: str) -> tuple[bytes, ...]:
    plain = text.encode()
    return (
        plain,
        plain.lower(),
        plain.upper(),
        text.encode("utf-16-le"),
        plain.hex().encode(),
        base64.b64encode(plain)[:-4],
    )


def secrets(scratch: Scratch, epoch: str) -> dict[int, bytes]:
    """Wrapped secrets by index."""
    with scratch.connect() as connection:
        rows = connection.execute("SELECT seq, wrapped FROM audit.secret WHERE epoch = %s", (epoch,)).fetchall()
    return {seq: bytes(wrapped) for seq, wrapped in rows}


def flush(scratch: Scratch, *statements: str) -> None:
    with scratch.connect() as connection:
        for statement in (*statements, "CHECKPOINT"):
            connection.execute(statement.encode())


def read_key(folder: Path, epoch: str) -> bytes:
    return (folder / f"{epoch.replace('/', '.')}.key").read_bytes()


async def written(parts: Parts, patch: pytest.MonkeyPatch) -> str:
    """Thirty entries of an old epoch, thirty of now; the name of the epoch of now."""
    said: dict[str, Any] = {"unit": "unit-17", "reason": "a very private reason"}
    several = '{"entries.plate":["3-XYZ-111","3-XYZ-222"]}'
    with in_epoch(patch, OLD):
        await parts.log.append([entry(**said) for _ in range(29)] + [entry(plate="", query=several, **said)])
    await parts.log.append([entry(**said) for _ in range(30)])
    await parts.integrate()
    return (await parts.review.entry(30)).leaf.epoch


async def test_what_is_left_on_the_disk_cannot_be_read(
    durable: Scratch, key_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with replica(durable, key_folder) as parts, erasing(parts) as erasure:
        now = await written(parts, monkeypatch)
        flush(durable)
        keep(parts, timedelta(0))
        old_secrets, new_secrets = secrets(durable, OLD), secrets(durable, now)
        ids = {index: decode_leaf(await parts.store.leaf(index)).id for index in range(60)}
        key, key_of_now = read_key(key_folder, OLD), read_key(key_folder, now)
        await hold(erasure, plate="9ZZZ999")
        assert (await erase(erasure, 40)).state is State.DONE
        assert (await erasure.retention.run(dry=False)).remains == ()

    flush(durable)
    files = dict(raw(durable, key_folder))
    assert sum(map(len, files.values())) > 20_000_000, "this is a whole data directory"
    assert any("pg_wal" in name for name in files)

    # 1. Nothing was ever written in plain text.
    for text in (*PLAIN, "9ZZZ999"):
        for form in forms(text):
            assert holding(files, form) == {}, text

    # 2. The key of the epoch is nowhere, in no form; the one of now is where it belongs, and only there.
    for form in (key, key.hex().encode(), base64.b64encode(key)[:-1]):
        assert holding(files, form) == {}
    assert list(holding(files, key_of_now)) == [f"{now.replace('/', '.')}.key"]

    # 3. Wrapped secrets of the epoch are still in the WAL, in their tens. They were real: with the key, which this test has kept,
    # they open. Without it nothing opens them.
    left = {index: wrapped for index, wrapped in old_secrets.items() if holding(files, wrapped)}
    assert len(left) == 30
    assert {place for wrapped in left.values() for place in holding(files, wrapped)} == {"pg_wal"}
    keys = FileEpochKeys(key_folder)
    for index, wrapped in left.items():
        assert len(seal.unwrap(key, ids[index], wrapped)) == 32
        with pytest.raises(KeyDestroyed):
            keys.unwrap(OLD, ids[index], wrapped)
        for other in (key_of_now, bytes(32)):
            with pytest.raises(SealBroken):
                seal.unwrap(other, ids[index], wrapped)

    # 4. One entry that was erased by order is another matter: what was deleted lies in the heap until its page is written over,
    # and in the WAL until that is recycled, and the key of its epoch lives. docs/erasure.md says so.
    assert set(holding(files, new_secrets[40])) == {"base", "pg_wal"}
    assert len(seal.unwrap(key_of_now, ids[40], new_secrets[40])) == 32


async def test_one_erased_entry_leaves_the_heap_with_a_vacuum_and_the_wal_later(
    durable: Scratch, key_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What docs/erasure.md says of one entry, measured."""
    async with replica(durable, key_folder) as parts, erasing(parts) as erasure:
        now = await written(parts, monkeypatch)
        wrapped = secrets(durable, now)[40]
        flush(durable)
        assert (await erase(erasure, 40)).state is State.DONE
    suffix = now.replace("-", "_").replace("/", "_")
    tables = [f"audit.{parent}_{suffix}" for parent in TABLES]
    stages = {
        "deleted": (),
        "vacuum": tuple(f"VACUUM {table}" for table in tables),
        "wal switched": ("SELECT pg_switch_wal()", "CHECKPOINT", "SELECT pg_switch_wal()"),
    }
    counts = {}
    for stage, statements in stages.items():
        flush(durable, *statements)
        counts[stage] = holding(dict(raw(durable, key_folder)), wrapped)
    assert "base" in counts["deleted"]
    assert "base" not in counts["vacuum"]
    assert "pg_wal" in counts["vacuum"]
    assert set(counts["wal switched"]) == {"pg_wal"}
