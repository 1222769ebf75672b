"""Entries as they are stored."""

from services.audit import entry
from services.audit.entry import EntryInvalid, Leaf
from services.audit.errors import LogAltered


def leaf(index: int, data: bytes) -> Leaf:
    """The leaf stored at this index. Raises LogAltered when the bytes are none."""
    try:
        return entry.decode_leaf(data)
    except EntryInvalid as cause:
        raise LogAltered("a stored entry is no leaf", index=index) from cause
