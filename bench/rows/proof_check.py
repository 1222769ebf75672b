"""Verifying an inclusion proof in a log of a billion entries, against the bare hashes that it cannot do without."""

import hashlib
import random
import secrets
import time

from bench.measure import Side, Tally, interleaved
from bench.row import Bound, Row, series
from bench.stand import Stand
from services.audit import merkle

SIZE, TIMES, ROUNDS = 1_000_000_000, 10_000, 7
OURS, PEER = "our verifier", "SHA-256 of the path alone"


async def bench(stand: Stand) -> list[Row]:
    """Needs nothing. The proofs are made up from the verifier's end: any path leads to some root."""
    await stand.only()
    proofs = [_proof(random.randrange(SIZE)) for _ in range(TIMES)]

    async def verify() -> Tally:
        began = time.perf_counter()
        for index, leaf, path, root in proofs:
            merkle.verify_inclusion(index, SIZE, leaf, path, root)
        return _each_ms(began)

    async def hash_only() -> Tally:
        began = time.perf_counter()
        for _, leaf, path, _ in proofs:
            found = leaf
            for sibling in path:
                found = hashlib.sha256(b"\x01" + found + sibling).digest()
        return _each_ms(began)

    ours, bare = await interleaved((Side(OURS, verify), Side(PEER, hash_only)), rounds=ROUNDS)
    return [
        Row(
            "proof check in a log of a billion",
            "ms",
            series(OURS, ours),
            series(PEER, bare),
            lower_is_better=True,
            target=Bound("<=", 1, "ms"),
            note="the path is made up and has the length and form of a real one",
        )
    ]


def _proof(index: int) -> tuple[int, bytes, list[bytes], bytes]:
    leaf = secrets.token_bytes(merkle.HASH_BYTES)
    path = [secrets.token_bytes(merkle.HASH_BYTES) for _ in merkle.inclusion_ranges(index, SIZE)]
    return index, leaf, path, merkle.root_from_inclusion(index, SIZE, leaf, path)


def _each_ms(began: float) -> Tally:
    return Tally(TIMES, ((time.perf_counter() - began) * 1e3 / TIMES,))
