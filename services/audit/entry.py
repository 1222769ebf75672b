"""An entry: the leaf that is hashed and holds no personal data, and the content that the leaf commits to (schema v1)."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, fields
from typing import Any, get_args, get_type_hints
from uuid import UUID

from services.audit import jcs
from services.audit.jcs import JcsInvalid, Value

VERSION = 1
INTENT, OUTCOME, DENIED = "intent", "outcome", "denied"
# The kinds after the third are set aside for exports, reviews, erasures, key changes and the start of a new log.
KINDS = frozenset({INTENT, OUTCOME, DENIED, "export", "review", "erasure", "key", "shard"})
SYSTEM = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
EPOCH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])/[a-z0-9]{1,16}")
NO_REF = b""

_UUID = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LEAF = re.compile(
    rb'\{"c":"([A-Za-z0-9+/]{43}=)","id":"(%b)","k":"([a-z]+)","ke":"(%b)","ref":"(%b|)","sys":"(%b)","t":(0|[1-9][0-9]{0,15}),"v":1\}'
    % (_UUID, EPOCH.pattern.encode(), _UUID, SYSTEM.pattern.encode())
)


class EntryInvalid(ValueError):
    """The bytes are no leaf, or no content, of this schema."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is hashed. ref: the intent that an outcome answers, None otherwise; time_ms: log time, since 1970."""

    commitment: bytes
    id: UUID
    kind: str
    epoch: str
    ref: UUID | None
    system: str
    time_ms: int

    def encode(self) -> bytes:
        """The bytes that are hashed and stored. Written out, as no value in it needs escaping: this is on every entry's way."""
        return b'{"c":"%b","id":"%b","k":"%b","ke":"%b","ref":"%b","sys":"%b","t":%d,"v":%d}' % (
            b64encode(self.commitment),
            str(self.id).encode(),
            self.kind.encode(),
            self.epoch.encode(),
            str(self.ref).encode() if self.ref else NO_REF,
            self.system.encode(),
            self.time_ms,
            VERSION,
        )


def decode_leaf(data: bytes) -> Leaf:
    """The leaf behind stored bytes. Raises EntryInvalid unless encoding it again gives exactly these bytes."""
    match = _LEAF.fullmatch(data)
    if match is None:
        raise EntryInvalid("the bytes are no leaf of this version")
    commitment, entry_id, kind, epoch, ref, system, time_ms = match.groups()
    leaf = Leaf(
        commitment=b64decode(commitment),
        id=UUID(entry_id.decode()),
        kind=kind.decode(),
        epoch=epoch.decode(),
        ref=UUID(ref.decode()) if ref else None,
        system=system.decode(),
        time_ms=int(time_ms),
    )
    if leaf.kind not in KINDS or leaf.time_ms >= jcs.LIMIT or leaf.encode() != data:
        raise EntryInvalid("the bytes are no leaf of this version")
    return leaf


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says: the fields of schema v1. Each is always committed to; "", 0 or () stands for absent.

    They are those of anpr.audit.v1.EntryFields without id, kind, ref and system, which the leaf shows; access is flattened;
    enum values are lower-case names without prefix, such as "judicial_offence", or the number of a value without a name.
    """

    actor: str = field(default="", repr=False)
    case_reference: str = field(default="", repr=False)
    client: str = ""
    decision_id: str = field(default="", repr=False)
    legal_ground: str = ""
    on_behalf_of: str = field(default="", repr=False)
    page: int = 0
    plate: str = field(default="", repr=False)
    policy: str = ""
    purpose: str = ""
    query: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    refusal: str = ""
    request_id: str = ""
    result_count: int = 0
    result_digest: str = ""
    roles: tuple[str, ...] = ()
    rpc: str = ""
    status: str = ""
    unit: str = ""
    zone: str = ""

    def fields(self) -> dict[str, Value]:
        """The fields by name, as they are committed to and encrypted."""
        return {name: getattr(self, name) for name in FIELDS}


_TYPES = get_type_hints(Content)
FIELDS = tuple(sorted(item.name for item in fields(Content)))


def decode_content(payload: bytes) -> Content:
    """The content behind a decrypted payload. Raises EntryInvalid unless it holds exactly the fields of schema v1."""
    try:
        found = jcs.decode_object(payload)
    except JcsInvalid as cause:
        raise EntryInvalid("the payload is not in canonical form") from cause
    if tuple(sorted(found)) != FIELDS:
        raise EntryInvalid("the payload has other fields than version 1")
    return Content(**{name: _typed(found[name], _TYPES[name]) for name in FIELDS})


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as a service hands it in: not yet numbered, timed or encrypted."""

    id: UUID
    kind: str
    ref: UUID | None
    system: str
    content: Content


def _typed(value: Value, wanted: type) -> Any:
    if get_args(wanted):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif type(value) is wanted:
        return value
    raise EntryInvalid("the payload has a field of another type")
