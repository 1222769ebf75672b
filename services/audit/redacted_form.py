"""What a redacted export is made of: a range of entries, some fields shown and the rest hidden, that proves itself.

A ZIP file with
    entries.jsonl   one line an entry: index, leaf, of each shown field value and salt, of each hidden one its hash
    entries.csv     the same for people, without what proves it (spreadsheet.py); it follows from entries.jsonl
    checkpoint      a head over the range, with the lines of witnesses
    range.json      the hashes beside the range that lead to the root: with all leaves, hidden or not, nothing can be left out
    manifest        a signed note: "anpr-audit/export/v1", then range, names and SHA-256 of each file, as canonical JSON

An entry that was erased has its leaf alone.
"""

from collections.abc import Mapping, Sequence

from services.audit import merkle, spreadsheet, tile
from services.audit.checkpoint import Checkpoint
from services.audit.entry import Leaf
from services.audit.jcs import Value
from services.audit.merkle import ProofInvalid

VERSION = "anpr-audit/export/v1"
ENTRIES, TABLE, CHECKPOINT, RANGE, MANIFEST = "entries.jsonl", "entries.csv", "checkpoint", "range.json", "manifest"
ERASED = "(erased)"

Told = tuple[int, Leaf, Mapping[str, Value] | None]
"""An entry as an export tells it: index, leaf, and the values that are shown, by name; None when it was erased."""


def ranges(first: int, last: int, size: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The perfect subtrees before and behind a range of entries, from the left."""
    return tile.perfect(0, first), tile.perfect(last + 1, size)


def table(entries: Sequence[Told], shown: Sequence[str]) -> str:
    """The entries for people."""
    names = sorted(shown)
    lines = [spreadsheet.line(["index", "time", "kind", "system", "id", "answers", *names])]
    for index, leaf, said in entries:
        answers = str(leaf.ref or "")
        about = (index, spreadsheet.time(leaf.time_ms), leaf.kind, leaf.system, str(leaf.id), answers)
        lines.append(spreadsheet.line([*about, *(ERASED if said is None else _cell(said[name]) for name in names)]))
    return "".join(lines)


def verify_range(
    first: int, leaves: Sequence[bytes], before: Sequence[bytes], after: Sequence[bytes], head: Checkpoint
) -> None:
    """Raises ProofInvalid unless these leaves, with the hashes beside them, are those from `first` on under the head."""
    if not 0 <= first < first + len(leaves) <= head.size:
        raise ProofInvalid("the range is not under the head")
    sides = ranges(first, first + len(leaves) - 1, head.size)
    if (len(before), len(after)) != (len(sides[0]), len(sides[1])):
        raise ProofInvalid("the proof of the range has another length")
    if any(len(one) != merkle.HASH_BYTES for one in (*before, *after)):
        raise ProofInvalid("a hash is not 32 bytes long")
    peaks, at = merkle.extend(before, first, map(merkle.leaf_hash, leaves)), first + len(leaves)
    for (start, end), subtree in zip(sides[1], after, strict=True):
        peaks, at = merkle.joined(peaks, at, end - start, subtree), end
    if merkle.root_of_peaks(peaks) != head.root:
        raise ProofInvalid("the range is not under the head")


def _cell(value: Value) -> spreadsheet.Cell:
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    return value if type(value) is int else str(value)
