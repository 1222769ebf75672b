"""The Merkle tree of RFC 6962 and RFC 9162 with SHA-256: hashes, proofs, and their verification.

Proofs are described once, as ranges of leaves (`inclusion_ranges`, `consistency_ranges`); who has all leaf hashes computes the
ranges from them, who has tiles computes them from those (services.audit.tile). Indexes and sizes count leaves from 0.
"""

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Range = tuple[int, int]


class ProofInvalid(ValueError):
    """The proof does not prove what it claims."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of an entry's bytes as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; that of the empty tree for none. Pairing level by level, a lone last node moving up unchanged,
    gives the tree that RFC 6962 defines by splitting at the largest power of two."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        lone = row[-1:] if len(row) % 2 else []
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)] + lone
    return row[0]


def split(size: int) -> int:
    """Leaves in the left subtree of a tree of this size (2 or more): the largest power of two below it."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Leaf ranges whose subtree hashes form the inclusion proof, from the bottom up (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise ProofInvalid("the index is not in the tree")
    start, end, ranges = 0, size, []
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """Leaf ranges whose subtree hashes form the consistency proof (RFC 6962 section 2.1.2). 0 < first <= second."""
    if not 0 < first <= second:
        raise ProofInvalid("the earlier size is 0 or larger than the later one")
    start, end, ranges, whole = 0, second, [], True
    while first != end:
        middle = start + split(end - start)
        if first <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return ranges[::-1]


def inclusion(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Inclusion proof of the leaf at this index, from all leaf hashes."""
    return [root(hashes[start:end]) for start, end in inclusion_ranges(index, len(hashes))]


def consistency(first: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Proof that the tree over the first `first` hashes is a prefix of the tree over all."""
    return [root(hashes[start:end]) for start, end in consistency_ranges(first, len(hashes))]


def root_from_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root that a path leads to (RFC 9162 section 2.1.3.2). Raises ProofInvalid for a path of the wrong form."""
    if not 0 <= index < size:
        raise ProofInvalid("the index is not in the tree")
    _verify_lengths([leaf, *path])
    node, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofInvalid("the path is too long")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the path is too short")
    return result


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], expected: bytes) -> None:
    """Raises ProofInvalid unless the path proves this leaf hash at this index of the tree with the expected root."""
    if root_from_inclusion(index, size, leaf, path) != expected:
        raise ProofInvalid("the path leads to another root")


def verify_consistency(first: int, second: int, path: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Raises ProofInvalid unless the tree (first, root1) is proved a prefix of (second, root2) (RFC 9162 section 2.1.4.2).

    From an empty tree nothing can be proved, so `first` 0 is refused.
    """
    if not 0 < first <= second:
        raise ProofInvalid("the earlier size is 0 or larger than the later one")
    if first == second:
        if path or root1 != root2:
            raise ProofInvalid("equal sizes need equal roots and an empty proof")
        return
    _verify_lengths([root1, root2, *path])
    nodes = list(path) if first & (first - 1) else [root1, *path]
    if not nodes:
        raise ProofInvalid("the proof is empty")
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            raise ProofInvalid("the proof is too long")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the proof is too short")
    if old != root1 or new != root2:
        raise ProofInvalid("the proof leads to other roots")


def extend(peaks: Sequence[bytes], size: int, hashes: Iterable[bytes]) -> list[bytes]:
    """Peaks (roots of the perfect subtrees, from the left) of a tree of `size` leaves after more leaf hashes.

    For whoever walks a long log without keeping it.
    """
    grown = list(peaks)
    for count, leaf in enumerate(hashes, start=size):
        node, carry = leaf, count
        while carry & 1:
            node, carry = node_hash(grown.pop(), node), carry >> 1
        grown.append(node)
    return grown


def joined(peaks: Sequence[bytes], size: int, leaves: int, subtree: bytes) -> list[bytes]:
    """Peaks of a tree of `size` leaves after a perfect subtree of so many more, which stands at a multiple of its own size."""
    grown, node, height = list(peaks), subtree, leaves.bit_length() - 1
    while size >> height & 1:
        node, height = node_hash(grown.pop(), node), height + 1
    grown.append(node)
    return grown


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    """Root of the tree with these peaks."""
    if not peaks:
        return EMPTY_ROOT
    result = peaks[-1]
    for peak in reversed(peaks[:-1]):
        result = node_hash(peak, result)
    return result


def _verify_lengths(hashes: Iterable[bytes]) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofInvalid("a hash is not 32 bytes long")
