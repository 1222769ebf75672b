"""One look: the database's statistics, its ledger of queries and the log, compared with each other and with the look before.

1. Definitions and grants are as expected, and no stranger is at work in the database.
2. Rows of the ledger never change, never go, and never come under an old number.
3. Each row was written under an intent that the log has. An intent is durable before its query, so it is under every head that is
   signed a little later; what is missing then was never logged.
4. Each such intent is answered in time.
5. No more queries than allowed were rolled back after they ran.
6. What PostgreSQL counted is explained by the ledger (counting.py).
7. Nobody else looked up a canary; the overseer's own look-ups are all there.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.audit.verify import Source
from services.common.note import VerifierKey
from services.reconcile import counting, log_side, opened, store
from services.reconcile.evidence import Row, Statistics
from services.reconcile.finding import Finding
from services.reconcile.memory import Memory, Waiting
from services.reconcile.opened import Opener
from services.reconcile.store import OverseerStore

SYSTEM = "matching"
ROLES = frozenset(f"{service}_{duty}" for service in ("ingest", "matching") for duty in ("owner", "writer", "reader"))
SETTLES_S = 60.0  # a query ends, and its outcome is in the log, within this time
INTENT_WITHIN_S = 30.0
SKEW_MS = 5000
DAY_S = 86_400.0
LOST_IN_A_CRASH = 33  # numbers of a sequence, at most
CHECKED_AT_ONCE = 1000
MOST_GAPS_AT_ONCE = 100_000
AT_ONCE = 32  # queries that run side by side


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many queries may be rolled back in a day: so many, and so many of a hundred."""

    gaps: int = 10
    percent: float = 1.0


@dataclass(slots=True)
class Reconciler:
    """The overseer's.

    expected: definitions, a line each; canaries: plates in normal form; tell: told of each finding before it is remembered, so
    that who is killed in between tells twice.
    """

    dsn: str
    password: str = field(repr=False)
    source: Source
    key: VerifierKey
    memory: Memory
    expected: Collection[str]
    tell: Callable[[Finding], None]
    canaries: Sequence[str] = field(default=(), repr=False)
    allowance: Allowance = Allowance()
    roles: frozenset[str] = ROLES
    clock: Callable[[], float] = time.time

    async def look(self) -> list[Finding]:
        """Looks once. Raises DatabaseFailed or SourceFailed when one side cannot be read; then nothing was judged."""
        found: list[Finding] = []
        with self.memory.look():
            async with store.connected(self.dsn, self.password) as database:
                found += self._drift(await database.definitions())
                statistics = await database.statistics()
                found += self._strangers(statistics)
                async with database.snapshot():
                    found += await self._ledger(database, statistics)
            last_ms, altered = await log_side.catch_up(self.source, self.key, SYSTEM, self.memory)
            found += [*altered, *self._intents(last_ms), *self._probes()]
            for finding in found:
                self.tell(finding)
        return found

    async def open(self, opener: Opener, hours: float) -> list[Finding]:
        """Compares what the entries of the last hours say with the ledger. Raises as `look` does."""
        end = self.clock() - SETTLES_S
        begin = end - hours * 3600
        told = await opener.told(int(begin * 1000), int(end * 1000))
        async with store.connected(self.dsn, self.password) as database, database.snapshot():
            rows = await database.since(begin - DAY_S)
        found = opened.compare(rows, told)
        for finding in found:
            self.tell(finding)
        return found

    @property
    def is_suspicious(self) -> bool:
        """Whether another look, a little later, will tell more."""
        account = self.memory.fact("account")
        return bool(account and account["suspect"]) or bool(self.memory.waiting())

    def _drift(self, lines: Collection[str]) -> list[Finding]:
        """What is not as expected (1), and was not so before."""
        drift = {f"+ {line}" for line in lines if line not in self.expected}
        drift |= {f"- {line}" for line in self.expected if line not in lines}
        known = self.memory.fact("drift", [])
        self.memory.keep("drift", sorted(drift))
        return [Finding("definition-changed", line[:300]) for line in sorted(drift.difference(known))]

    def _strangers(self, now: Statistics) -> list[Finding]:
        strangers = now.sessions - self.roles - {"overseer"}
        known = self.memory.fact("strangers", [])
        self.memory.keep("strangers", sorted(strangers))
        return [Finding("unexpected-session", name) for name in sorted(strangers.difference(known))]

    async def _ledger(self, database: OverseerStore, now: Statistics) -> list[Finding]:
        at = self.clock()
        found, pardon = self._restart(now)
        known = self.memory.fact("ledger.number", 0)
        found += await self._recheck(database, known)
        late, filled = await self._filled(database, at)
        found += late
        rows = [*filled]
        after = known
        while page := await database.after(after):
            rows += page
            after = page[-1].ledger_id
            if len(page) < store.PAGE:
                break
        for row in rows:
            self.memory.add_row(row, at)
        number = max(await database.last_number(), after)
        found += self._gaps(range(known + 1, number + 1), {row.ledger_id for row in rows}, at, pardon)
        self.memory.keep("ledger.number", number)
        found += self._canaries(rows)
        return found + await self._count(database, now, rows, at)

    def _restart(self, now: Statistics) -> tuple[list[Finding], int]:
        """Whether the server was started again, and how many numbers that may have cost."""
        known: str | None = self.memory.fact("started")
        self.memory.keep("started", now.started)
        if known is None:
            return [], MOST_GAPS_AT_ONCE
        if known == now.started:
            return [], 0
        return [Finding("server-restarted", now.started)], LOST_IN_A_CRASH

    async def _recheck(self, database: OverseerStore, known: int) -> list[Finding]:
        """Compares the newest rows, and others in turn, with what they were (2)."""
        turn = self.memory.fact("ledger.turn", 0)
        turn = turn if turn < known else 0
        ranges = {(max(1, known - CHECKED_AT_ONCE + 1), known), (turn + 1, min(known, turn + CHECKED_AT_ONCE))}
        self.memory.keep("ledger.turn", turn + CHECKED_AT_ONCE)
        found = []
        gaps = self.memory.gaps()
        for first, last in ranges:
            there = {row.ledger_id: row.digest() for row in await database.between(first, last)}
            before = self.memory.digests(first, last)
            for number, digest in before.items():
                if there.get(number) != digest:
                    found.append(Finding("row-changed" if number in there else "row-deleted", f"ledger row {number}"))
                    self.memory.forget_row(number)
                    self.memory.add_strange(number)
            for number in there.keys() - before.keys() - gaps.keys():
                if self.memory.add_strange(number):
                    found.append(Finding("row-late", f"ledger row {number}"))
        return found

    async def _filled(self, database: OverseerStore, at: float) -> tuple[list[Finding], list[Row]]:
        """Rows of queries that were under way at the last look, and rows that come too late (2)."""
        gaps = self.memory.gaps()
        rows = await database.listed(list(gaps)[-CHECKED_AT_ONCE:])
        found = []
        for row in rows:
            self.memory.fill(row.ledger_id)
            if at - gaps[row.ledger_id] > SETTLES_S:
                found.append(Finding("row-late", f"ledger row {row.ledger_id}"))
        return found, rows

    def _gaps(self, numbers: range, there: set[int], at: float, pardon: int) -> list[Finding]:
        """Counts numbers without a row (5)."""
        missing = [number for number in numbers[-MOST_GAPS_AT_ONCE:] if number not in there]
        self.memory.add_gaps(missing, at, pardon)
        hours: dict[str, int] = self.memory.fact("ledger.hours", {})
        hour = str(int(at // 3600))
        hours = {key: count for key, count in hours.items() if int(key) > int(hour) - 24}
        hours[hour] = hours.get(hour, 0) + len(there)
        self.memory.keep("ledger.hours", hours)
        settled = self.memory.held_against(at - DAY_S, at - SETTLES_S)
        allowed = self.allowance.gaps + int(sum(hours.values()) * self.allowance.percent / 100)
        told = min(self.memory.fact("ledger.gaps_told", 0), settled)
        is_more = settled > max(allowed, told)
        self.memory.keep("ledger.gaps_told", settled if is_more else told)
        words = f"{settled} in a day, {allowed} allowed"
        return [Finding("rows-rolled-back", words)] if is_more else []

    def _canaries(self, rows: Sequence[Row]) -> list[Finding]:
        """Look-ups of plates that only the overseer knows (7)."""
        found = []
        probes = {request for request, _ in self.memory.probes()}
        for row in rows:
            if row.request_id in probes:  # once: the number can be read in the ledger afterwards
                probes.discard(row.request_id)
                self.memory.end_probe(row.request_id)
            elif any(row.is_about(plate) for plate in self.canaries):
                found.append(Finding("canary-read", f"ledger row {row.ledger_id}"))
        return found

    async def _count(self, database: OverseerStore, now: Statistics, rows: Sequence[Row], at: float) -> list[Finding]:
        """Compares the ledger with the counters (6)."""
        found: list[Finding] = []
        kept: dict[str, Any] | None = self.memory.fact("account")
        account = counting.decode(kept) if kept else None
        if account and not counting.continues(account, now):
            restarted = account.started != now.started
            found.append(Finding("statistics-lost" if restarted else "statistics-reset", now.reset or now.started))
            account = None
        if account is None:
            number = self.memory.fact("ledger.number")
            recent = await database.recent(number - store.PAGE)
            under_way = [gap for gap in self.memory.gaps(at - SETTLES_S) if gap > number - recent - AT_ONCE]
            account = counting.begin(now, number, recent + len(under_way))
        else:
            account.started = now.started
            account.explain(rows, list(now.partitions))
            gaps = [number for number in self.memory.gaps() if number > account.number]
            found += account.judge(now, len(gaps), at)
        self.memory.keep("account", account.encode())
        return found

    def _intents(self, last_ms: int) -> list[Finding]:
        """Rows without an intent (3), and intents without an answer (4)."""
        at = self.clock()
        found: list[Finding] = []
        for row in self.memory.waiting():
            found += self._intent(row, last_ms, at)
        return found

    def _intent(self, row: Waiting, last_ms: int, at: float) -> list[Finding]:
        waited, where = at - row.since, f"ledger row {row.ledger_id}, intent {row.intent}"
        standing = self.memory.standing(row.intent)
        if standing is None:
            passed = last_ms > max(row.at_ms, row.since * 1000) + SKEW_MS or waited >= INTENT_WITHIN_S
            if waited > DAY_S:
                self.memory.settle(row)
            elif passed and waited > 0 and not row.told:
                self.memory.tell_of(row)
                return [Finding("read-without-intent", where)]
            return []
        found = [Finding("intent-late", where)] if row.told else []
        outcomes, reads = standing
        if outcomes > reads:
            self.memory.settle(row)
        elif waited >= SETTLES_S:
            self.memory.settle(row)
            found.append(Finding("outcome-missing", where))
        return found

    def _probes(self) -> list[Finding]:
        """Look-ups of the overseer that do not show (7)."""
        found = []
        for request, since in self.memory.probes():
            if self.clock() - since > SETTLES_S:
                self.memory.end_probe(request)
                found.append(Finding("probe-missing", f"request {request}"))
        return found
