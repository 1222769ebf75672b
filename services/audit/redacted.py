"""Makes redacted exports (redacted_form.py)."""

import hashlib
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.audit import checkpoint, commitment, redacted_form, tile
from services.audit.entry import FIELDS
from services.audit.redacted_form import CHECKPOINT, ENTRIES, MANIFEST, RANGE, TABLE, VERSION, Told
from services.audit.review import Disclosed
from services.audit.tile import Tiles
from services.common import note
from services.common.note import Signer

MAX_ENTRIES = 10_000
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same content


@dataclass(frozen=True, slots=True)
class Export:
    """A finished export. digest: SHA-256 of its manifest's text, hexadecimal."""

    data: bytes
    digest: str


def make(  # noqa: PLR0917 - what an export is made of
    entries: Sequence[Disclosed], shown: Sequence[str], head: str, size: int, tiles: Tiles, signer: Signer
) -> Export:
    """Puts an export together. entries: one after another; shown: names of fields; tiles: those of `ranges`.

    Raises TileInvalid, ProofInvalid when they do not prove it: what does not hold is not given away.
    """
    first, last = entries[0].opened.index, entries[-1].opened.index
    before, after = (tile.hashes(side, tiles) for side in redacted_form.ranges(first, last, size))
    signed = checkpoint.unverified(head)
    redacted_form.verify_range(first, [one.opened.data for one in entries], before, after, signed)
    files = {
        ENTRIES: "".join(f"{_line(one, shown)}\n" for one in entries).encode(),
        TABLE: redacted_form.table([_told(one) for one in entries], shown).encode(),
        CHECKPOINT: head.encode(),
        RANGE: _json({"before": _encoded(before), "after": _encoded(after)}).encode(),
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


def _told(one: Disclosed) -> Told:
    opened = one.opened
    return opened.index, opened.leaf, opened.content.fields() if opened.content is not None else None


def _encoded(hashes: Sequence[bytes]) -> list[str]:
    return [note.encode_base64(one) for one in hashes]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _zip(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()
