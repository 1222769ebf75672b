"""What became of the cases, and the table of it."""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HANG = "HANG"
FAULTS = frozenset({"INTERNAL", "UNKNOWN", "FAULT", HANG})
MOST_KEPT = 50  # of one door: a fault that all cases have is one fault


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case led to.

    word: OK, a refusal, or one of FAULTS; what: for a person, which fault it is; reason: of a refusal that names one.
    """

    word: str
    milliseconds: float
    what: str = ""
    reason: str = ""


@dataclass(slots=True)
class Tally:
    """Counts by door. Cases that went wrong are written to files in `folder`, each of which can be replayed."""

    folder: Path
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    slowest_ms: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    slowest_number: dict[str, int] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, door: str, number: int, outcome: Outcome, case: Mapping[str, object]) -> None:
        """Counts a case. One that went wrong is kept, and told of in one line."""
        self.counts[door][outcome.word] += 1
        if outcome.reason:
            self.reasons[outcome.reason] += 1
        if outcome.milliseconds > self.slowest_ms[door]:
            self.slowest_ms[door], self.slowest_number[door] = outcome.milliseconds, number
        if outcome.word in FAULTS:
            self._keep(door, number, outcome, case)

    def fault(self, words: str) -> None:
        """Something is wrong that belongs to no single case."""
        self.faults.append(words)
        print(f"FAULT {words}", flush=True)  # noqa: T201 (this is a program)

    @property
    def total(self) -> int:
        """Cases in all."""
        return sum(sum(counts.values()) for counts in self.counts.values())

    def _keep(self, door: str, number: int, outcome: Outcome, case: Mapping[str, object]) -> None:
        file = self.folder / f"{door.replace('/', '.')}-{number}.json"
        if sum(1 for fault in self.faults if fault.startswith(f"{door} ")) < MOST_KEPT:
            self.folder.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(case))
            self.fault(f"{door} {number} {outcome.word} {outcome.what}: --replay {file}")

    def lines(self) -> Iterable[str]:
        """The table."""
        yield f"{'door':58}{'cases':>9}{'internal':>9}{'hangs':>6}{'slowest ms':>11} (case)  answers"
        for door in sorted(self.counts):
            counts = self.counts[door]
            bad = sum(counts[word] for word in FAULTS - {HANG})
            answers = " ".join(f"{word} {count:,}" for word, count in counts.most_common() if word not in FAULTS)
            slowest = f"{self.slowest_ms[door]:>11.1f} ({self.slowest_number.get(door, 0)})"
            yield f"{door:58}{counts.total():>9,}{bad:>9}{counts[HANG]:>6}{slowest}  {answers}"
        words = Counter[str]()
        for counts in self.counts.values():
            words.update(counts)
        yield f"{'all':58}{self.total:>9,}  {' '.join(f'{word} {count:,}' for word, count in words.most_common())}"
        yield f"reasons: {' '.join(f'{word} {count:,}' for word, count in self.reasons.most_common())}"


def packed(content: bytes) -> str:
    """Bytes as text."""
    return base64.b64encode(content).decode()


def unpacked(text: str) -> bytes:
    """The bytes behind such a text."""
    return base64.b64decode(text)
