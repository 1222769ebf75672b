import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.audit import checkpoint, merkle, tile
from services.audit.errors import LogBroken
from services.audit.integrator import Integrator
from services.audit.store import Head
from services.audit.tree_store import TreeStore, Turn
from tests.audit.keyring import LOG, ORIGIN, signer
from tests.audit.logs import Parts, database, entry, replica, running
from tests.engines import Scratch

pytestmark = pytest.mark.postgres


async def fill(parts: Parts, count: int) -> None:
    for start in range(0, count, 250):
        await parts.log.append([entry() for _ in range(min(250, count - start))])


def change(scratch: Scratch, statement: str, *parameters: object) -> None:
    """What somebody with all rights over the database does to it."""
    with scratch.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement.encode(), parameters).rowcount > 0


def stored(scratch: Scratch) -> tuple[list[bytes], dict[tuple[int, int], bytes], list[tuple[int, bytes, str]]]:
    with scratch.connect() as connection:
        leaves = [row[0] for row in connection.execute("SELECT leaf FROM audit.entry ORDER BY seq").fetchall()]
        tiles = {(row[0], row[1]): row[2] for row in connection.execute("SELECT * FROM audit.tile").fetchall()}
        heads = connection.execute("SELECT size, root, note FROM audit.sth_history ORDER BY size").fetchall()
    return leaves, tiles, heads


async def test_the_head_of_the_empty_log_is_signed_first(parts: Parts) -> None:
    await parts.integrator.verify()
    head = await parts.store.newest_head()
    assert (head.size, head.root) == (0, merkle.EMPTY_ROOT)
    assert checkpoint.verify(head.note, ORIGIN, [LOG.verifier]).size == 0


async def test_every_entry_comes_under_a_signed_head(parts: Parts) -> None:
    for count in (1, 300, 250):
        await fill(parts, count)
        assert await parts.integrate() == count
    leaves, tiles, heads = stored(parts.scratch)
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert [size for size, _, _ in heads] == [0, 1, 301, 551]
    for size, root, signed in heads:
        assert root == merkle.root(hashes[:size]) == tile.root(size, tiles)
        assert checkpoint.verify(signed, ORIGIN, [LOG.verifier]) == checkpoint.Checkpoint(ORIGIN, size, root)
    assert {place: len(found) // 32 for place, found in tiles.items()} == {
        (0, 0): 256,
        (0, 1): 256,
        (0, 2): 39,
        (1, 0): 2,
    }


async def test_it_runs_by_itself(parts: Parts) -> None:
    async with running(parts.integrator.run):
        await parts.log.append([entry()])
        await parts.until_signed(1)


async def test_integrators_at_once_sign_one_log(scratch: Scratch, key_folder: Path) -> None:
    async with (
        replica(scratch, key_folder) as one,
        replica(scratch, key_folder) as two,
        running(one.integrator.run),
        running(two.integrator.run),
    ):
        for _ in range(20):
            await asyncio.gather(fill(one, 20), fill(two, 20))
        await one.until_signed(800)
    leaves, tiles, heads = stored(scratch)
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert len(heads) > 2
    assert all(root == merkle.root(hashes[:size]) == tile.root(size, tiles) for size, root, _ in heads)


async def test_an_integrator_waits_for_the_turn_of_another(parts: Parts) -> None:
    await fill(parts, 3)
    async with parts.trees.turn() as theirs:
        assert not theirs.others_turn
        assert await parts.integrator.step() == 0
    assert await parts.integrator.step() == 3


async def test_who_lost_the_race_for_the_head_changes_nothing(parts: Parts) -> None:
    """Without the courtesy lock: both read the same head, and the second to write finds it moved."""
    await fill(parts, 3)
    await parts.integrate()
    old = await parts.store.newest_head()
    await fill(parts, 2)
    await parts.integrate()
    before = stored(parts.scratch)
    with pytest.raises(LogBroken, match="moved the signed head"):
        async with parts.trees.turn() as late:
            await late.publish(old, Head(6, bytes(32), "forged\n"), [tile.Tile(0, 7, bytes(32))])
    assert stored(parts.scratch) == before


async def test_an_integrator_goes_on_where_another_stopped(parts: Parts) -> None:
    await fill(parts, 300)
    await parts.integrate()
    other = Integrator(parts.trees, LOG)
    await fill(parts, 10)
    assert await other.step() == 10
    await fill(parts, 5)
    assert await parts.integrator.step() == 5
    leaves, _, heads = stored(parts.scratch)
    assert heads[-1][:2] == (315, merkle.root([merkle.leaf_hash(leaf) for leaf in leaves]))


async def test_an_interrupted_step_is_done_again(parts: Parts) -> None:
    await fill(parts, 300)
    with pytest.raises(ZeroDivisionError):
        await write_and_fail(parts)
    assert stored(parts.scratch)[1:] == ({}, [])
    assert await parts.integrate() == 300


async def write_and_fail(parts: Parts) -> None:
    async with parts.trees.turn() as turn:
        edge, tiles = tile.Edge().extended([merkle.leaf_hash(leaf) for leaf in await turn.leaves(0, 300)])
        await turn.publish(None, Head(300, edge.root(), "x"), tiles)
        raise ZeroDivisionError


async def test_a_gap_stops_it_dead(parts: Parts) -> None:
    await fill(parts, 2)
    await parts.integrate()
    await fill(parts, 5)
    change(parts.scratch, "DELETE FROM audit.entry WHERE seq = 4")
    with pytest.raises(LogBroken, match="missing"):
        await parts.integrator.step()
    assert (await parts.store.newest_head()).size == 2


async def test_missing_last_entries_stop_it_dead(parts: Parts) -> None:
    await fill(parts, 5)
    change(parts.scratch, "DELETE FROM audit.entry WHERE seq >= 3")
    with pytest.raises(LogBroken, match="missing"):
        await parts.integrator.step()


async def test_what_is_no_leaf_is_not_signed(parts: Parts) -> None:
    await fill(parts, 3)
    change(parts.scratch, "UPDATE audit.entry SET leaf = leaf || ' ' WHERE seq = 1")
    with pytest.raises(LogBroken, match="entry 1 is no leaf"):
        await parts.integrator.step()


Tamper = Callable[[Scratch], None]


def say(statement: str) -> Tamper:
    return lambda scratch: change(scratch, statement)


def forge(scratch: Scratch) -> None:
    forged = checkpoint.sign(checkpoint.Checkpoint(ORIGIN, 300, bytes(32)), signer("eve"))
    change(scratch, "UPDATE audit.sth SET note = %s", forged)


def swap_in(name: str) -> Tamper:
    def tamper(scratch: Scratch) -> None:
        foreign = checkpoint.sign(checkpoint.Checkpoint(name, 300, bytes(32)), LOG)
        change(scratch, "UPDATE audit.sth SET note = %s, root = %s", foreign, bytes(32))

    return tamper


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        pytest.param(forge, "does not verify", id="head-signed-by-another-key"),
        pytest.param(swap_in("other.example"), "does not verify", id="head-of-another-log"),
        pytest.param(swap_in(ORIGIN), "right edge", id="head-signed-again-over-another-root"),
        pytest.param(say("UPDATE audit.sth SET size = 299"), "last one", id="edited-size"),
        pytest.param(say("UPDATE audit.sth SET root = sha256('x')"), "last one", id="edited-root"),
        pytest.param(
            say(
                "UPDATE audit.sth s SET size = h.size, root = h.root, note = h.note FROM audit.sth_history h WHERE h.size = 0"
            ),
            "last one",
            id="rolled-back-head",
        ),
        pytest.param(say("DELETE FROM audit.tile WHERE level = 0 AND number = 1"), "missing", id="missing-tile"),
        pytest.param(say("DELETE FROM audit.tile WHERE level = 1"), "missing", id="missing-upper-tile"),
        pytest.param(
            say("UPDATE audit.tile SET hashes = substr(hashes, 1, 32) WHERE number = 1"), "missing", id="truncated-tile"
        ),
        pytest.param(
            say("UPDATE audit.tile SET hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5)) WHERE number = 1"),
            "right edge",
            id="edited-tile",
        ),
        pytest.param(
            say("UPDATE audit.tile SET hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5)) WHERE level = 1"),
            "right edge",
            id="edited-upper-tile",
        ),
        pytest.param(
            say(
                "UPDATE audit.entry SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'intent', 'denied'), 'UTF8')"
            ),
            "last stored leaves",
            id="edited-entries",
        ),
        pytest.param(say("DELETE FROM audit.entry WHERE seq = 299"), "last stored leaves", id="deleted-last-entry"),
        pytest.param(say("DELETE FROM audit.entry WHERE seq = 256"), "last stored leaves", id="deleted-entry"),
        pytest.param(say("UPDATE audit.head SET next_seq = 299"), "shorter", id="head-set-back"),
    ],
)
async def test_what_was_tampered_with_is_not_continued(
    parts: Parts, tamper: Tamper, words: str, scratch: Scratch
) -> None:
    await parts.integrator.verify()
    await fill(parts, 300)
    await parts.integrate()
    tamper(scratch)
    async with database(scratch, "audit_integrator") as restarted:
        with pytest.raises(LogBroken, match=words):
            await Integrator(TreeStore(restarted), LOG).verify()


async def test_another_key_does_not_continue_the_log(parts: Parts) -> None:
    await parts.integrator.verify()
    for stranger in (signer("eve"), signer("audit.other.example/2026")):
        with pytest.raises(LogBroken, match="does not verify"):
            await Integrator(parts.trees, stranger).verify()


@pytest.mark.parametrize("entries", [3, 8, 20])
async def test_an_integrator_under_whom_another_database_is_put_stops(
    scratch: Scratch, fresh_database: Callable[[str], Scratch], tmp_path: Path, entries: int
) -> None:
    """A stale standby, or a backup: it is whole in itself, and has less than this process has signed, or something else."""
    other = fresh_database("audit")
    async with replica(scratch, tmp_path) as parts, replica(other, tmp_path) as before:
        await before.integrator.verify()
        await fill(before, entries)
        await before.integrate()
        moved: list[TreeStore] = []

        class Moving(TreeStore):
            @asynccontextmanager
            async def turn(self) -> AsyncIterator[Turn]:
                async with moved[0].turn() if moved else super().turn() as turn:
                    yield turn

        async with database(scratch, "audit_integrator") as now, database(other, "audit_integrator") as back:
            integrator = Integrator(Moving(now), LOG)
            await integrator.verify()
            await fill(parts, 8)
            await integrator.step()
            moved.append(TreeStore(back))
            with pytest.raises(LogBroken, match="this process has signed"):
                await integrator.step()
