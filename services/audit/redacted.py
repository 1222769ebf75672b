"""Redacted exports: a range of entries in which some fields are shown and the rest hidden, and which still proves itself.

A ZIP file with
    entries.jsonl   one line an entry: index, leaf, of each shown field value and salt, of each hidden one its hash
    entries.csv     the same for people, without what proves it
    checkpoint      a head over the range, with the lines of witnesses
    range.json      the hashes beside the range that lead to the root: with all leaves, hidden or not, nothing can be left out
    manifest        a signed note: "anpr-audit/export/v1", then range, names and SHA-256 of each file, as canonical JSON

An entry that was erased has its leaf alone.
"""

import csv
import hashlib
import io
import json
import unicodedata
import zipfile
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.audit import commitment, tile
from services.audit.entry import FIELDS, Content
from services.audit.review import Disclosed
from services.audit.tile import Tiles
from services.common import note
from services.common.note import Signer

VERSION = "anpr-audit/export/v1"
ENTRIES, TABLE, CHECKPOINT, RANGE, MANIFEST = "entries.jsonl", "entries.csv", "checkpoint", "range.json", "manifest"
MAX_ENTRIES = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same content


@dataclass(frozen=True, slots=True)
class Export:
    """A finished export. digest: SHA-256 of its manifest's text, hexadecimal."""

    data: bytes
    digest: str


def make(  # noqa: PLR0917 - what an export is made of
    entries: Sequence[Disclosed], shown: Sequence[str], head: str, size: int, tiles: Tiles, signer: Signer
) -> Export:
    """Puts an export together. entries: one after another; shown: names of fields; tiles: those of `ranges`."""
    first, last = entries[0].opened.index, entries[-1].opened.index
    before, after = ranges(first, last, size)
    files = {
        ENTRIES: "".join(f"{_line(one, shown)}\n" for one in entries).encode(),
        TABLE: _table(entries, shown).encode(),
        CHECKPOINT: head.encode(),
        RANGE: _json({"before": _hashes(before, tiles), "after": _hashes(after, tiles)}).encode(),
    }
    manifest = {
        "count": len(entries),
        "disclosed": sorted(shown),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "first": first,
        "last": last,
        "size": size,
    }
    text = f"{VERSION}\n{_json(manifest)}\n"
    files[MANIFEST] = note.sign(text, signer).encode()
    return Export(_zip(files), hashlib.sha256(text.encode()).hexdigest())


def ranges(first: int, last: int, size: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The perfect subtrees before and behind a range of entries, from the left."""
    return tile.perfect(0, first), tile.perfect(last + 1, size)


def _line(one: Disclosed, shown: Sequence[str]) -> str:
    opened = one.opened
    found: dict[str, Any] = {"index": opened.index, "leaf": note.encode_base64(opened.data)}
    if one.secret is None or opened.content is None:
        return _json({**found, "erased": True})
    salts, fields = commitment.Salts(one.secret), opened.content.fields()
    values = commitment.encode(fields)
    return _json(
        {
            **found,
            "shown": {name: {"salt": note.encode_base64(salts.of(name)), "value": fields[name]} for name in shown},
            "hidden": {
                name: b64encode(commitment.field_hash(salts.of(name), name, values[name])).decode()
                for name in FIELDS
                if name not in shown
            },
        }
    )


def _table(entries: Sequence[Disclosed], shown: Sequence[str]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(["index", "time", "kind", "system", "id", "answers", *shown])
    for one in entries:
        leaf = one.opened.leaf
        at = datetime.fromtimestamp(leaf.time_ms / 1000, UTC).isoformat(timespec="milliseconds")
        cells = [one.opened.index, at, leaf.kind, leaf.system, leaf.id, leaf.ref or ""]
        rows.writerow([*cells, *(_cell(one.opened.content, name) for name in shown)])
    return text.getvalue()


def _cell(content: Content | None, name: str) -> str:
    """A field for a spreadsheet: nothing in it is a formula, and nothing in it hides or turns other text."""
    if content is None:
        return "(erased)"
    value = getattr(content, name)
    text = " ".join(value) if isinstance(value, tuple) else str(value)
    plain = "".join(one if not _is_hidden(one) else f"\\u{ord(one):04x}" for one in text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _hashes(parts: Sequence[tuple[int, int]], tiles: Tiles) -> list[str]:
    return [note.encode_base64(one) for one in tile.hashes(parts, tiles)]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _zip(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()
