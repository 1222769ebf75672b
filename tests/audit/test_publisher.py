"""The log as it is shown to the world: S3, witnesses, HTTP; and what stops it."""

import asyncio
import io
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg
import pytest
from minio.error import S3Error

from services.audit import checkpoint, merkle, tile, trust, witnesses
from services.audit.checkpoint import Checkpoint
from services.audit.errors import LogBehind, LogBroken
from services.audit.key_files import FileSigner
from services.audit.public_site import PublicSite
from services.audit.publication_store import PublicationStore, Published
from services.audit.publisher import Publisher
from services.audit.release import Heads as Releases
from services.audit.release import Release
from services.audit.shelf import Account, Shelf
from services.audit.store import SELECT_STANDING, Head
from services.audit.tree import FolderTree, WebTree
from services.audit.tree_verify import verify
from services.audit.watch import Limits, Watch
from services.audit.witnesses import Address, WitnessClient
from services.common import note, web
from services.common.errors import StoreUnavailable
from services.common.note import COSIGNATURE, NoteInvalid
from services.common.web import Request
from services.local import ports, seaweedfs
from services.witness import serving
from services.witness.heads import Heads
from services.witness.witness import MAX_BODY_BYTES, Witness
from tests.audit.keyring import LOG, ORIGIN, signer
from tests.audit.logs import Parts, database, entry, replica
from tests.engines import Scratch

pytestmark = [pytest.mark.postgres, pytest.mark.s3]

KEY = FileSigner("witness.test.example", b"w" * 32, COSIGNATURE)
SECOND = FileSigner("second.test.example", b"v" * 32, COSIGNATURE)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweedfs.Server]:
    server = seaweedfs.start(tmp_path_factory.mktemp("s3-of-the-log"))
    yield server
    seaweedfs.stop(server)


def account(s3: seaweedfs.Server, name: str, **changes: Any) -> Account:
    """A part of the buckets for one test."""
    access, secret = s3.store.access_file("log").read_text(), s3.store.secret_file("log").read_text()
    given = {"endpoint": s3.store.endpoint, "access_key": access, "secret_key": secret, "secure": False, "lock_days": 1}
    buckets = {"locked_bucket": seaweedfs.LOG_BUCKET, "open_bucket": seaweedfs.LOG_HEADS_BUCKET}
    return Account(**{**given, **buckets, "prefix": f"{name}/", **changes})


_names = iter(range(1, 1000))


@pytest.fixture
def shelf(s3: seaweedfs.Server) -> Iterator[Shelf]:
    opened = Shelf(account(s3, f"n{next(_names)}"))
    yield opened
    opened.close()


@dataclass
class Watching:
    """A witness that listens."""

    heads: Heads
    client: WitnessClient


@asynccontextmanager
async def witness(folder: Path, key: FileSigner = KEY, *, port: int = 0) -> AsyncIterator[Watching]:
    heads = Heads(folder)
    watching = Witness(key, {ORIGIN: [LOG.verifier]}, heads)

    async def answer(request: Request) -> web.Response:
        return await asyncio.to_thread(serving.respond, watching, request)

    try:
        async with web.served("127.0.0.1", port, answer, max_body_bytes=MAX_BODY_BYTES) as at:
            yield Watching(heads, WitnessClient(Address(f"http://127.0.0.1:{at}", key.verifier)))
    finally:
        heads.close()


@asynccontextmanager
async def publisher(scratch: Scratch, shelf: Shelf | None, *clients: WitnessClient) -> AsyncIterator[Publisher]:
    async with database(scratch, "audit_integrator") as integrator:
        yield Publisher(PublicationStore(integrator), LOG.verifier, clients, shelf, interval_s=0.0)


async def grow(parts: Parts, entries: int) -> None:
    await parts.log.append([entry() for _ in range(entries)])
    await parts.integrate()


async def whole(parts: Parts, entries: int) -> None:
    for start in range(0, entries, 256):
        await grow(parts, min(256, entries - start))


async def mirror(shelf: Shelf, folder: Path, size: int) -> None:
    """What S3 holds, as a tree: full files from under the lock, the others from beside."""
    paths = ["checkpoint"]
    for level in range(3):
        full, partial = divmod(size >> 8 * level, 256)
        names: list[int | str] = [level, tile.ENTRIES] if level == 0 else [level]
        for name in names:
            paths += [tile.path(name, number) for number in range(full)]
            paths += [tile.path(name, full, partial)] if partial else []
    for path in paths:
        is_open = path == "checkpoint" or ".p/" in path
        data = await (shelf.get_open(path) if is_open else shelf.get_locked(path))
        assert data is not None, path
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


TRUST = trust.of_keys(LOG.verifier, [KEY.verifier])


async def test_what_lies_in_s3_is_a_log_that_verifies_with_its_witness(
    parts: Parts, scratch: Scratch, shelf: Shelf, tmp_path: Path
) -> None:
    async with witness(tmp_path / "w") as watching, publisher(scratch, shelf, watching.client) as publishing:
        await parts.integrator.verify()
        for number, size in enumerate((0, 3, 300, 700), start=1):
            await whole(parts, size - (await parts.store.standing()).next_index)
            assert await publishing.step()
            await mirror(shelf, tmp_path / f"{number}", size)
            found = verify(FolderTree(tmp_path / f"{number}"), TRUST)
            assert (found.failures, found.size, found.witnesses) == ((), size, (KEY.verifier.name,))
        assert not await publishing.step()
    heads = await parts.store.published_heads(-1, 10)
    assert [checkpoint.unverified(head).size for head in heads] == [0, 3, 300, 700]
    # What has become whole is no longer there in part.
    assert await shelf.get_open("tile/entries/000.p/3") is None
    assert await shelf.get_open("tile/0/001.p/44") is None


async def test_a_full_tile_cannot_be_removed_or_replaced(parts: Parts, scratch: Scratch, s3: seaweedfs.Server) -> None:
    given = account(s3, f"n{next(_names)}")
    shelf, admin = Shelf(given), seaweedfs.client(s3.store, "admin")
    async with publisher(scratch, shelf) as publishing:
        await parts.integrator.verify()
        await whole(parts, 256)
        await publishing.step()
    (version,) = list(admin.list_objects(given.locked_bucket, prefix=f"{given.prefix}tile/0/000", include_version=True))
    with pytest.raises(S3Error) as refused:
        admin.remove_object(given.locked_bucket, f"{given.prefix}tile/0/000", version_id=version.version_id)
    assert refused.value.code == "AccessDenied"
    kept = await shelf.get_locked("tile/0/000")
    admin.remove_object(given.locked_bucket, f"{given.prefix}tile/0/000")  # a marker, which hides and removes nothing
    assert await shelf.get_locked("tile/0/000") == kept
    shelf.close()


async def test_a_tile_that_is_there_with_other_bytes_stops_the_log(
    parts: Parts, scratch: Scratch, shelf: Shelf
) -> None:
    await shelf.put_once("tile/0/000", b"x" * 8192)
    await shelf.put_once("tile/0/000", b"x" * 8192)
    async with publisher(scratch, shelf) as publishing:
        await parts.integrator.verify()
        await whole(parts, 256)
        with pytest.raises(LogBroken, match="other bytes"):
            await publishing.step()
    assert await parts.store.published_heads(-1, 10) == []


async def test_a_publication_that_was_cut_off_is_done_again(parts: Parts, scratch: Scratch, shelf: Shelf) -> None:
    class Cut(Exception):
        pass

    class Cutting(PublicationStore):
        left = 3

        async def set_shelved(self, size: int) -> None:
            Cutting.left -= 1
            if Cutting.left == 0:
                raise Cut
            await super().set_shelved(size)

    await parts.integrator.verify()
    await whole(parts, 5 * 256 + 7)
    async with database(scratch, "audit_integrator") as integrator:
        with pytest.raises(Cut):
            await Publisher(Cutting(integrator), LOG.verifier, (), shelf).step()
        store = PublicationStore(integrator)
        assert await store.shelved() == 2 * 256
        assert await Publisher(store, LOG.verifier, (), shelf).step()
        assert await store.shelved() == 5 * 256


async def test_a_head_that_did_not_reach_s3_is_shown_though_the_log_does_not_grow(
    parts: Parts, scratch: Scratch, shelf: Shelf
) -> None:
    """The process ended between the commit and the put, or a slow one put an older head over it."""
    await parts.integrator.verify()
    async with publisher(scratch, shelf) as publishing:
        for _ in (2, 4):
            await grow(parts, 2)
            await publishing.step()
        older, newest = await shelf.get_open("checkpoint.2"), await shelf.get_open("checkpoint")
        assert older is not None
        await shelf.put("checkpoint", older)
        await shelf.remove_open("checkpoint.4")
        assert not await publishing.step()
        assert await shelf.get_open("checkpoint") == newest == await shelf.get_open("checkpoint.4")


async def test_two_publishers_at_once_publish_one_log(
    parts: Parts, scratch: Scratch, shelf: Shelf, tmp_path: Path
) -> None:
    await parts.integrator.verify()
    async with (
        witness(tmp_path / "w") as watching,
        publisher(scratch, shelf, watching.client) as one,
        publisher(scratch, shelf, watching.client) as other,
    ):
        for size in (10, 290, 600):
            await whole(parts, size - (await parts.store.standing()).next_index)
            await asyncio.gather(one.step(), other.step())
        await mirror(shelf, tmp_path / "m", 600)
        assert verify(FolderTree(tmp_path / "m"), TRUST).holds


async def test_a_witness_that_is_silent_delays_nobody_and_cosigns_when_it_is_back(
    parts: Parts, scratch: Scratch, tmp_path: Path
) -> None:
    port = ports.reserve(("w",), {})
    number = port.ports["w"]
    port.close()
    absent = WitnessClient(Address(f"http://127.0.0.1:{number}", SECOND.verifier))
    async with witness(tmp_path / "w") as watching, publisher(scratch, None, watching.client, absent) as publishing:
        await parts.integrator.verify()
        await grow(parts, 5)
        assert await publishing.step()
        assert _signed_by(await parts.store.published_head(5)) == [ORIGIN, KEY.verifier.name]
        async with witness(tmp_path / "v", SECOND, port=number):
            assert await publishing.step()
        names = [ORIGIN, KEY.verifier.name, SECOND.verifier.name]
        assert _signed_by(await parts.store.published_head(5)) == names
        assert not await publishing.step()


def _signed_by(head: str) -> list[str]:
    return [line.name for line in note.parse(head).signatures]


async def test_a_process_that_has_forgotten_the_size_is_told_it(parts: Parts, scratch: Scratch, tmp_path: Path) -> None:
    await parts.integrator.verify()
    async with witness(tmp_path / "w") as watching:
        async with publisher(scratch, None, watching.client) as publishing:
            await grow(parts, 5)
            await publishing.step()
        with scratch.connect() as connection:
            connection.execute("DELETE FROM audit.published")
        async with publisher(scratch, None, watching.client) as publishing:
            await grow(parts, 5)
            assert await publishing.step()
    assert KEY.verifier.name in _signed_by(await parts.store.published_head(10))


FORK = [merkle.leaf_hash(b"fork %d" % number) for number in range(9)]


def _head(size: int, key: FileSigner = LOG) -> str:
    return checkpoint.sign(Checkpoint(ORIGIN, size, merkle.root(FORK[:size])), key)


@pytest.mark.parametrize("size", [4, 9])
async def test_a_database_that_a_witness_contradicts_does_not_start(
    parts: Parts, scratch: Scratch, tmp_path: Path, size: int
) -> None:
    """Restored from a backup (the witness knows more), or another history of the same length."""
    await parts.integrator.verify()
    await grow(parts, 4)
    async with witness(tmp_path / "w") as watching, publisher(scratch, None, watching.client) as publishing:
        watching.heads.put(ORIGIN, _head(size))
        with pytest.raises(LogBroken, match="witness"):
            await publishing.verify()


@pytest.mark.parametrize("size", [4, 9])
async def test_a_database_that_s3_contradicts_does_not_start(
    parts: Parts, scratch: Scratch, shelf: Shelf, size: int
) -> None:
    await parts.integrator.verify()
    await grow(parts, 4)
    await shelf.put("checkpoint", _head(size).encode())
    async with publisher(scratch, shelf) as publishing:
        with pytest.raises(LogBroken, match="S3"):
            await publishing.verify()


async def test_a_witness_that_tells_what_the_log_never_signed_stops_nothing(
    parts: Parts, scratch: Scratch, tmp_path: Path
) -> None:
    await parts.integrator.verify()
    await grow(parts, 4)
    async with witness(tmp_path / "w") as watching, publisher(scratch, None, watching.client) as publishing:
        watching.heads.put(ORIGIN, _head(9, signer("somebody.example")))
        await publishing.verify()
        assert await publishing.step()
    assert _signed_by(await parts.store.published_head(4)) == [ORIGIN]


async def test_a_witness_that_has_cosigned_a_fork_meanwhile_stops_the_log_with_the_proof(
    parts: Parts, scratch: Scratch, tmp_path: Path
) -> None:
    await parts.integrator.verify()
    await grow(parts, 4)
    async with witness(tmp_path / "w") as watching, publisher(scratch, None, watching.client) as publishing:
        await publishing.step()
        watching.heads.put(ORIGIN, _head(9))
        await grow(parts, 2)
        await publishing.step()
        assert _signed_by(await parts.store.published_head(6)) == [ORIGIN]
        await grow(parts, 1)
        with pytest.raises(LogBroken, match="witness"):
            await publishing.step()


async def test_without_s3_nothing_is_published_and_after_five_minutes_nothing_is_taken(
    parts: Parts, scratch: Scratch, s3: seaweedfs.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Shelf(account(s3, f"n{next(_names)}", endpoint="127.0.0.1:1"))
    await parts.integrator.verify()
    await grow(parts, 4)
    async with publisher(scratch, dead) as publishing:
        await publishing.verify()
        with pytest.raises(StoreUnavailable):
            await publishing.step()
    watch = Watch(parts.store, Limits(is_published=True))
    await watch.check()
    monkeypatch.setattr("services.audit.watch.MAX_BEHIND_MS", 1)
    await asyncio.sleep(0.01)
    with pytest.raises(LogBehind, match="published log"):
        await watch.check()
    await Watch(parts.store).check()
    dead.close()


async def test_a_log_that_must_be_witnessed_takes_nothing_when_it_was_not_for_too_long(
    parts: Parts, scratch: Scratch, tmp_path: Path
) -> None:
    await parts.integrator.verify()
    await grow(parts, 4)
    strict = Watch(parts.store, Limits(witness_s=1))
    async with witness(tmp_path / "w") as watching, publisher(scratch, None, watching.client) as publishing:
        await publishing.step()
        await asyncio.sleep(1.1)
        await strict.check()  # nobody asked anything: nothing waits
        await grow(parts, 1)
        await strict.check()
        await asyncio.sleep(1.1)
        with pytest.raises(LogBehind, match="witness"):
            await strict.check()
        await Watch(parts.store).check()
        await publishing.step()
        await strict.check()


async def test_a_log_that_no_witness_ever_saw_takes_nothing_after_the_limit(parts: Parts, scratch: Scratch) -> None:
    await parts.integrator.verify()
    strict = Watch(parts.store, Limits(witness_s=1))
    await strict.check()
    await grow(parts, 1)
    await asyncio.sleep(1.1)
    with pytest.raises(LogBehind, match="witness"):
        await strict.check()


async def test_who_waits_for_a_witness_gets_a_head_with_its_line(
    parts: Parts, scratch: Scratch, tmp_path: Path
) -> None:
    await parts.integrator.verify()
    await grow(parts, 4)
    async with witness(tmp_path / "w") as watching, publisher(scratch, None, watching.client) as publishing:
        with pytest.raises(LogBehind):
            await Releases(parts.store, within_s=0.1).until(3, Release.WITNESSED)
        await publishing.step()
        head = await Releases(parts.store).until(3, Release.WITNESSED)
    assert KEY.verifier.name in _signed_by(head)


def test_a_head_that_was_shown_only_gains_lines(scratch: Scratch) -> None:
    with scratch.connect("audit_integrator") as connection:
        insert = "INSERT INTO audit.published (size, root, note, cosigned_by) VALUES (1, %s, 'head ', '{a}')"
        connection.execute(insert, (b"r" * 32,))
        connection.execute("UPDATE audit.published SET note = 'head line', cosigned_by = '{a,b}'")
        for change in ("note = 'other'", "cosigned_by = '{b}'", "at = at - interval '1 s'"):
            with pytest.raises(psycopg.errors.IntegrityError):
                connection.execute(f"UPDATE audit.published SET {change}".encode())


LONG = "/tile/0/" + "x123/" * 1500 + "456"  # a number that Python does not read
FAR = f"/checkpoint.{10**19 - 1}"  # one that the database does not hold


async def test_over_http_it_is_the_same_log(parts: Parts, scratch: Scratch, tmp_path: Path) -> None:
    await parts.integrator.verify()
    async with witness(tmp_path / "w") as watching, publisher(scratch, None, watching.client) as publishing:
        for size in (0, 3, 300, 700):
            await whole(parts, size - (await parts.store.standing()).next_index)
            await publishing.step()
        await grow(parts, 30)  # signed, and not published
    site = PublicSite(parts.store)
    async with web.served("127.0.0.1", 0, site.answer) as port:
        tree = WebTree(f"http://127.0.0.1:{port}/")
        found = await asyncio.to_thread(verify, tree, TRUST)
        assert (found.failures, found.size) == ((), 700)
        older = await asyncio.to_thread(tree.read, "checkpoint.300", 1000)
        assert (await asyncio.to_thread(lambda: verify(tree, TRUST, since=[older.decode()]))).holds
    for path in (
        "/tile/0/002.p/189",
        "/tile/0/003",
        "/tile/9/000",
        "/checkpoint.5",
        "/..",
        "/tile/0/2",
        "/",
        LONG,
        FAR,
    ):
        assert (await site.answer(Request("GET", path, b""))).status == HTTPStatus.NOT_FOUND, path
    assert (await site.answer(Request("POST", "/checkpoint", b""))).status == HTTPStatus.METHOD_NOT_ALLOWED


async def test_a_database_that_was_put_back_is_noticed_by_what_was_published(
    scratch: Scratch, fresh_database: Callable[[str], Scratch], shelf: Shelf, tmp_path: Path
) -> None:
    """The same keys, an older database: it would give numbers a second time."""
    folder = tmp_path / "keys"
    folder.mkdir()
    async with replica(scratch, folder) as parts, publisher(scratch, shelf) as publishing:
        await parts.integrator.verify()
        await grow(parts, 8)
        await publishing.step()
    older = fresh_database("audit")
    async with replica(older, folder) as parts, publisher(older, shelf) as publishing:
        await parts.integrator.verify()
        await grow(parts, 3)
        with pytest.raises(LogBroken, match="8 entries"):
            await publishing.step()


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:1",
        f"ftp://x {KEY.verifier.encode()}",
        f"http://x {LOG.verifier.encode()}",
        f"http://x {KEY.verifier.encode()} http://y {KEY.verifier.encode()}",
    ],
)
def test_a_setting_that_names_no_witness_is_refused(text: str) -> None:
    assert witnesses.parse("") == ()
    with pytest.raises(NoteInvalid):
        witnesses.parse(text)


async def test_a_replica_that_publishes_between_two_reads_ends_nobody(parts: Parts, scratch: Scratch) -> None:
    """A process that is stopped for a second there finds a published head that is larger than the signed one it knows."""

    class Interrupted(PublicationStore):
        reads = 0

        async def signed(self) -> Head | None:
            found = await super().signed()
            await self._others_turn()
            return found

        async def published(self) -> Published | None:
            found = await super().published()
            await self._others_turn()
            return found

        async def _others_turn(self) -> None:
            self.reads += 1
            if self.reads < 3:
                await grow(parts, 4)
                await other.step()

    await parts.integrator.verify()
    async with publisher(scratch, None) as other, database(scratch, "audit_integrator") as integrator:
        await Publisher(Interrupted(integrator), LOG.verifier, (), None, interval_s=0.0).step()


async def test_a_log_whose_database_is_put_back_beneath_it_stops(
    scratch: Scratch, fresh_database: Callable[[str], Scratch], shelf: Shelf, tmp_path: Path
) -> None:
    """The process goes on living, as it does when its database fails over to a standby that lags, or is restored."""
    folder = tmp_path / "keys"
    folder.mkdir()
    older = fresh_database("audit")
    async with replica(scratch, folder) as parts, replica(older, folder) as before:
        await parts.integrator.verify()
        await grow(parts, 8)
        await before.integrator.verify()
        await grow(before, 3)
        moved: list[PublicationStore] = []

        class Moving(PublicationStore):
            async def signed(self) -> Head | None:
                return await (moved[0].signed() if moved else super().signed())

            async def published(self) -> Published | None:
                return await (moved[0].published() if moved else super().published())

        async with database(scratch, "audit_integrator") as now, database(older, "audit_integrator") as back:
            publishing = Publisher(Moving(now), LOG.verifier, (), shelf, interval_s=0.0)
            await publishing.step()
            moved.append(PublicationStore(back))
            with pytest.raises(LogBroken, match="8 entries"):
                await publishing.step()


async def test_a_history_that_was_rewritten_beside_untouched_old_tiles_is_noticed(
    parts: Parts, scratch: Scratch, tmp_path: Path
) -> None:
    """With the true key: the old tile still has the root that the witness knows, and the signed head no longer holds it."""
    await parts.integrator.verify()
    await whole(parts, 600)
    hashes = [merkle.leaf_hash(leaf) for leaf in await parts.store.leaves(0, 600)]
    forged = [*hashes[:256], merkle.leaf_hash(b"forged"), *hashes[257:]]
    root = merkle.root(forged)
    signed = checkpoint.sign(Checkpoint(ORIGIN, 600, root), LOG)
    upper = merkle.root(forged[:256]) + merkle.root(forged[256:512])
    with scratch.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit.tile SET hashes = %s WHERE level = 1 AND number = 0", (upper,))
        connection.execute("UPDATE audit.sth SET root = %s, note = %s", (root, signed))
        connection.execute("UPDATE audit.sth_history SET root = %s, note = %s WHERE size = 600", (root, signed))
    async with witness(tmp_path / "w") as watching, publisher(scratch, None, watching.client) as publishing:
        known = Checkpoint(ORIGIN, 300, merkle.root(hashes[:300]))
        watching.heads.put(ORIGIN, checkpoint.sign(known, LOG))
        with pytest.raises(LogBroken, match="another log"):
            await publishing.verify()


@pytest.mark.parametrize("found", [b"", b"\xff", b"x" * 2_000_000, _head(10**6, signer("somebody.example")).encode()])
async def test_a_head_in_s3_that_is_none_of_this_log_stops_it(
    parts: Parts, scratch: Scratch, shelf: Shelf, found: bytes
) -> None:
    """Whoever may write to the open bucket puts it there while the log runs."""
    await parts.integrator.verify()
    await grow(parts, 4)
    async with publisher(scratch, shelf) as publishing:
        await publishing.step()
        await shelf.put("checkpoint", found)
        await grow(parts, 1)
        with pytest.raises(LogBroken, match="S3"):
            await publishing.step()


async def test_silent_witnesses_hold_up_a_head_once_in_a_while_and_together(
    parts: Parts, scratch: Scratch, tmp_path: Path
) -> None:
    keys = [FileSigner(f"silent-{number}.example", bytes([number]) * 32, COSIGNATURE) for number in range(4)]
    await parts.integrator.verify()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes every connection, and says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        clients = [WitnessClient(Address(address, key.verifier)) for key in keys]
        async with witness(tmp_path / "w") as watching, database(scratch, "audit_integrator") as integrator:
            store = PublicationStore(integrator)
            publishing = Publisher(store, LOG.verifier, [*clients, watching.client], None, interval_s=2.0)
            took = []
            for _ in range(3):
                await grow(parts, 1)
                start = time.monotonic()
                await publishing.step()
                took.append(time.monotonic() - start)
    assert took[0] < 2 * witnesses.DEADLINE_S
    assert max(took[1:]) < 1
    assert _signed_by(await parts.store.published_head(None)) == [ORIGIN, KEY.verifier.name]


async def test_another_bucket_gets_what_the_one_before_had(
    parts: Parts, scratch: Scratch, s3: seaweedfs.Server
) -> None:
    await parts.integrator.verify()
    await whole(parts, 2 * 256 + 7)
    before, now = (Shelf(account(s3, f"n{next(_names)}")) for _ in range(2))
    async with publisher(scratch, before) as publishing:
        await publishing.step()
    await grow(parts, 1)
    async with publisher(scratch, now) as publishing:
        await publishing.step()
    for path in ("tile/0/000", "tile/entries/001"):
        assert await now.get_locked(path) == await before.get_locked(path)
    before.close()
    now.close()


async def test_what_somebody_put_there_first_and_hid_stops_the_log(
    parts: Parts, scratch: Scratch, s3: seaweedfs.Server
) -> None:
    given = account(s3, f"n{next(_names)}")
    shelf, admin = Shelf(given), seaweedfs.client(s3.store, "admin")
    await shelf.put_once("tile/0/000", b"x" * 8192)
    admin.remove_object(given.locked_bucket, f"{given.prefix}tile/0/000")  # a marker: to S3 the name is free again
    await parts.integrator.verify()
    await whole(parts, 256)
    async with publisher(scratch, shelf) as publishing:
        with pytest.raises(LogBroken, match="other bytes"):
            await publishing.step()
    shelf.close()


async def test_of_two_versions_in_one_second_the_first_counts(s3: seaweedfs.Server) -> None:
    given = account(s3, f"n{next(_names)}")
    shelf, admin = Shelf(given), seaweedfs.client(s3.store, "admin")
    for number in range(5):
        await shelf.put_once(f"{number}", b"ours")
        admin.put_object(given.locked_bucket, f"{given.prefix}{number}", io.BytesIO(b"later"), 5)
        assert await shelf.get_locked(f"{number}") == b"ours"
    shelf.close()


async def test_a_put_that_meets_another_one_under_way_is_tried_again(s3: seaweedfs.Server) -> None:
    """Some servers answer 409 then, and the other one is not there yet."""

    class Meeting(Shelf):
        def _put_if_absent(self, path: str, data: bytes) -> str | None:
            return None

    shelf = Meeting(account(s3, f"n{next(_names)}"))
    with pytest.raises(StoreUnavailable):
        await shelf.put_once("tile/0/000", b"x")
    shelf.close()


async def test_a_smaller_head_is_not_published_after_a_larger_one(parts: Parts, scratch: Scratch) -> None:
    """Or S3 would lack it for ever: whoever shows heads goes on from the newest that is there."""
    await parts.integrator.verify()
    await grow(parts, 3)
    async with publisher(scratch, None) as publishing, database(scratch, "audit_integrator") as integrator:
        store = PublicationStore(integrator)
        small = await store.signed()
        assert small is not None
        await grow(parts, 1)
        await publishing.step()
        await store.publish(small, small.note, [])
    assert len(await parts.store.published_heads(-1, 10)) == 1


async def test_health_is_as_quick_after_a_year_of_heads(parts: Parts, scratch: Scratch) -> None:
    """The plan, since a year of rows takes long to make: nothing reads the whole table."""
    with scratch.connect() as connection:
        connection.execute("SET enable_seqscan = off")
        plan = "\n".join(row[0] for row in connection.execute(b"EXPLAIN " + SELECT_STANDING.encode()))
    assert "Seq Scan on published" not in plan
    assert "published_cosigned" in plan
