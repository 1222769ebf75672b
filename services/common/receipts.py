"""The check that a service makes before it believes that the log has taken an entry.

What must hold:
1. A key that this service was given as the log's receipt key signed the receipt. Whoever answers on the log's port has no other.
2. The receipt is about the leaf that came with it, and about the index that was told.
3. The leaf names the entry that was handed in: its id, kind, ref and system. What else the entry says is behind a commitment
   whose secret stays in the log.
"""

import hashlib
import json
from collections.abc import Sequence

from anpr.audit.v1 import audit_pb2

from services.common import note, receipt
from services.common.errors import AuditUnavailable
from services.common.note import NoteInvalid, VerifierKey
from services.common.receipt import Receipt

_LEAF = b"\x00"


def verify(fields: audit_pb2.EntryFields, answer: audit_pb2.AppendResponse, keys: Sequence[VerifierKey]) -> None:
    """Raises AuditUnavailable unless the answer is the log's promise for this entry."""
    try:
        promised = _receipt(answer.note, keys)  # 1
        leaf = json.loads(answer.leaf)
        named = tuple(leaf[name] for name in ("id", "k", "ref", "sys"))
    except (ValueError, KeyError, TypeError, RecursionError) as cause:
        raise AuditUnavailable("the audit log gave no receipt that holds") from cause
    is_of_leaf = (
        promised.leaf_hash == hashlib.sha256(_LEAF + answer.leaf).digest() and promised.index == answer.index
    )  # 2
    kind = audit_pb2.EntryKind.Name(fields.kind).removeprefix("ENTRY_KIND_").lower()
    if not is_of_leaf or named != (fields.id, kind, fields.ref, fields.system):  # 3
        raise AuditUnavailable("the audit log gave the receipt of another entry")


def parse_keys(text: str) -> tuple[VerifierKey, ...]:
    """Verifier keys of receipts, with blanks between; more than one while the key is being changed. Raises NoteInvalid."""
    keys = tuple(note.parse_key(word) for word in text.split())
    if not keys:
        raise NoteInvalid("there is no verifier key of receipts")
    return keys


def verify_setting(text: str) -> None:
    """Raises ValueError, with the setting's name, unless ANPR_AUDIT_RECEIPT_KEYS can be used."""
    try:
        parse_keys(text)
    except NoteInvalid as cause:
        raise ValueError(f"ANPR_AUDIT_RECEIPT_KEYS: {cause}") from cause


def _receipt(text: str, keys: Sequence[VerifierKey]) -> Receipt:
    (signature,) = note.parse(text).signatures[:1]
    for key in keys:
        if (key.name, key.key_id) == (signature.name, signature.key_id):
            return receipt.verify(text, key)
    raise NoteInvalid("the receipt is under an unknown key")
