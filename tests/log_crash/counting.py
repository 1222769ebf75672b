"""Holds what was promised against what is in the log. Pure.

What must hold at the end of a run, whatever was killed in it:
1. Indexes begin at 0 and have no gap; the head row names the next.
2. Each id is there once, and no id that nobody handed in.
3. Each entry that was acknowledged is at the promised place, with the promised leaf; 4. under a receipt that the log signed.
5. Who asked again was told the same place.
6. An id that has another content was refused.
7. Of a batch there is all, in its order and side by side, or nothing.
8. Each entry has its payload, its secret and its tags, and says what was handed in.
9. Each head that was ever signed is signed by the log's key, and has the root of its first leaves: all are prefixes of one log.
10. Each follows from the one before by a proof from the stored tiles. 11. The newest is the largest, and covers all.
12. Heads that outsiders saw on the way are among them.
13. The tiles are those that the leaves give.
14. Each published head is a signed one, with lines of the witness that hold. 15. The head in S3 is the newest of them.
16. Full tiles and bundles are under lock, each once.
17. An outsider who verifies finds nothing, whichever replica he asks, over gRPC or in the published tree.
18. While the holder of the lock was stopped, others wrote.
19. Nothing answered or logged an internal error, and no replica refused to run.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.audit import checkpoint, entry, merkle, tile, trust
from services.audit.entry import EntryInvalid
from services.audit.merkle import ProofInvalid
from services.audit.tile import ENTRIES, WIDTH, Edge, TileInvalid
from services.common import receipt
from services.common.note import NoteInvalid, VerifierKey
from tests.chaos.counting import Row, compare
from tests.log_crash.records import Found, Head, Memory
from tests.log_crash.writers import CONFLICT

OTHERS_WITHIN_S = 2.5  # half a second for the server to end it, a second for callers to try elsewhere


@dataclass(frozen=True, slots=True)
class Keys:
    """Verifier keys: of checkpoints, receipts, and the witness's cosignatures."""

    log: VerifierKey
    receipts: VerifierKey
    witness: VerifierKey


def count(memory: Memory, found: Found, keys: Keys) -> tuple[Row, ...]:
    """The table of a run."""
    return (
        *_entries(memory, found, keys.receipts),
        *_heads(memory, found, keys.log),
        *_published(found, keys),
        compare("what does not hold for an outsider", [], found.broken),
        compare(
            "holder of the lock stopped = others wrote",
            [(number, one.replica) for number, one in enumerate(memory.standstills)],
            [(number, one.replica) for number, one in enumerate(memory.standstills) if one.seconds < OTHERS_WITHIN_S],
        ),
        compare("internal errors, answered or logged", [], (*memory.faults, *found.journal)),
    )


def _entries(memory: Memory, found: Found, key: VerifierKey) -> Iterable[Row]:
    indexes = [index for index, _ in found.leaves]
    yield compare("indexes up to the head = entries", range(found.next_index), indexes)
    placed = [(_id(leaf), index) for index, leaf in found.leaves]
    yield compare("entries = in the index of ids", placed, found.ids)
    ids = Counter(id_ for id_, _ in placed)
    yield compare(
        "ids in the log twice, or of nobody",
        [],
        [id_ for id_ in ids.elements() if ids[id_] > 1 or id_ not in memory.sent],
    )
    by_index = dict(found.leaves)
    promised = {(one.id, one.index, one.leaf_hash) for one in memory.promises}
    kept = [one for one in promised if one[1] in by_index and _is_at(by_index[one[1]], one)]
    yield compare("acknowledged entries = where promised", promised, kept)
    signed = [one.note for one in memory.promises if _is_signed(one.note, (one.index, one.leaf_hash), key)]
    yield compare("receipts = signed, and of that entry", [one.note for one in memory.promises], signed)
    told = {(id_, index) for id_, index, _ in promised}
    yield compare(
        "entries acknowledged = told one place",
        [id_ for id_, _ in {id_: (id_, 0) for id_, _ in told}.values()],
        [id_ for id_, _ in told],
    )
    yield compare("ids with other content = refused", [CONFLICT] * len(memory.conflicts), memory.conflicts)
    place = dict(placed)
    yield compare(
        "batches in the log in part, or torn", [], [group for group in memory.groups if not _is_whole(group, place)]
    )
    for what, rows in (("payload", found.payloads), ("secret", found.secrets), ("tags", found.tags)):
        yield compare(f"entries = with {what}", indexes, rows)
    yield compare("sampled entries that say something else", [], found.unreadable)


def _heads(memory: Memory, found: Found, key: VerifierKey) -> Iterable[Row]:
    hashes = [merkle.leaf_hash(leaf) for _, leaf in found.leaves]
    yield compare(
        "heads ever signed = prefixes of the log",
        [head.note for head in found.history],
        _prefixes(found.history, hashes, key),
    )
    pairs = list(zip(found.history, found.history[1:], strict=False))
    proved = [(old.size, new.size) for old, new in pairs if _follows(old, new, found)]
    yield compare("steps between heads = proved from tiles", [(old.size, new.size) for old, new in pairs], proved)
    yield compare(
        "newest head = the largest, of all entries",
        [max((head.size for head in found.history), default=0), found.next_index],
        [found.newest.size] * 2,
    )
    seen, ever = set(memory.heads), {head.note for head in found.history}
    yield compare("heads seen on the way = in the history", seen, seen & ever)
    _, tiles = Edge().extended(hashes[: found.newest.size])
    yield compare(
        "tiles that the leaves give = stored",
        {((one.level, one.number), one.hashes) for one in tiles},
        found.tiles.items(),
    )


def _published(found: Found, keys: Keys) -> Iterable[Row]:
    signed = {(head.size, head.root) for head in found.history}
    shown = [head for head in found.published if (head.size, head.root) in signed and _is_shown(head, keys)]
    yield compare("heads published = signed, lines hold", found.published, shown)
    newest = [head.note for head in found.published[-1:]]
    yield compare("head in S3 = the newest published", newest, [found.shelf_head])
    leaves = [leaf for _, leaf in found.leaves]
    full = range(found.newest.size // WIDTH)
    bundles = [(tile.path(ENTRIES, n), tile.encode_bundle(leaves[n * WIDTH : (n + 1) * WIDTH])) for n in full]
    _, tiles = Edge().extended([merkle.leaf_hash(leaf) for leaf in leaves[: found.newest.size]])
    whole = [(tile.path(one.level, one.number), one.hashes) for one in tiles if one.width == WIDTH]
    yield compare("full tiles and bundles = under lock, once", [*bundles, *whole], found.shelf)


def _is_shown(head: Head, keys: Keys) -> bool:
    try:
        shown = checkpoint.verify(head.note, keys.log.name, [keys.log])
        trust.of_keys(keys.log, [keys.witness]).cosigners(head.note)
    except NoteInvalid:
        return False
    return (shown.size, shown.root) == (head.size, head.root)


def _id(leaf: bytes) -> str:
    try:
        return str(entry.decode_leaf(leaf).id)
    except EntryInvalid:
        return ""


def _is_at(leaf: bytes, promised: tuple[str, int, bytes]) -> bool:
    return (_id(leaf), merkle.leaf_hash(leaf)) == (promised[0], promised[2])


def _is_signed(text: str, place: tuple[int, bytes], key: VerifierKey) -> bool:
    try:
        signed = receipt.verify(text, key)
    except NoteInvalid:
        return False
    return (signed.index, signed.leaf_hash) == place


def _is_whole(group: Sequence[str], place: dict[str, int]) -> bool:
    places = [place[id_] for id_ in group if id_ in place]
    return not places or places == list(range(places[0], places[0] + len(group)))


def _prefixes(history: Sequence[Head], hashes: Sequence[bytes], key: VerifierKey) -> list[str]:
    good: list[str] = []
    peaks: list[bytes] = []
    size = 0
    for head in history:  # by size
        peaks, size = merkle.extend(peaks, size, hashes[size : head.size]), min(head.size, len(hashes))
        try:
            signed = checkpoint.verify(head.note, key.name, [key])
        except NoteInvalid:
            continue
        if (signed.size, signed.root) == (head.size, head.root) == (size, merkle.root_of_peaks(peaks)):
            good.append(head.note)
    return good


def _follows(old: Head, new: Head, found: Found) -> bool:
    if old.size == 0:
        return old.root == merkle.EMPTY_ROOT
    try:
        path = tile.hashes(merkle.consistency_ranges(old.size, new.size), found.tiles)
        merkle.verify_consistency(old.size, new.size, path, old.root, new.root)
    except (ProofInvalid, TileInvalid, NoteInvalid):
        return False
    return True
