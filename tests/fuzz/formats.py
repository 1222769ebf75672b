"""Byte formats: those of the log, and what recognition and its workers say to one another."""

import io
import json
from collections.abc import Callable, Mapping
from functools import cache
from random import Random

from services.audit import checkpoint, entry, jcs, tile
from services.audit.entry import Content, EntryInvalid, Leaf
from services.audit.jcs import JcsInvalid
from services.audit.tile import TileInvalid
from services.common import note, receipt
from services.common.note import NoteInvalid
from services.recognition import pipe
from services.recognition.pipe import Garbled
from tests.fuzz import bytewise, samples
from tests.fuzz.probe import Probe, claim

SYSTEM = "ingest"


def json_like(dice: Random, said: object) -> bytes:
    """JSON with bytes changed, values changed, or nested without end."""
    text = json.dumps(said, separators=(",", ":"), sort_keys=True).encode()
    choice = dice.randrange(10)
    if choice == 0:
        odd = dice.choice(
            (b"null", b"1e999", b"NaN", b"-0", b"9007199254740993", b"1" * 5000, b'"\\ud800"', b"[]", b"{}")
        )
        return text.replace(dice.choice((b"1", b'"BE"', b"[1,2,3,4]")), odd, 1)
    if choice == 1:
        depth = dice.choice((10, 17, 1000, 100_000))
        return b"[" * depth + text + b"]" * dice.choice((depth, depth - 1))
    return bytewise.mutate(dice, text) if choice < 9 else text


@cache
def _notes() -> Mapping[str, bytes]:
    leaf = Leaf(bytes(32), samples.identifier(Random(1)), entry.INTENT, "2026-11/a", None, SYSTEM, 1_800_000_000_000)
    signature = "\u2014 log.example/1 " + "A" * 91 + "=\n"
    text = f"log.example/1\n7\n{'A' * 43}=\n"
    return {
        "leaf": leaf.encode(),
        "content": jcs.encode(Content(actor="p", roles=("officer",)).fields()),
        "note": f"{text}\n{signature}".encode(),
        "checkpoint": text.encode(),
        "receipt": f"{receipt.VERSION}\nlog.example/1\n7\n{'A' * 43}=\n1800000000000\n".encode(),
        "key": f"log.example/1+00000000+{'A' * 44}".encode(),
        "path": b"tile/0/x001/x234/067.p/12",
        "bundle": tile.encode_bundle([b"one", b"two" * 40]),
    }


def everything() -> tuple[Probe, ...]:
    """The log's byte formats, and what workers say."""
    notes = _notes()
    seen = {
        "kind": "seen",
        "size": [1, 2],
        "boxes": [["1F", [[["1", 0.5]], [["F", 1]]], [[0, 0], [1, 0], [1, 1], [0, 1]], 1, 1, True]],
    }

    def make(name: str) -> Callable[[Random], bytes]:
        return lambda dice: (
            bytewise.mutate(dice, notes[name], list(notes.values())) if dice.randrange(20) else notes[name]
        )

    def text(look: Callable[[str], object]) -> Callable[[bytes], object]:
        return lambda content: look(content.decode("utf-8", "replace"))

    jcs_error, note_error, entry_error = (JcsInvalid,), (NoteInvalid,), (EntryInvalid,)
    return (
        Probe(
            "log/jcs", lambda dice: json_like(dice, {"a": [1, "x"], "b.c": True}), _jcs_is_exact, jcs_error, weight=30
        ),
        Probe("log/leaf", make("leaf"), entry.decode_leaf, entry_error, weight=30),
        Probe("log/content", make("content"), entry.decode_content, entry_error, weight=20),
        Probe("log/note", make("note"), text(note.parse), note_error, weight=20),
        Probe("log/checkpoint", make("checkpoint"), text(checkpoint.parse), note_error, weight=10),
        Probe("log/receipt", make("receipt"), text(receipt.parse), note_error, weight=10),
        Probe("log/key", make("key"), text(note.parse_key), note_error, weight=10),
        Probe("log/path", make("path"), text(tile.parse_path), (TileInvalid,), weight=10),
        Probe("log/bundle", make("bundle"), tile.decode_bundle, (TileInvalid,), weight=10),
        Probe("pipe/answer", lambda dice: json_like(dice, seen), pipe.decode, (Garbled,), weight=20),
        Probe("pipe/frame", _framed, lambda content: pipe.receive(io.BytesIO(content)), (Garbled, EOFError), weight=10),
    )


def _jcs_is_exact(content: bytes) -> None:
    claim(jcs.encode(jcs.decode(content)) == content, "what is decoded is encoded in another way")


def _framed(dice: Random) -> bytes:
    return bytewise.mutate(dice, pipe.frame(dice.randbytes(dice.randrange(50))))
