"""Trace ids (W3C Trace Context): one per call, carried on to the services behind."""

import re
import secrets
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from uuid import UUID

import structlog

HEADER = "traceparent"
FORM = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")
SAMPLED = 1

_is_sampled: ContextVar[bool] = ContextVar("anpr_trace_is_sampled", default=True)


def begin(metadata: Iterable[Sequence[str | bytes]] | None) -> str:
    """Takes the caller's trace id, or makes one, and binds it to every log line of this call."""
    given = next((str(value) for key, value in metadata or () if key == HEADER), "")
    match = FORM.fullmatch(given)
    trace_id = match[1] if match else secrets.token_hex(16)
    _bind(trace_id, is_sampled=not match or bool(int(match[2], 16) & SAMPLED))
    return trace_id


def begin_work(on: UUID) -> None:
    """The same for work that nobody waits for: its trace id is the id of what is worked on, so that whoever knows that finds it.

    Not sampled: of the calls it makes, those that end well and soon leave no line in the log.
    """
    _bind(on.hex, is_sampled=False)


def is_sampled() -> bool:
    """Whether calls of this trace are to be found in the log even when they end well and soon."""
    return _is_sampled.get()


def metadata() -> tuple[tuple[str, str], ...]:
    """The trace id of the current call as metadata of an outgoing one."""
    trace_id = structlog.contextvars.get_contextvars().get("trace_id") or secrets.token_hex(16)
    return ((HEADER, f"00-{trace_id}-{secrets.token_hex(8)}-{int(is_sampled()):02x}"),)


def _bind(trace_id: str, *, is_sampled: bool) -> None:
    structlog.contextvars.bind_contextvars(trace_id=trace_id)
    _is_sampled.set(is_sampled)
