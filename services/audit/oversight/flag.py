"""A flag, its states and its verdicts."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.audit.oversight.errors import AlreadyDecided
from services.audit.oversight.sealing import Said
from services.common.errors import Invalid


class State(StrEnum):
    """State of a flag; the last two are verdicts."""

    OPEN = "open"
    JUSTIFIED = "justified"
    REFERRED = "referred"


VERDICTS = frozenset({State.JUSTIFIED, State.REFERRED})


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag. said: what it says, None when what it rests on was erased. number: in the order in which flags were raised."""

    id: UUID
    number: int
    rule: str
    version: int
    raised_ms: int
    state: State
    entries: tuple[int, ...]
    said: Said | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict as it is stored: who and why is said by the entry at `index`."""

    verdict: State
    index: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict with who and why; None when its entry was erased."""

    verdict: Verdict
    reviewer: str | None
    reason: str | None


def verify_verdict(now: State, seen: State, verdict: State) -> None:
    """Raises unless a flag in state `now` may get this verdict from somebody who saw it in state `seen`.

    A verdict may be changed by another one, as facts come up; nothing makes a flag open again.
    """
    if verdict not in VERDICTS:
        raise Invalid("a verdict is justified or referred", field="verdict")
    if now is not seen:
        raise AlreadyDecided("the flag has another state than you saw: look at it again")
    if now is verdict:
        raise AlreadyDecided("the flag has this state already")
