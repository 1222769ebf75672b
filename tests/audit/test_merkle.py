import hashlib
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import DataObject, binary, data, integers, lists

from services.audit import merkle
from services.audit.merkle import ProofInvalid
from tests.audit.vectors import MERKLE, needs_vectors

CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = ["6e340b9c", "fac54203", "aeb6bcfe", "d37ee418", "4e3bbb1f", "76e67dad", "ddb89be4", "5dc9da79"]


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_path(index: int, hashes: list[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if index < k:
        return [*naive_path(index, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(index - k, hashes[k:]), naive_root(hashes[:k])]


def naive_subproof(size: int, hashes: list[bytes], whole: bool) -> list[bytes]:
    if size == len(hashes):
        return [] if whole else [naive_root(hashes)]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if size <= k:
        return [*naive_subproof(size, hashes[:k], whole), naive_root(hashes[k:])]
    return [*naive_subproof(size - k, hashes[k:], False), naive_root(hashes[:k])]


def numbered(size: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


def load(folder: str) -> list[Any]:
    files = sorted((MERKLE / folder).rglob("*.json")) if MERKLE.is_dir() else []
    return [pytest.param(file, id=str(file.relative_to(MERKLE))) for file in files]


def hashes_of(vector: dict[str, Any], name: str) -> list[bytes]:
    return [b64decode(value) for value in vector[name] or []]


@needs_vectors
def test_the_outside_vectors_are_all_there() -> None:
    assert len(load("inclusion")) == len(load("consistency")) == 98


@needs_vectors
@pytest.mark.parametrize("file", load("inclusion"))
def test_inclusion_vectors_of_others(file: Path) -> None:
    vector = json.loads(file.read_text())
    leaf, expected = b64decode(vector["leafHash"] or ""), b64decode(vector["root"] or "")
    arguments = (vector["leafIdx"], vector["treeSize"], leaf, hashes_of(vector, "proof"), expected)
    if vector["wantErr"]:
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(*arguments)
    else:
        merkle.verify_inclusion(*arguments)


@needs_vectors
@pytest.mark.parametrize("file", load("consistency"))
def test_consistency_vectors_of_others(file: Path) -> None:
    vector = json.loads(file.read_text())
    roots = [b64decode(vector[name] or "") for name in ("root1", "root2")]
    arguments = (vector["size1"], vector["size2"], hashes_of(vector, "proof"), *roots)
    if vector["wantErr"]:
        with pytest.raises(ProofInvalid):
            merkle.verify_consistency(*arguments)
    else:
        merkle.verify_consistency(*arguments)


def test_roots_of_the_certificate_transparency_leaves() -> None:
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES]
    assert [merkle.root(hashes[: i + 1]).hex()[:8] for i in range(8)] == CT_ROOTS
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_roots_are_those_of_the_definition_up_to_600_leaves() -> None:
    hashes, peaks = numbered(600), list[bytes]()
    for size in range(600):
        assert merkle.root(hashes[:size]) == merkle.root_of_peaks(peaks)
        if size < 70 or size % 37 == 0 or size in (255, 256, 257, 511, 512, 513):
            assert merkle.root(hashes[:size]) == naive_root(hashes[:size])
        peaks = merkle.extend(peaks, size, [hashes[size]])


def test_proofs_are_those_of_the_definition() -> None:
    for size in range(1, 66):
        hashes = numbered(size)
        for index in range(size):
            assert merkle.inclusion(index, hashes) == naive_path(index, hashes)
            assert merkle.consistency(index + 1, hashes) == naive_subproof(index + 1, hashes, True)


@given(leaves=lists(binary(max_size=8), min_size=1, max_size=40), data=data())
def test_every_leaf_proves_the_root(leaves: list[bytes], data: DataObject) -> None:
    index = data.draw(integers(0, len(leaves) - 1))
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    path = merkle.inclusion(index, hashes)
    assert merkle.root_from_inclusion(index, len(leaves), hashes[index], path) == merkle.root(hashes)


@given(size=integers(1, 300), data=data())
def test_every_size_is_proved_a_prefix_of_every_later_one(size: int, data: DataObject) -> None:
    first = data.draw(integers(1, size))
    hashes = numbered(size)
    path = merkle.consistency(first, hashes)
    merkle.verify_consistency(first, size, path, merkle.root(hashes[:first]), merkle.root(hashes))


@given(size=integers(2, 300), data=data())
def test_a_proof_with_any_hash_changed_is_refused(size: int, data: DataObject) -> None:
    index, first = data.draw(integers(0, size - 1)), data.draw(integers(1, size - 1))
    hashes = numbered(size)
    root, older = merkle.root(hashes), merkle.root(hashes[:first])
    path, prefix = merkle.inclusion(index, hashes), merkle.consistency(first, hashes)
    for at in range(len(path)):
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(index, size, hashes[index], [*path[:at], bytes(32), *path[at + 1 :]], root)
    for at in range(len(prefix)):
        with pytest.raises(ProofInvalid):
            merkle.verify_consistency(first, size, [*prefix[:at], bytes(32), *prefix[at + 1 :]], older, root)
    for wrong in (path[:-1], [*path, bytes(32)]):
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(index, size, hashes[index], wrong, root)
    for wrong in (prefix[:-1], [*prefix, bytes(32)]):
        with pytest.raises(ProofInvalid):
            merkle.verify_consistency(first, size, wrong, older, root)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 5), (-1, 5), (6, 5)])
def test_from_an_empty_or_larger_tree_nothing_is_proved(first: int, second: int) -> None:
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(first, second, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)
    with pytest.raises(ProofInvalid):
        merkle.consistency_ranges(first, second)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (7, 3)])
def test_an_index_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(ProofInvalid):
        merkle.root_from_inclusion(index, size, bytes(32), [])
    with pytest.raises(ProofInvalid):
        merkle.inclusion_ranges(index, size)


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33)])
def test_a_hash_of_another_length_is_refused(wrong: bytes) -> None:
    with pytest.raises(ProofInvalid, match="32 bytes"):
        merkle.root_from_inclusion(0, 2, wrong, [bytes(32)])
    with pytest.raises(ProofInvalid, match="32 bytes"):
        merkle.root_from_inclusion(0, 2, bytes(32), [wrong])
    with pytest.raises(ProofInvalid, match="32 bytes"):
        merkle.verify_consistency(1, 2, [bytes(32)], wrong, bytes(32))


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    root = merkle.root(numbered(3))
    merkle.verify_consistency(3, 3, [], root, root)
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(3, 3, [], root, bytes(32))
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(3, 3, [root], root, root)


def test_a_proof_in_a_log_of_a_billion_entries_is_short() -> None:
    assert len(merkle.inclusion_ranges(123_456_789, 10**9)) <= 30
