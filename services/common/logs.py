"""Structured logs: one JSON object a line on standard output. Neither plates nor persons belong in them."""

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

# The text of an exception may quote what it was about: a row, a key, a plate. Only these are known to speak of the machine alone.
HARMLESS = frozenset(
    {
        "ConnectionRefusedError",
        "ConnectionResetError",
        "FileNotFoundError",
        "ListenRefused",
        "OSError",
        "OperationalError",
        "PermissionError",
        "PoolTimeout",
        "RuleMissing",
        "SchemaProblem",
        "SettingsProblem",
        "StoreFault",
        "TimeoutError",
    }
)
# Names of what was called, and never the values: a local variable may be a plate.
_transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def _faults(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces `exc_info` by types and stack frames, without the words of exceptions that may quote data."""
    event = structlog.processors.ExceptionRenderer(_transform)(None, "", event)
    for fault in event.get("exception", ()):
        _withhold(fault)
    return event


def _withhold(fault: dict[str, Any]) -> None:
    if fault["exc_type"] not in HARMLESS:
        fault["exc_value"], fault["exc_notes"] = "", []
    for chain in fault.get("exceptions", ()):
        for inner in chain if isinstance(chain, list) else [chain]:
            _withhold(inner)


# asyncio's messages go on with the task or the call that failed: with its arguments and the words of its exception.
_SAID = re.compile(r"[A-Za-z ]*")


def _harmless(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keeps of a message of asyncio what it always says."""
    record: logging.LogRecord = event["_record"]
    if record.name == "asyncio":
        said = _SAID.match(str(event["event"]))
        event["event"] = said[0].rstrip() if said else ""
    return event


def configure(service: str) -> None:
    """Sets structlog and the standard library's logging up for this process, its last words included."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, _faults, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                _harmless,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _faults,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    sys.excepthook = _last_words
    sys.unraisablehook = _unraisable
    threading.excepthook = _thread_died


def _last_words(kind: type[BaseException], cause: BaseException, traceback: TracebackType | None) -> None:
    structlog.get_logger().critical("died", exc_info=(kind, cause, traceback))


def _unraisable(fault: "sys.UnraisableHookArgs") -> None:
    structlog.get_logger().error("unraisable", exc_info=fault.exc_value)


def _thread_died(fault: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("thread_died", exc_info=fault.exc_value)
