"""What the log is searched by: persons, plates and cases, as keyed tags."""

from services.audit.entry import Content
from services.audit.keys import TagKeys
from services.audit.placement import Tags
from services.common import plate


def of(content: Content, keys: TagKeys, epoch: str) -> Tags:
    """Tags of an entry. A plate is tagged in its normal form, however it was written."""
    return Tags(
        actor=_tag(keys, epoch, "actor", content.actor),
        plate=_tag(keys, epoch, "plate", plate.fold(content.plate)),
        case_reference=_tag(keys, epoch, "case_reference", content.case_reference),
    )


def _tag(keys: TagKeys, epoch: str, field: str, value: str) -> bytes:
    return keys.tag(epoch, field, value) if value else b""
