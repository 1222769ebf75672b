"""What a look can find. Each kind is explained, for whoever sees it at night, in docs/reconciliation.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """alarm: somebody read around the log, or hides something; warning: may be a fault; notice: so that nobody wonders."""

    ALARM = "alarm"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Kind:
    """severity, and what it means in a sentence."""

    severity: Severity
    words: str


A, W, N = Severity.ALARM, Severity.WARNING, Severity.NOTICE
KINDS: Mapping[str, Kind] = {
    "read-without-intent": Kind(A, "sightings were read under an intent that the log does not have"),
    "intent-late": Kind(N, "an intent that was missing has come: the log was behind"),
    "outcome-missing": Kind(W, "sightings were read, and the log does not say what came of it"),
    "result-without-row": Kind(A, "the log tells of a result that the ledger of queries does not know"),
    "count-differs": Kind(A, "the log and the ledger tell of different numbers of results"),
    "plate-differs": Kind(A, "another plate was looked up than the intent names"),
    "rows-rolled-back": Kind(W, "more queries than allowed were rolled back after they ran"),
    "row-changed": Kind(A, "a row of the ledger of queries is not what it was"),
    "row-deleted": Kind(A, "a row of the ledger of queries is gone"),
    "row-late": Kind(A, "a row came into the ledger of queries under an old number"),
    "calls-without-rows": Kind(A, "sightings were looked up more often than the ledger of queries says"),
    "row-without-call": Kind(A, "rows of the ledger of queries were written without a look-up"),
    "scans-without-rows": Kind(A, "an index for look-ups was used without one"),
    "table-read": Kind(A, "a table of sightings was read from end to end"),
    "range-read": Kind(A, "sightings were read in ranges, which no service does"),
    "statistics-reset": Kind(A, "statistics were set back while the server ran"),
    "statistics-lost": Kind(N, "statistics began anew with a restart: what was read just before it cannot be told"),
    "server-restarted": Kind(N, "the database server was started again"),
    "unexpected-session": Kind(W, "a role was at work in the database that has no business there"),
    "definition-changed": Kind(A, "a function, a table, a role or a grant is not as expected"),
    "canary-read": Kind(A, "somebody looked up a plate that exists nowhere but on the overseer's list"),
    "probe-missing": Kind(A, "a look-up that the overseer made himself is not in the ledger or not in the log"),
    "log-altered": Kind(A, "the log is not the one that was seen before, or its head is not signed"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """kind: of KINDS; where: positions, names or numbers, never a plate or a person."""

    kind: str
    where: str

    @property
    def severity(self) -> Severity:
        return KINDS[self.kind].severity

    @property
    def words(self) -> str:
        return KINDS[self.kind].words
