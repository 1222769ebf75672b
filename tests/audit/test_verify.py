"""The verifier against logs in memory: it accepts a good one and names what is wrong with each bad one."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis.strategies import DataObject, data, integers

from services.audit import checkpoint, merkle
from services.audit.checkpoint import Checkpoint
from services.audit.entry import DENIED, INTENT, OUTCOME, Leaf
from services.audit.verify import Published, SourceFailed, SourceRefused, Verification, verify
from services.common.note import NoteInvalid
from tests.audit.keyring import LOG, ORIGIN, signer

KEY = LOG.verifier.encode()


def leaf(number: int, kind: str = INTENT, ref: int | None = None, **changes: object) -> Leaf:
    made = Leaf(
        commitment=number.to_bytes(32, "big"),
        id=entry_id(number),
        kind=kind,
        epoch="2026-11/std",
        ref=None if ref is None else entry_id(ref),
        system="matching",
        time_ms=1790000000000 + number,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def entry_id(number: int) -> UUID:
    return UUID(int=number << 8 | 7 << 76 | 2 << 62)


def honest(size: int) -> list[bytes]:
    """Look-ups: each intent is followed by its outcome; every seventh attempt is denied."""
    made = []
    for number in range(size):
        kind = DENIED if number % 14 == 13 else OUTCOME if number % 2 else INTENT
        made.append(leaf(number, kind, number - 1 if kind == OUTCOME else None).encode())
    return made


def signed(leaves: Sequence[bytes], name: str = ORIGIN) -> str:
    root = merkle.root([merkle.leaf_hash(one) for one in leaves])
    return checkpoint.sign(Checkpoint(ORIGIN, len(leaves), root), signer(name))


@dataclass
class MemoryLog:
    """Gives leaves and a head that need not fit each other."""

    given: list[bytes]
    head: str
    key: str = KEY
    proves: Sequence[bytes] | None = None
    page: int = 1000

    async def checkpoint(self) -> Published:
        return Published(self.head, self.key)

    async def leaves(self, first: int, count: int) -> Sequence[bytes]:
        return self.given[first : first + min(count, self.page)]

    async def inclusion(self, index: int, size: int) -> Sequence[bytes]:
        return self.proves if self.proves is not None else merkle.inclusion(index, self._hashes()[:size])

    async def consistency(self, first: int, second: int) -> Sequence[bytes]:
        return self.proves if self.proves is not None else merkle.consistency(first, self._hashes()[:second])

    def _hashes(self) -> list[bytes]:
        return [merkle.leaf_hash(one) for one in self.given]


def log_of(leaves: list[bytes]) -> MemoryLog:
    return MemoryLog(leaves, signed(leaves))


def failed(result: Verification) -> set[int]:
    return {failure.check for failure in result.failures}


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 1003])
async def test_a_good_log_is_accepted(size: int) -> None:
    seen = []
    result = await verify(log_of(honest(size)), KEY, progress=lambda done, of: seen.append((done, of)))
    assert result.holds
    assert (result.size, result.origin, sum(result.kinds.values())) == (size, ORIGIN, size)
    assert result.checked == (1, 2, 3, 4, 5, 6, 7, 8)
    assert result.open_intents == sum(
        1 for number in range(size) if number % 14 == 12 or (number == size - 1 and not number % 2)
    )
    assert seen[-1:] == ([(size, size)] if size else [])


async def test_without_a_key_the_result_says_so() -> None:
    result = await verify(log_of(honest(3)))
    assert (result.holds, result.key_given, result.verifier_key) == (True, False, KEY)


async def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(NoteInvalid):
        await verify(log_of(honest(3)), "x")
    with pytest.raises(SourceFailed, match="no verifier key"):
        await verify(replace(log_of(honest(3)), key=""))
    with pytest.raises(SourceFailed, match="no checkpoint"):
        await verify(replace(log_of(honest(3)), head="x"), KEY)


@pytest.mark.parametrize("older", [0, 1, 4, 8, 20])
async def test_an_older_head_is_a_prefix(older: int) -> None:
    leaves = honest(20)
    result = await verify(log_of(leaves), KEY, since=signed(leaves[:older]))
    assert result.holds
    assert result.checked[-1] == 9


Tamper = Callable[[list[bytes]], MemoryLog]


def edited(index: int, change: Leaf) -> Tamper:
    """A leaf replaced after the head was signed."""
    return lambda leaves: MemoryLog([*leaves[:index], change.encode(), *leaves[index + 1 :]], signed(leaves))


def written(*more: Leaf) -> Tamper:
    """Leaves that the operator wrote himself, under a head that he signed himself."""
    return lambda leaves: log_of([*leaves, *(one.encode() for one in more)])


@pytest.mark.parametrize(
    ("tamper", "checks"),
    [
        pytest.param(lambda good: MemoryLog(good, signed(good, "eve")), {1}, id="head-signed-by-another-key"),
        pytest.param(
            lambda good: MemoryLog(good, checkpoint.sign(Checkpoint("other.example", 20, merkle.root([])), LOG)),
            {1, 7, 8},
            id="head-of-another-log",
        ),
        pytest.param(
            lambda good: MemoryLog(good, signed(good).replace("\n20\n", "\n19\n")), {1, 7, 8}, id="edited-size"
        ),
        pytest.param(lambda good: MemoryLog(good[:-1], signed(good)), {2, 7}, id="truncated-log"),
        pytest.param(lambda good: MemoryLog([], signed(good)), {2, 7}, id="empty-log"),
        pytest.param(lambda good: MemoryLog([*good[:5], *good[6:], good[5]], signed(good)), {5, 7, 8}, id="moved-leaf"),
        pytest.param(lambda good: MemoryLog([*good[:5], *good[6:]], signed(good)), {2, 7}, id="removed-leaf"),
        pytest.param(lambda good: MemoryLog([*good[:6], *good[5:]], signed(good)), {4, 7, 8}, id="doubled-leaf"),
        pytest.param(
            lambda good: MemoryLog([good[0] + b" ", *good[1:]], signed(good)), {3, 6, 7, 8}, id="leaf-with-white-space"
        ),
        pytest.param(lambda good: MemoryLog([b"", *good[1:]], signed(good)), {3, 6, 7, 8}, id="empty-leaf"),
        pytest.param(edited(3, leaf(3, OUTCOME, 2, commitment=bytes(32))), {7, 8}, id="edited-commitment"),
        pytest.param(edited(3, leaf(3, DENIED)), {7, 8}, id="outcome-made-a-denial"),
        pytest.param(lambda good: log_of([b"{}", *good[1:]]), {3, 6}, id="signed-leaf-of-another-form"),
        pytest.param(written(leaf(4, id=entry_id(40))), {5}, id="signed-step-back-in-time"),
        pytest.param(written(leaf(30, id=entry_id(4))), {4}, id="signed-second-use-of-an-id"),
        pytest.param(written(leaf(30, OUTCOME, 29)), {6}, id="signed-outcome-of-nothing"),
        pytest.param(written(leaf(30, OUTCOME)), {6}, id="signed-outcome-without-ref"),
        pytest.param(written(leaf(30, OUTCOME, 13)), {6}, id="signed-outcome-of-a-denial"),
        pytest.param(written(leaf(30, OUTCOME, 31), leaf(31)), {6}, id="signed-outcome-before-its-intent"),
        pytest.param(written(leaf(30, OUTCOME, 18, system="ingest")), {6}, id="signed-outcome-of-another-system"),
        pytest.param(written(leaf(30, INTENT, 18)), {6}, id="signed-intent-with-ref"),
        pytest.param(lambda good: replace(log_of(good), proves=[]), {8}, id="truncated-path"),
        pytest.param(lambda good: replace(log_of(good), proves=[bytes(32)] * 5), {8}, id="forged-path"),
        pytest.param(lambda good: replace(log_of(good), proves=[b"x"]), {8}, id="short-hash-in-path"),
    ],
)
async def test_a_bad_log_is_told(tamper: Tamper, checks: set[int]) -> None:
    result = await verify(tamper(honest(20)), KEY, samples=1000)
    assert failed(result) >= checks & {1, 2, 3, 4, 5, 6, 7}
    assert failed(result) - checks <= {8}
    assert not result.holds


@pytest.mark.parametrize(
    ("since", "log"),
    [
        pytest.param(
            lambda good: signed(good, "eve"), lambda good: log_of([*good, *more(good)]), id="older-by-another-key"
        ),
        pytest.param(signed, lambda good: log_of(good[:-2]), id="rolled-back"),
        pytest.param(signed, lambda good: log_of([good[1], good[0], *good[2:]]), id="same-size-other-root"),
        pytest.param(signed, lambda good: log_of([*good[:-1], leaf(50).encode(), leaf(51).encode()]), id="fork"),
        pytest.param(
            signed, lambda good: replace(log_of([*good, *more(good)]), proves=[bytes(32)]), id="forged-consistency"
        ),
    ],
)
async def test_a_log_that_does_not_go_on_from_the_older_head_is_told(
    since: Callable[[list[bytes]], str], log: Callable[[list[bytes]], MemoryLog]
) -> None:
    good = honest(20)
    assert 9 in failed(await verify(log(good), KEY, since=since(good), samples=0))


async def test_a_file_that_is_no_checkpoint_does_not_accuse_the_log() -> None:
    with pytest.raises(NoteInvalid):
        await verify(log_of(honest(20)), KEY, since="x")


async def test_the_head_that_was_verified_can_be_kept_and_given_back() -> None:
    good = honest(20)
    kept = (await verify(log_of(good), KEY, samples=0)).note
    assert (await verify(log_of([*good, *more(good)]), KEY, since=kept, samples=0)).holds


def more(good: list[bytes]) -> list[bytes]:
    return honest(len(good) + 4)[len(good) :]


async def test_what_the_log_cannot_prove_is_a_failure() -> None:
    class Refusing(MemoryLog):
        async def inclusion(self, index: int, size: int) -> Sequence[bytes]:
            raise SourceRefused("DATA_LOSS")

        async def consistency(self, first: int, second: int) -> Sequence[bytes]:
            raise SourceRefused("DATA_LOSS")

    good = honest(20)
    result = await verify(Refusing(good, signed(good)), KEY, since=signed(good[:3]))
    assert failed(result) == {8, 9}


async def test_a_log_that_stops_giving_leaves_is_told() -> None:
    class Stopping(MemoryLog):
        async def leaves(self, first: int, count: int) -> Sequence[bytes]:
            if first:
                raise SourceRefused("DATA_LOSS")
            return self.given[:5]

    good = honest(20)
    assert failed(await verify(Stopping(good, signed(good)), KEY)) == {2, 7}


async def test_small_pages_are_put_together() -> None:
    assert (await verify(replace(log_of(honest(20)), page=3), KEY)).holds


async def test_failures_beyond_the_first_hundred_are_counted() -> None:
    result = await verify(log_of([b"{}"] * 250), KEY)
    assert (len(result.failures), result.omitted) == (100, 150)


@given(data=data())
async def test_any_changed_bit_of_any_leaf_is_noticed(data: DataObject) -> None:
    leaves = honest(9)
    index = data.draw(integers(0, 8))
    at, bit = data.draw(integers(0, len(leaves[index]) - 1)), data.draw(integers(0, 7))
    changed = bytearray(leaves[index])
    changed[at] ^= 1 << bit
    result = await verify(MemoryLog([*leaves[:index], bytes(changed), *leaves[index + 1 :]], signed(leaves)), KEY)
    assert 7 in failed(result)


def test_the_verifier_needs_neither_grpc_nor_a_database_driver() -> None:
    program = "import services.audit.verify, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    packages = {name.split(".")[0] for name in run.stdout.split()}
    assert "services" in packages
    assert not packages & {"grpc", "psycopg", "psycopg_pool", "google", "anpr", "structlog"}
