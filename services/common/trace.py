"""Trace ids (W3C Trace Context): one per call, carried on to the services behind."""

import re
import secrets
from collections.abc import Iterable, Sequence

import structlog

HEADER = "traceparent"
FORM = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def begin(metadata: Iterable[Sequence[str | bytes]] | None) -> str:
    """Takes the caller's trace id, or makes one, and binds it to every log line of this call."""
    given = next((str(value) for key, value in metadata or () if key == HEADER), "")
    match = FORM.fullmatch(given)
    trace_id = match[1] if match else secrets.token_hex(16)
    structlog.contextvars.bind_contextvars(trace_id=trace_id)
    return trace_id


def metadata() -> tuple[tuple[str, str], ...]:
    """The trace id of the current call as metadata of an outgoing one."""
    trace_id = structlog.contextvars.get_contextvars().get("trace_id") or secrets.token_hex(16)
    return ((HEADER, f"00-{trace_id}-{secrets.token_hex(8)}-01"),)
