from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from services.audit import checkpoint, merkle
from services.audit.errors import EntryNotFound, LogAltered, SizeNotSigned
from services.audit.proofs import Proofs
from services.common.errors import Invalid
from tests.audit.keyring import LOG, ORIGIN, signer
from tests.audit.logs import Parts, replica
from tests.audit.test_integrator import change, fill, stored
from tests.engines import Cluster, Scratch

pytestmark = pytest.mark.postgres
reads_only = pytest.mark.asyncio(loop_scope="module")
SIZES = (1, 300, 520)


@asynccontextmanager
async def filled_log(scratch: Scratch, key_folder: Path) -> AsyncIterator[Parts]:
    """A log with heads of the sizes 0, 1, 300 and 520."""
    async with replica(scratch, key_folder) as parts:
        await parts.integrator.verify()
        before = 0
        for size in SIZES:
            await fill(parts, size - before)
            await parts.integrate()
            before = size
        yield parts


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    """One filled log for all who only read."""
    scratch = postgres.fresh("audit")
    async with filled_log(scratch, tmp_path_factory.mktemp("epochs")) as parts:
        yield parts
    postgres.drop(scratch)


@pytest.fixture
async def filled(scratch: Scratch, key_folder: Path) -> AsyncIterator[Parts]:
    """A filled log for one who changes it."""
    async with filled_log(scratch, key_folder) as parts:
        yield parts


def hashes_of(parts: Parts) -> list[bytes]:
    return [merkle.leaf_hash(leaf) for leaf in stored(parts.scratch)[0]]


@reads_only
async def test_heads_are_given_by_size(kept: Parts) -> None:
    hashes = hashes_of(kept)
    for asked, size in ((0, 520), *((size, size) for size in SIZES)):
        head = checkpoint.verify(await kept.proofs.checkpoint(asked), ORIGIN, [LOG.verifier])
        assert (head.size, head.root) == (size, merkle.root(hashes[:size]))
    with pytest.raises(SizeNotSigned):
        await kept.proofs.checkpoint(2)


async def test_before_the_first_head_there_is_none(parts: Parts) -> None:
    with pytest.raises(SizeNotSigned):
        await parts.proofs.checkpoint(0)


@reads_only
async def test_every_kind_of_leaf_is_proved_under_every_head(kept: Parts) -> None:
    hashes = hashes_of(kept)
    for size in SIZES:
        for index in {0, size // 2, size - 1, min(255, size - 1), min(256, size - 1)}:
            proof = await kept.proofs.inclusion(index, size)
            head = checkpoint.verify(proof.checkpoint, ORIGIN, [LOG.verifier])
            assert (head.size, proof.leaf_hash) == (size, hashes[index])
            assert list(proof.path) == merkle.inclusion(index, hashes[:size])


@reads_only
async def test_every_size_is_proved_a_prefix_signed_or_not(kept: Parts) -> None:
    hashes = hashes_of(kept)
    for first, second in ((1, 300), (1, 1), (2, 300), (256, 520), (300, 520), (519, 520), (520, 0)):
        proof = await kept.proofs.consistency(first, second)
        assert list(proof.path) == merkle.consistency(first, hashes[: second or 520])


@reads_only
@pytest.mark.parametrize(("index", "size"), [(1, 1), (520, 0), (2**62, 520)])
async def test_an_entry_beyond_the_head_is_not_found(kept: Parts, index: int, size: int) -> None:
    with pytest.raises(EntryNotFound):
        await kept.proofs.inclusion(index, size)


@reads_only
@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 300), (301, 300), (521, 0)])
async def test_nothing_is_proved_from_an_empty_or_larger_log(kept: Parts, first: int, second: int) -> None:
    with pytest.raises(Invalid):
        await kept.proofs.consistency(first, second)


async def test_leaves_are_given_as_far_as_they_are_signed(filled: Parts) -> None:
    leaves = stored(filled.scratch)[0]
    await fill(filled, 3)
    for first, count in ((0, 10), (515, 10), (519, 1), (520, 1), (600, 10), (2**62, 1000)):
        assert await filled.proofs.leaves(first, count) == leaves[first : first + count]


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE audit.entry SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'intent', 'denied'), 'UTF8')",
        "UPDATE audit.entry e SET leaf = o.leaf FROM audit.entry o WHERE o.seq = 519 - e.seq",
        "UPDATE audit.tile SET hashes = set_byte(hashes, 37, 255 - get_byte(hashes, 37)) WHERE level = 0",
        "UPDATE audit.tile SET hashes = set_byte(hashes, 37, 255 - get_byte(hashes, 37)) WHERE level = 1",
        "UPDATE audit.tile SET hashes = substr(hashes, 33) WHERE level = 0",
        "DELETE FROM audit.tile WHERE level = 1",
        "UPDATE audit.sth SET root = sha256('x')",
        "UPDATE audit.sth SET size = 519",
        "UPDATE audit.sth SET note = (SELECT note FROM audit.sth_history WHERE size = 300)",
        "UPDATE audit.sth SET note = replace(note, '520', '519')",
    ],
)
async def test_what_was_tampered_with_is_told_and_not_proved(filled: Parts, tamper: str) -> None:
    change(filled.scratch, tamper)
    with pytest.raises(LogAltered):
        await filled.proofs.inclusion(0, 0)


@reads_only
async def test_heads_of_another_key_are_not_handed_out(kept: Parts) -> None:
    with pytest.raises(LogAltered):
        await Proofs(kept.store, signer("eve").verifier).checkpoint(0)
