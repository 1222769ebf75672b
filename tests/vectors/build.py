"""Writes the vectors of this folder anew: python -m tests.vectors.build [FOLDER]. The same bytes each time.

For whoever writes a verifier of his own: proofs that hold, proofs that must be refused, named after the attack, and a small log
as it is published. The keys are made from their names and are secret to nobody.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from services.audit import merkle
from tests.audit.published import write
from tests.audit.test_verify import honest

HERE = Path(__file__).parent
SIZE, INDEX, EARLIER = 7, 5, 3
LOG_SIZES = (2, 5)


def main(folder: Path) -> None:
    hashes = [merkle.leaf_hash(b"entry %d" % number) for number in range(SIZE)]
    _save(folder / "inclusion.json", inclusion(hashes))
    _save(folder / "consistency.json", consistency(hashes))
    write(folder / "log", honest(LOG_SIZES[-1]), LOG_SIZES)


def inclusion(hashes: Sequence[bytes]) -> dict[str, dict[str, object]]:
    """Of the leaf at 5 in a tree of 7; `holds` says what a verifier must answer."""
    path, root = merkle.inclusion(INDEX, hashes), merkle.root(hashes)

    def case(*, holds: bool = False, **changes: object) -> dict[str, object]:
        said: dict[str, object] = {"index": INDEX, "size": SIZE, "leaf": hashes[INDEX], "path": path, "root": root}
        return _hex({**said, **changes}) | {"holds": holds}

    alone = merkle.root(hashes[:1])
    return {
        "honest": case(holds=True),
        "honest-only-leaf": case(index=0, size=1, leaf=hashes[0], path=[], root=alone, holds=True),
        "truncated-path": case(path=path[:-1]),
        "truncated-at-the-bottom": case(path=path[1:]),
        "empty-path": case(path=[]),
        "padded-path": case(path=[*path, root]),
        "padded-path-of-the-only-leaf": case(index=0, size=1, leaf=hashes[0], path=[alone], root=alone),
        "swapped-hashes": case(path=[path[1], path[0], *path[2:]]),
        "hash-of-another-length": case(path=[path[0][:-1], *path[1:]]),
        "edited-hash": case(path=[_edited(path[0]), *path[1:]]),
        "other-leaf": case(leaf=hashes[INDEX - 1]),
        "inner-node-as-leaf": case(index=2, size=4, leaf=merkle.node_hash(hashes[4], hashes[5])),
        "other-index": case(index=INDEX - 1),
        "index-beyond-the-tree": case(index=SIZE),
        "negative-index": case(index=-1),
        "edited-size": case(size=SIZE - 1),
        "empty-tree": case(index=0, size=0, path=[]),
        "other-root": case(root=merkle.root(hashes[:-1])),
    }


def consistency(hashes: Sequence[bytes]) -> dict[str, dict[str, object]]:
    """Of the tree of 3 as a prefix of the tree of 7."""
    path, old, new = merkle.consistency(EARLIER, hashes), merkle.root(hashes[:EARLIER]), merkle.root(hashes)

    def case(*, holds: bool = False, **changes: object) -> dict[str, object]:
        said: dict[str, object] = {"first": EARLIER, "second": SIZE, "path": path, "root1": old, "root2": new}
        return _hex({**said, **changes}) | {"holds": holds}

    forked = merkle.root([hashes[1], *hashes[1:EARLIER]])
    power = merkle.consistency(4, hashes)
    return {
        "honest": case(holds=True),
        "honest-equal-sizes": case(first=SIZE, root1=new, path=[], holds=True),
        "honest-power-of-two": case(first=4, root1=merkle.root(hashes[:4]), path=power, holds=True),
        "truncated-path": case(path=path[:-1]),
        "truncated-at-the-bottom": case(path=path[1:]),
        "empty-path": case(path=[]),
        "padded-path": case(path=[*path, new]),
        "swapped-roots": case(root1=new, root2=old),
        "swapped-sizes": case(first=SIZE, second=EARLIER),
        "edited-hash": case(path=[_edited(path[0]), *path[1:]]),
        "hash-of-another-length": case(path=[path[0] + b"\0", *path[1:]]),
        "older-head-of-a-fork": case(root1=forked),
        "newer-head-of-a-fork": case(root2=merkle.root([hashes[1], *hashes[1:]])),
        "equal-sizes-of-other-roots": case(first=SIZE, root1=old, path=[]),
        "equal-sizes-with-a-path": case(first=SIZE, root1=new, path=path),
        "from-the-empty-tree": case(first=0, root1=merkle.EMPTY_ROOT, path=[]),
        "from-the-empty-tree-to-itself": case(
            first=0, second=0, root1=merkle.EMPTY_ROOT, root2=merkle.EMPTY_ROOT, path=[]
        ),
        "edited-size": case(first=EARLIER - 1),
    }


def _edited(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


def _hex(members: dict[str, object]) -> dict[str, object]:
    def plain(value: object) -> object:
        if isinstance(value, bytes):
            return value.hex()
        return [plain(one) for one in value] if isinstance(value, list) else value

    return {name: plain(value) for name, value in members.items()}


def _save(file: Path, cases: dict[str, dict[str, object]]) -> None:
    file.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
