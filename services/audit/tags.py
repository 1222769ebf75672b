"""What the log is searched by: persons, units, plates, cases and decisions, as keyed tags."""

import json
import re
from collections.abc import Iterator

from services.audit.entry import Content
from services.audit.keys import TagKeys
from services.audit.placement import Tags
from services.common import plate

NORMAL = re.compile(r"[A-Z0-9]*")  # what nearly all are written in already, and folding leaves as it is
_ASKED = "plate"  # last name of the path under which a query holds plates, such as entries.plate


def of(content: Content, keys: TagKeys, epoch: str) -> Tags:
    """Tags of an entry. A plate is tagged in its normal form, however it was written; of several, each."""
    first, *further = plates(content) or ("",)
    return Tags(
        actor=_tag(keys, epoch, "actor", content.actor),
        plate=_tag(keys, epoch, "plate", first),
        case_reference=_tag(keys, epoch, "case_reference", content.case_reference),
        unit=_tag(keys, epoch, "unit", content.unit),
        decision=_tag(keys, epoch, "decision", content.decision_id),
        further_plates=tuple(keys.tag(epoch, "plate", other) for other in further),
    )


def plates(content: Content) -> tuple[str, ...]:
    """The plates that an entry names, in normal form: its only one, or each one in its query."""
    if content.plate:
        named = normal(content.plate)
        return (named,) if named else ()
    if f'{_ASKED}":' not in content.query:
        return ()
    return tuple(dict.fromkeys(found for written in _asked(content.query) if (found := normal(written))))


def normal(written: str) -> str:
    """The plate in its normal form; empty when it has neither letter nor digit."""
    return written if NORMAL.fullmatch(written) else plate.fold(written)


def _asked(query: str) -> Iterator[str]:
    for path, value in json.loads(query).items():
        if path.rpartition(".")[2] == _ASKED:
            yield from (item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))


def _tag(keys: TagKeys, epoch: str, field: str, value: str) -> bytes:
    return keys.tag(epoch, field, value) if value else b""
