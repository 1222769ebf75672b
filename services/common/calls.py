"""What a method of a service is told about the call it answers."""

from dataclasses import dataclass
from uuid import UUID

from services.common.caller import Caller


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was let in. `intent_id` and `request_id` are those of its audit entries, None where none are written."""

    caller: Caller
    intent_id: UUID | None = None
    request_id: UUID | None = None


def of(context: object) -> Call:
    """The call behind the context argument of a method. The door hands a `Call` in there, never gRPC's own context."""
    if not isinstance(context, Call):
        raise TypeError("this server has no door: services.common.door must be among its interceptors")
    return context


def intent_of(context: object) -> UUID:
    """The intent id of an audited call; it is durable in the log already."""
    intent = of(context).intent_id
    if intent is None:
        raise TypeError("this RPC is not declared as audited")
    return intent
