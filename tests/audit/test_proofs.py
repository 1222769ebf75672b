from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.audit import checkpoint, merkle
from services.audit.errors import EntryNotFound, LogAltered, SizeNotSigned
from services.audit.proofs import Proofs
from services.common.errors import Invalid
from tests.audit.keyring import LOG, ORIGIN, signer
from tests.audit.logs import Parts, replica
from tests.audit.test_integrator import change, fill, stored
from tests.engines import Scratch

pytestmark = pytest.mark.postgres
SIZES = (1, 300, 520)


@pytest.fixture
async def filled(scratch: Scratch, key_folder: Path) -> AsyncIterator[Parts]:
    """A log with heads of the sizes 0, 1, 300 and 520."""
    async with replica(scratch, key_folder) as parts:
        await parts.integrator.verify()
        before = 0
        for size in SIZES:
            await fill(parts, size - before)
            await parts.integrate()
            before = size
        yield parts


def hashes_of(parts: Parts) -> list[bytes]:
    return [merkle.leaf_hash(leaf) for leaf in stored(parts.scratch)[0]]


async def test_heads_are_given_by_size(filled: Parts) -> None:
    hashes = hashes_of(filled)
    for asked, size in ((0, 520), *((size, size) for size in SIZES)):
        head = checkpoint.verify(await filled.proofs.checkpoint(asked), ORIGIN, [LOG.verifier])
        assert (head.size, head.root) == (size, merkle.root(hashes[:size]))
    with pytest.raises(SizeNotSigned):
        await filled.proofs.checkpoint(2)


async def test_before_the_first_head_there_is_none(parts: Parts) -> None:
    with pytest.raises(SizeNotSigned):
        await parts.proofs.checkpoint(0)


async def test_every_kind_of_leaf_is_proved_under_every_head(filled: Parts) -> None:
    hashes = hashes_of(filled)
    for size in SIZES:
        for index in {0, size // 2, size - 1, min(255, size - 1), min(256, size - 1)}:
            proof = await filled.proofs.inclusion(index, size)
            head = checkpoint.verify(proof.checkpoint, ORIGIN, [LOG.verifier])
            assert (head.size, proof.leaf_hash) == (size, hashes[index])
            assert list(proof.path) == merkle.inclusion(index, hashes[:size])


async def test_every_size_is_proved_a_prefix_signed_or_not(filled: Parts) -> None:
    hashes = hashes_of(filled)
    for first, second in ((1, 300), (1, 1), (2, 300), (256, 520), (300, 520), (519, 520), (520, 0)):
        proof = await filled.proofs.consistency(first, second)
        assert list(proof.path) == merkle.consistency(first, hashes[: second or 520])


@pytest.mark.parametrize(("index", "size"), [(1, 1), (520, 0), (2**62, 520)])
async def test_an_entry_beyond_the_head_is_not_found(filled: Parts, index: int, size: int) -> None:
    with pytest.raises(EntryNotFound):
        await filled.proofs.inclusion(index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 300), (301, 300), (521, 0)])
async def test_nothing_is_proved_from_an_empty_or_larger_log(filled: Parts, first: int, second: int) -> None:
    with pytest.raises(Invalid):
        await filled.proofs.consistency(first, second)


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


async def test_heads_of_another_key_are_not_handed_out(filled: Parts) -> None:
    with pytest.raises(LogAltered):
        await Proofs(filled.store, signer("eve").verifier).checkpoint(0)
