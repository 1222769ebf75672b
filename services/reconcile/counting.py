"""What PostgreSQL counted, compared with what the ledger of queries explains.

How the counters behave was measured (tests/reconcile/test_reconciler.py rests on it, on the real server):
1. A look-up scans the index on the plate once in each partition of its window, and takes its number in the ledger before that.
   Nobody else uses this index, nor the one on the camera. So scans of a partition never exceed the rows whose window covers it
   and the numbers without a row.
2. `lookup_plate` is called as often as there are rows and numbers without a row; a call that raises is not counted.
3. Recording uses the key alone: a scan for each sighting, which gives a tuple only when it was known. Alerts, the sweeper and the
   comparison of repeated reads give one tuple a scan.
4. The comparison of repeated reads may read tables from end to end, once a call; what is new or small is read so by others too.
Counters come up to ten seconds late, so what was counted shortly after the base may be of before: the slack. Counters of one
query do not come at one moment, so an excess counts when the next look sees it too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.reconcile.evidence import ALERTS, LOOKUP, NONE, Partition, Row, Statistics
from services.reconcile.finding import Finding

LATE_S = 60.0
MOST_TUPLES = (
    1000  # that a scan of the key may give beyond its due: rows of batches that were rolled back are found again
)
COMPARED = "altered_reads"

Excess = dict[tuple[str, str], int]


def day_of(partition: str) -> date | None:
    """The day of a partition, from its name; None when it has another name."""
    try:
        return datetime.strptime(partition, "sighting_%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        return None


@dataclass(slots=True)
class Account:
    """Since a base, at which counting began: what was counted then, and what the ledger has explained since.

    slack: queries just before the base; number: last number of the ledger then; rows: by function; covered: rows by partition;
    settled: rows by function some time ago, for the counters that come late; pardoned: excess that was reported.
    """

    started: str
    reset: str
    number: int
    slack: int
    calls: dict[str, int]
    partitions: dict[str, Partition]
    rows: dict[str, int] = field(default_factory=lambda: {LOOKUP: 0, ALERTS: 0})
    covered: dict[str, int] = field(default_factory=dict)
    history: list[tuple[float, int, int]] = field(default_factory=list)
    pardoned: Excess = field(default_factory=dict)
    suspect: Excess = field(default_factory=dict)

    def explain(self, rows: Sequence[Row], partitions: Sequence[str]) -> None:
        """Takes new rows of the ledger to account."""
        days = {name: day for name in partitions if (day := day_of(name)) is not None}
        for row in rows:
            self.rows[row.function_name] = self.rows.get(row.function_name, 0) + 1
            for name in (name for name, day in days.items() if row.function_name == LOOKUP and row.covers(day)):
                self.covered[name] = self.covered.get(name, 0) + 1

    def judge(self, now: Statistics, gaps: int, at: float) -> list[Finding]:
        """Findings. gaps: numbers of the ledger since the base that have no row."""
        excess = self._excess(now, gaps + self.slack, at)
        for key, pardoned in self.pardoned.items():
            excess[key] = excess.get(key, 0) - pardoned
        excess = {key: count for key, count in excess.items() if count > 0}
        found = {key: min(count, self.suspect[key]) for key, count in excess.items() if key in self.suspect}
        for key, count in found.items():
            self.pardoned[key] = self.pardoned.get(key, 0) + count
        self.suspect = {key: count for key, count in excess.items() if key not in found}
        return [Finding(kind, f"{where}: {count}") for (kind, where), count in found.items()]

    def _excess(self, now: Statistics, unexplained: int, at: float) -> Excess:
        calls = {name: now.calls.get(name, 0) - self.calls.get(name, 0) for name in (LOOKUP, ALERTS, COMPARED)}
        excess: Excess = {("calls-without-rows", LOOKUP): calls[LOOKUP] - self.rows[LOOKUP] - unexplained}  # 2
        old = [entry for entry in self.history if entry[0] <= at - LATE_S]
        self.history = [*old[-1:], *(entry for entry in self.history if entry[0] > at - LATE_S)]
        self.history.append((at, self.rows[LOOKUP], self.rows[ALERTS]))
        if old:
            excess["row-without-call", LOOKUP] = old[-1][1] - calls[LOOKUP]
            excess["row-without-call", ALERTS] = old[-1][2] - calls[ALERTS]
        for name, partition in now.partitions.items():
            base = self.partitions.get(name, NONE)
            covered = self.covered.get(name, 0) + unexplained
            by_plate, by_camera = partition.by_plate - base.by_plate, partition.by_camera - base.by_camera
            excess["scans-without-rows", f"{name} by plate"] = by_plate - covered  # 1
            excess["scans-without-rows", f"{name} by camera"] = by_camera - covered
            given = partition.key_tuples - base.key_tuples
            due = max(0, partition.by_key - base.by_key - (partition.inserted - base.inserted))
            excess["range-read", name] = given - due - MOST_TUPLES  # 3
            if base.is_judged:  # 4
                free = max(0, covered - by_plate) + calls[COMPARED]
                excess["table-read", name] = partition.whole - base.whole - free
            else:
                self.partitions[name] = Partition(**{**_fields(base), "whole": partition.whole, "live": partition.live})
        return excess

    def encode(self) -> Mapping[str, Any]:
        """For the memory."""
        excess = {
            name: [[*key, count] for key, count in getattr(self, name).items()] for name in ("pardoned", "suspect")
        }
        plain = ("started", "reset", "number", "slack", "calls", "rows", "covered", "history")
        return {
            **{name: getattr(self, name) for name in plain},
            **excess,
            "partitions": {name: list(_fields(partition).values()) for name, partition in self.partitions.items()},
        }


def decode(kept: Mapping[str, Any]) -> Account:
    """An account from the memory."""
    excess = {name: {(kind, where): count for kind, where, count in kept[name]} for name in ("pardoned", "suspect")}
    history = [(at, lookups, alerts) for at, lookups, alerts in kept["history"]]
    partitions = {name: Partition(*counts) for name, counts in kept["partitions"].items()}
    return Account(**{**kept, **excess, "history": history, "partitions": partitions})


def begin(now: Statistics, number: int, recent: int) -> Account:
    """A new base. recent: queries of the last minute, whose counters may come yet."""
    partitions = dict(now.partitions)
    return Account(now.started, now.reset, number, recent, dict(now.calls), partitions)


def continues(account: Account, now: Statistics) -> bool:
    """Whether the counters have gone on since: none is smaller than it was."""
    if any(now.calls.get(name, 0) < count for name, count in account.calls.items()):
        return False
    gone = [
        name
        for name, base in account.partitions.items()
        if name in now.partitions and _less(now.partitions[name], base)
    ]
    return account.reset == now.reset and not gone


def _less(now: Partition, base: Partition) -> bool:
    return any(_fields(now)[name] < count for name, count in _fields(base).items() if name != "live")


def _fields(partition: Partition) -> dict[str, int]:
    return {name: getattr(partition, name) for name in Partition.__slots__}
