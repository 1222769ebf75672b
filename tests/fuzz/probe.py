"""One function that takes bytes from outside, called here without a wire."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from types import FrameType

from services.common.errors import Refusal
from tests.fuzz.tally import HANG, Outcome

HANG_S = 20


class Overdue(BaseException):
    """A case takes too long. No Exception: nothing that is looked at may take it for one of its own."""


@dataclass(frozen=True, slots=True)
class Probe:
    """make: the bytes of a case; look: may return, raise a Refusal, or one of `documented`; weight: its share of the cases."""

    name: str
    make: Callable[[Random], bytes]
    look: Callable[[bytes], object]
    documented: tuple[type[Exception], ...] = ()
    weight: int = 10


def examine(probe: Probe, content: bytes) -> Outcome:
    """Runs one case. On the main thread: an alarm ends one that hangs."""
    began = time.perf_counter()
    word, what = "OK", ""
    try:
        with _alarm():
            probe.look(content)
    except Refusal as refusal:
        word = refusal.reason
    except probe.documented as cause:
        word = type(cause).__name__
    except Overdue:
        word = HANG
    except Exception as cause:  # noqa: BLE001 - anything that is not documented is what is looked for here
        word, what = "FAULT", f"{type(cause).__name__}: {cause}"[:200]
    return Outcome(word, (time.perf_counter() - began) * 1000, what)


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Overdue

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def claim(holds: bool, words: str) -> None:
    """Raises AssertionError, a fault of what is looked at, unless this holds."""
    if not holds:
        raise AssertionError(words)
