"""What the reconciler remembers from look to look: an SQLite file of his own, changed by each look as a whole or not at all.

It is worth what the place is worth where it lies: with an older copy of it put back, what happened since is not missed. About
200 bytes for each look-up, for ever.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from services.reconcile.evidence import Row

SCHEMA = """
    CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS intent (id BLOB PRIMARY KEY, outcomes INTEGER NOT NULL, reads INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS seen (ledger_id INTEGER PRIMARY KEY, digest BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS waiting (
        ledger_id INTEGER PRIMARY KEY, intent BLOB NOT NULL, at_ms INTEGER NOT NULL, since REAL NOT NULL, told INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS strange (ledger_id INTEGER PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS gap (ledger_id INTEGER PRIMARY KEY, since REAL NOT NULL, forgiven INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS probe (request BLOB PRIMARY KEY, since REAL NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID;
"""


class MemoryInUse(Exception):
    """Another reconciler uses this file, or it is no memory of one."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the ledger whose intent or outcome has not been seen. told: that the intent is missing was reported."""

    ledger_id: int
    intent: UUID
    at_ms: int
    since: float
    told: bool


class Memory:
    """Not for two processes at once."""

    def __init__(self, file: Path) -> None:
        """Takes the file, which is made when there is none. Raises MemoryInUse."""
        try:
            self._db = sqlite3.connect(file, isolation_level=None, timeout=1.0, check_same_thread=False)
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(f"BEGIN EXCLUSIVE; {SCHEMA} COMMIT;")
        except sqlite3.Error as cause:
            raise MemoryInUse(f"{file}: {cause}") from cause
        file.chmod(0o600)

    def close(self) -> None:
        """Gives the file free."""
        self._db.close()

    @contextmanager
    def look(self) -> Iterator[None]:
        """What changes in the block is kept together when it ends, and forgotten when it raises."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def fact(self, name: str, default: Any = None) -> Any:
        """A fact by name."""
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row[0])

    def keep(self, name: str, value: Any) -> None:
        """Keeps a fact."""
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, json.dumps(value)))

    def add_intents(self, ids: Iterable[UUID]) -> None:
        """Intents that are in the log."""
        self._db.executemany("INSERT OR IGNORE INTO intent VALUES (?, 0, 0)", ((one.bytes,) for one in ids))

    def add_outcomes(self, refs: Iterable[UUID]) -> None:
        """Outcomes that are in the log, by the intent that each answers."""
        self._db.executemany("UPDATE intent SET outcomes = outcomes + 1 WHERE id = ?", ((one.bytes,) for one in refs))

    def add_row(self, row: Row, now: float) -> None:
        """A row of the ledger, seen for the first time."""
        self._db.execute("INSERT INTO seen VALUES (?, ?)", (row.ledger_id, row.digest()))
        values = (row.ledger_id, row.intent_id.bytes, row.at_ms, now)
        self._db.execute("INSERT INTO waiting VALUES (?, ?, ?, ?, 0)", values)

    def standing(self, intent: UUID) -> tuple[int, int] | None:
        """Number of outcomes of an intent, and of rows of the ledger settled with it; None when the log has no such intent."""
        row: tuple[int, int] | None = self._db.execute(
            "SELECT outcomes, reads FROM intent WHERE id = ?", (intent.bytes,)
        ).fetchone()
        return row

    def waiting(self) -> list[Waiting]:
        """Rows that are not settled, by number."""
        rows = self._db.execute("SELECT ledger_id, intent, at_ms, since, told FROM waiting ORDER BY ledger_id")
        return [Waiting(number, UUID(bytes=intent), at, since, bool(told)) for number, intent, at, since, told in rows]

    def settle(self, waiting: Waiting) -> None:
        """Intent and outcome are there, or are given up."""
        self._db.execute("UPDATE intent SET reads = reads + 1 WHERE id = ?", (waiting.intent.bytes,))
        self._db.execute("DELETE FROM waiting WHERE ledger_id = ?", (waiting.ledger_id,))

    def tell_of(self, waiting: Waiting) -> None:
        """That its intent is missing was reported; it may still come."""
        self._db.execute("UPDATE waiting SET told = 1 WHERE ledger_id = ?", (waiting.ledger_id,))

    def digests(self, first: int, last: int) -> dict[int, bytes]:
        """Digests of the rows of a range of numbers that were seen."""
        rows = self._db.execute("SELECT ledger_id, digest FROM seen WHERE ledger_id BETWEEN ? AND ?", (first, last))
        return dict(rows.fetchall())

    def forget_row(self, ledger_id: int) -> None:
        """It was reported that it is gone, or changed; the next look does not compare it again."""
        self._db.execute("DELETE FROM seen WHERE ledger_id = ?", (ledger_id,))

    def add_strange(self, ledger_id: int) -> bool:
        """Remembers that a number is not to be believed; whether that is new."""
        return bool(self._db.execute("INSERT OR IGNORE INTO strange VALUES (?)", (ledger_id,)).rowcount)

    def add_gaps(self, ids: Sequence[int], now: float, forgiven: int) -> None:
        """Numbers that were taken, without a row; the first `forgiven` of them were lost in a crash."""
        self._db.executemany(
            "INSERT OR IGNORE INTO gap VALUES (?, ?, ?)",
            ((number, now, place < forgiven) for place, number in enumerate(ids)),
        )

    def gaps(self, since: float = 0.0) -> dict[int, float]:
        """Numbers without a row, and since when."""
        return dict(self._db.execute("SELECT ledger_id, since FROM gap WHERE since >= ?", (since,)).fetchall())

    def held_against(self, since: float, until: float) -> int:
        """How many gaps of this time no crash explains."""
        statement = "SELECT count(*) FROM gap WHERE NOT forgiven AND since >= ? AND since <= ?"
        return int(self._db.execute(statement, (since, until)).fetchone()[0])

    def fill(self, ledger_id: int) -> None:
        """The row has come."""
        self._db.execute("DELETE FROM gap WHERE ledger_id = ?", (ledger_id,))

    def add_probe(self, request: UUID, now: float) -> None:
        """A look-up that the overseer is about to make himself. On disk at once."""
        self._db.execute("INSERT INTO probe VALUES (?, ?, 0)", (request.bytes, now))

    def probes(self) -> list[tuple[UUID, float]]:
        """Look-ups of the overseer that were not found yet."""
        rows = self._db.execute("SELECT request, since FROM probe WHERE done = 0").fetchall()
        return [(UUID(bytes=request), since) for request, since in rows]

    def end_probe(self, request: UUID) -> None:
        """It was found, or given up."""
        self._db.execute("UPDATE probe SET done = 1 WHERE request = ?", (request.bytes,))
