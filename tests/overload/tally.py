"""What senders count, and how it travels from them to the judge: a JSON object a second."""

import json
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What happened since the last line.

    taken: frames that cameras made; attempts: frames sent, again or not; acknowledged, duplicates: answers; refused: by
    reason and words; undelayed: refusals without a delay; broken: streams that ended, by code; dropped: frames that a
    camera's own store had no room for; left: frames that were not acknowledged when the cameras stopped; unanswered: of
    those that were sent, the ones without any answer; latencies_ms: from an attempt to its acknowledgement.
    """

    taken: int = 0
    attempts: int = 0
    acknowledged: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    undelayed: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    left: int = 0
    unanswered: int = 0
    latencies_ms: list[float] = field(default_factory=list)

    def line(self) -> str:
        """One line, without its end."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    def add(self, other: "Tally") -> None:
        """Adds what another one counted."""
        for name in ("taken", "attempts", "acknowledged", "duplicates", "undelayed", "dropped", "left", "unanswered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.refused.update(other.refused)
        self.broken.update(other.broken)
        self.latencies_ms.extend(other.latencies_ms)


def parse(line: bytes) -> Tally:
    """The tally of a line."""
    values = json.loads(line)
    tally = Tally(**values)
    tally.refused, tally.broken = Counter(values["refused"]), Counter(values["broken"])
    return tally
