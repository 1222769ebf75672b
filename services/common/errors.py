"""Refusals: what a service says when it will not do what was asked.

A kind fixes the gRPC code; `reason` is a value of `anpr.common.v1.ErrorReason` without its prefix. Words and facts go to
the caller, so they hold no SQL, no path, no plate and no name of a person.
"""

from typing import ClassVar

from grpc import StatusCode


class Refusal(Exception):
    """The act did not happen. Raise a kind below, or a service's own subclass of a kind."""

    code: ClassVar[StatusCode]
    reason: ClassVar[str]
    retry_delay_s: float | None = None

    def __init__(self, words: str, **facts: str | int) -> None:
        super().__init__(words)
        self.words = words
        self.facts = facts


class Invalid(Refusal):
    """The request can never be right as it is."""

    code = StatusCode.INVALID_ARGUMENT
    reason = "FIELD_INVALID"


class NotFound(Refusal):
    """What was named does not exist."""

    code = StatusCode.NOT_FOUND
    reason = "ENTRY_NOT_FOUND"


class Conflict(Refusal):
    """The name is taken by something else."""

    code = StatusCode.ALREADY_EXISTS
    reason = "ENTRY_CONFLICT"


class Denied(Refusal):
    """The caller is known and may not."""

    code = StatusCode.PERMISSION_DENIED
    reason = "ROLE_NOT_PERMITTED"


class Unauthenticated(Refusal):
    """It is not known who calls."""

    code = StatusCode.UNAUTHENTICATED
    reason = "IDENTITY_MISSING"


class TooMuch(Refusal):
    """A limit is reached; the same call may do later. `retry_delay_s` seconds is a good time to wait."""

    code = StatusCode.RESOURCE_EXHAUSTED
    reason = "OVERLOADED"

    def __init__(self, words: str, *, retry_delay_s: float = 1.0, **facts: str | int) -> None:
        super().__init__(words, **facts)
        self.retry_delay_s = retry_delay_s


class Unavailable(Refusal):
    """Something this service depends on does not answer."""

    code = StatusCode.UNAVAILABLE
    reason = "SERVICE_UNAVAILABLE"


class StoreUnavailable(Unavailable):
    """The database or the object store does not answer; nothing was done."""

    reason = "STORE_UNAVAILABLE"


class CommitUnknown(StoreUnavailable):
    """The database was lost while it committed: the act was done or it was not."""

    reason = "COMMIT_UNKNOWN"


class AuditUnavailable(Unavailable):
    """The audit entry could not be made durable."""

    reason = "AUDIT_UNAVAILABLE"


class ClockOff(Unavailable):
    """This process's clock disagrees with the database's."""

    reason = "CLOCK_OFF"


class Altered(Refusal):
    """Stored bytes are not what was stored."""

    code = StatusCode.DATA_LOSS
    reason = "EVIDENCE_ALTERED"


class NotBuilt(Refusal):
    """The contract has it, this version does not."""

    code = StatusCode.UNIMPLEMENTED
    reason = "NOT_BUILT"
