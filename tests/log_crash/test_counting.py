"""The counting itself: a made-up log in which all is well is equal, and each thing that may go wrong is noticed."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from anpr.audit.v1 import audit_pb2

from services.audit import checkpoint, cosignature, merkle, tile
from services.audit.checkpoint import Checkpoint
from services.audit.entry import INTENT, Leaf
from services.audit.key_files import FileSigner
from services.audit.tile import Edge
from services.common import note, receipt
from services.common.note import COSIGNATURE
from services.common.receipt import Receipt
from tests.audit.keyring import LOG, ORIGIN, RECEIPTS
from tests.log_crash import counting
from tests.log_crash.counting import Keys
from tests.log_crash.records import Found, Head, Memory, Promise, Standstill

SIZES = (0, 2, 3, 300)
COUNT = SIZES[-1]
WITNESS = FileSigner("witness.test.example", bytes([4]) * 32, COSIGNATURE)
OTHER_WITNESS = FileSigner("other.test.example", bytes([5]) * 32, COSIGNATURE)
KEYS = Keys(LOG.verifier, RECEIPTS.verifier, WITNESS.verifier)
IDS = [str(UUID(int=(7 << 76) | (1 << 63) | number)) for number in range(COUNT)]
LEAVES = [
    Leaf(bytes([n % 256]) * 32, UUID(id_), INTENT, "2026-12/std", None, "matching", n).encode()
    for n, id_ in enumerate(IDS)
]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


def _head(size: int, root: bytes | None = None) -> Head:
    root = merkle.root(HASHES[:size]) if root is None else root
    return Head(size, root, checkpoint.sign(Checkpoint(ORIGIN, size, root), LOG))


def _shown(size: int, witness: FileSigner = WITNESS) -> Head:
    """A published head, with the line of the witness, or of somebody who has taken its name."""
    head = _head(size)
    key = WITNESS.verifier
    line = cosignature.cosign(note.parse(head.note).text, witness, 1)
    return replace(head, note=cosignature.added(head.note, (replace(line, name=key.name, key_id=key.key_id),)))


def _promise(number: int, index: int | None = None) -> Promise:
    index = number if index is None else index
    signed = receipt.sign(Receipt(ORIGIN, index, HASHES[number], number), RECEIPTS)
    return Promise(IDS[number], index, HASHES[number], signed)


MEMORY = Memory(
    sent={id_: audit_pb2.EntryFields(id=id_) for id_ in IDS},
    promises=[_promise(number) for number in (0, 1, 2, 3, 4, 5, 5)],
    groups=[tuple(IDS[2:5]), ("00000000-0000-7000-8000-00000000dead",)],
    conflicts=["ENTRY_CONFLICT"],
    heads=[_head(2).note, _head(2).note, _head(COUNT).note],
    standstills=[Standstill("replica-1", 0.6)],
)
FOUND = Found(
    leaves=tuple(enumerate(LEAVES)),
    ids=tuple((id_, number) for number, id_ in enumerate(IDS)),
    payloads=tuple(range(COUNT)),
    secrets=tuple(range(COUNT)),
    tags=tuple(range(COUNT)),
    next_index=COUNT,
    newest=_head(COUNT),
    history=tuple(_head(size) for size in SIZES),
    tiles={(one.level, one.number): one.hashes for one in Edge().extended(HASHES)[1]},
    published=(_shown(3), _shown(COUNT)),
    shelf=(
        (tile.path(tile.ENTRIES, 0), tile.encode_bundle(LEAVES[:256])),
        (tile.path(0, 0), b"".join(HASHES[:256])),
    ),
    shelf_head=_shown(COUNT).note,
    unreadable=(),
    broken=(),
    journal=(),
)


def unequal(memory: Memory, found: Found) -> set[str]:
    rows = counting.count(memory, found, KEYS)
    return {row.what for row in rows if not row.is_equal}


def _remember(**changes: Any) -> Callable[[], tuple[Memory, Found]]:
    def change() -> tuple[Memory, Found]:
        memory = deepcopy(MEMORY)
        for name, value in changes.items():
            setattr(memory, name, value)
        return memory, FOUND

    return change


def _find(**changes: Any) -> Callable[[], tuple[Memory, Found]]:
    return lambda: (MEMORY, replace(FOUND, **changes))


def _swapped(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return (values[1], values[0], *values[2:])


OTHER_ROOT = _head(3, b"\x01" * 32)
FAULTS: dict[str, tuple[Callable[[], tuple[Memory, Found]], str]] = {
    "an acknowledged entry is lost": (
        _find(leaves=FOUND.leaves[:3], ids=FOUND.ids[:3], next_index=3),
        "acknowledged entries = where promised",
    ),
    "an entry is in the log twice": (
        _find(leaves=(*FOUND.leaves, (COUNT, LEAVES[3])), ids=(*FOUND.ids, (IDS[3], COUNT)), next_index=COUNT + 1),
        "ids in the log twice, or of nobody",
    ),
    "an entry is nobody's": (
        _remember(sent={id_: MEMORY.sent[id_] for id_ in IDS[1:]}),
        "ids in the log twice, or of nobody",
    ),
    "two entries have changed places": (
        _find(leaves=tuple(zip(range(COUNT), _swapped(tuple(LEAVES)), strict=True))),
        "acknowledged entries = where promised",
    ),
    "an index is missing": (_find(leaves=FOUND.leaves[:-1]), "indexes up to the head = entries"),
    "the head row is behind": (_find(next_index=COUNT - 1), "indexes up to the head = entries"),
    "an id leads elsewhere": (_find(ids=(*FOUND.ids[1:], (IDS[0], 1))), "entries = in the index of ids"),
    "who asked again was told another place": (
        _remember(promises=[*MEMORY.promises, _promise(5, 6)]),
        "entries acknowledged = told one place",
    ),
    "a receipt is of another key": (
        _remember(promises=[*MEMORY.promises[1:], replace(_promise(0), note=_head(2).note)]),
        "receipts = signed, and of that entry",
    ),
    "a receipt is of another place": (
        _remember(promises=[*MEMORY.promises[1:], replace(_promise(0), note=_promise(0, 1).note)]),
        "receipts = signed, and of that entry",
    ),
    "a taken id is given away": (_remember(conflicts=["taken"]), "ids with other content = refused"),
    "a batch is there in part": (_remember(groups=[(*IDS[-2:], "gone")]), "batches in the log in part, or torn"),
    "a batch is torn": (_remember(groups=[(IDS[0], IDS[2])]), "batches in the log in part, or torn"),
    "a payload is missing": (_find(payloads=tuple(range(COUNT - 1))), "entries = with payload"),
    "a secret is missing": (_find(secrets=tuple(range(COUNT - 1))), "entries = with secret"),
    "tags are missing": (_find(tags=tuple(range(COUNT - 1))), "entries = with tags"),
    "an entry says something else": (_find(unreadable=("3",)), "sampled entries that say something else"),
    "a head has another root": (
        _find(history=(*FOUND.history[:2], OTHER_ROOT, FOUND.history[3])),
        "heads ever signed = prefixes of the log",
    ),
    "a head does not lead to the next": (
        _find(history=(*FOUND.history[:2], OTHER_ROOT, FOUND.history[3])),
        "steps between heads = proved from tiles",
    ),
    "a head is not signed by the log": (
        _find(history=(*FOUND.history[:3], replace(_head(COUNT), note=MEMORY.promises[0].note))),
        "heads ever signed = prefixes of the log",
    ),
    "the newest head has gone back": (_find(newest=_head(3)), "newest head = the largest, of all entries"),
    "somebody saw a head that is gone": (
        _find(history=(FOUND.history[0], *FOUND.history[2:])),
        "heads seen on the way = in the history",
    ),
    "a tile is changed": (
        _find(tiles={**FOUND.tiles, (0, 1): b"\x00" * 32 * 44}),
        "tiles that the leaves give = stored",
    ),
    "a head is published that was never signed": (
        _find(published=(OTHER_ROOT, _shown(COUNT))),
        "heads published = signed, lines hold",
    ),
    "a line is not the witness's": (
        _find(published=(_shown(3, OTHER_WITNESS), _shown(COUNT))),
        "heads published = signed, lines hold",
    ),
    "the head in S3 is an older one": (_find(shelf_head=_shown(3).note), "head in S3 = the newest published"),
    "a full bundle is not under lock": (_find(shelf=FOUND.shelf[1:]), "full tiles and bundles = under lock, once"),
    "a bundle has a second version": (
        _find(shelf=(*FOUND.shelf, (FOUND.shelf[0][0], b""))),
        "full tiles and bundles = under lock, once",
    ),
    "an outsider finds something": (_find(broken=("replica-1: 7 root",)), "what does not hold for an outsider"),
    "a stopped holder stops all": (
        _remember(standstills=[Standstill("replica-1", float("inf"))]),
        "holder of the lock stopped = others wrote",
    ),
    "a replica refuses to run": (_find(journal=("replica-1: died",)), "internal errors, answered or logged"),
    "a writer sees an internal error": (_remember(faults=["INTERNAL"]), "internal errors, answered or logged"),
}


def test_a_run_in_which_all_is_well_is_equal() -> None:
    assert unequal(MEMORY, FOUND) == set()


@pytest.mark.parametrize("name", FAULTS)
def test_what_goes_wrong_is_noticed_in_its_row(name: str) -> None:
    change, row = FAULTS[name]
    assert row in unequal(*change())


def test_each_row_has_something_that_it_notices() -> None:
    rows = counting.count(MEMORY, FOUND, KEYS)
    assert {row for _, row in FAULTS.values()} == {row.what for row in rows}
