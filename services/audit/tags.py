"""What the log is searched by: persons, plates and cases, as keyed tags."""

import re

from services.audit.entry import Content
from services.audit.keys import TagKeys
from services.audit.placement import Tags
from services.common import plate

NORMAL = re.compile(r"[A-Z0-9]*")  # what nearly all are written in already, and folding leaves as it is


def of(content: Content, keys: TagKeys, epoch: str) -> Tags:
    """Tags of an entry. A plate is tagged in its normal form, however it was written."""
    return Tags(
        actor=_tag(keys, epoch, "actor", content.actor),
        plate=_tag(keys, epoch, "plate", normal(content.plate)),
        case_reference=_tag(keys, epoch, "case_reference", content.case_reference),
    )


def normal(written: str) -> str:
    """The plate in its normal form; empty when it has neither letter nor digit."""
    return written if NORMAL.fullmatch(written) else plate.fold(written)


def _tag(keys: TagKeys, epoch: str, field: str, value: str) -> bytes:
    return keys.tag(epoch, field, value) if value else b""
