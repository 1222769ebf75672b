"""What erasure writes into the log: entries of the kinds erasure and key."""

import unicodedata
from collections.abc import Mapping
from uuid import UUID

from services.audit import jcs
from services.audit.entry import Content, Entry
from services.audit.jcs import Value
from services.audit.keys import TagKeys
from services.audit.log import Log
from services.audit.oversight.by import By
from services.common import ids

ERASURE, KEY = "erasure", "key"
SYSTEM = "audit"
SERVICE = "anpr.audit.v1.ErasureService."


class Record:
    """The log, for what it says of erasures and holds."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def write(self, content: Content, *, kind: str = ERASURE, entry_id: UUID | None = None) -> int:
        """Makes an entry durable and gives its index; the same id with the same content again gives the same. Raises as
        `Log.append`.
        """
        (appended,) = await self._log.append([Entry(entry_id or ids.uuid7(), kind, None, SYSTEM, content)])
        return appended.index


def by_person(by: By, rpc: str, query: Mapping[str, Value], ground: str, *, count: int = 0) -> Content:
    """What a person has asked for."""
    return Content(
        actor=by.person,
        unit=by.unit,
        zone=by.zone,
        client=by.client,
        roles=by.roles,
        purpose=by.purpose,
        legal_ground=by.legal_ground,
        case_reference=by.case_reference,
        request_id=by.request_id,
        reason=ground,
        rpc=SERVICE + rpc,
        query=jcs.encode(query).decode(),
        status="OK",
        result_count=count,
    )


def by_itself(query: Mapping[str, Value], ground: str) -> Content:
    """What the log does by itself."""
    return Content(client=SYSTEM, reason=ground, query=jcs.encode(query).decode(), status="OK")


def person_tag(keys: TagKeys, epoch: str, written: str) -> bytes:
    """The tag by which two approvals are told apart."""
    return keys.tag(epoch, "approval", bare(written))


def bare(written: str) -> str:
    """A person's id as two approvals are compared: capitals, blanks and other forms of a letter make nobody another person."""
    folded = "".join(unicodedata.normalize("NFKC", written).casefold().split())
    return unicodedata.normalize("NFKC", folded)
