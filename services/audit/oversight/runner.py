"""Runs of the rules: over what is new, by themselves, and over any range when somebody asks.

What must hold:
1. A run is stored as a whole, with its entry in the log and, for what is new, the position: a crash repeats it and makes no
   double.
2. Each entry is counted once, by the run that moves the position over it.
3. What cannot be read, as it was erased or altered, stops no run.
"""

import asyncio
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.audit import metrics
from services.audit.entry import DENIED, INTENT, OUTCOME
from services.audit.jcs import Value
from services.audit.keys import EpochKeys, TagKeys
from services.audit.oversight import sealing, tally, volume
from services.audit.oversight import secrets as entry_secrets
from services.audit.oversight.by import Book, By
from services.audit.oversight.errors import AlreadyDecided, OversightFails
from services.audit.oversight.flag_store import Counted, FlagStore, NewFlag, NewName
from services.audit.oversight.history import History
from services.audit.oversight.judge import Judge
from services.audit.oversight.rule import Raised, Rule
from services.audit.oversight.secrets import Secrets
from services.audit.oversight.tally import Cell
from services.audit.review import Opened
from services.audit.store import Store
from services.common.errors import Invalid, Refusal

log = structlog.get_logger()

MAX_RANGE = 2000
STEP = 200
STEPS_A_WAKING = 50
EVERY_S = 120.0
BREATH_S = 0.05  # between steps: appending comes first
WORTH_A_RUN = frozenset({INTENT, OUTCOME, DENIED})


@dataclass(frozen=True, slots=True)
class Ran:
    """A run: first <= index < next, entries of the log then, and flags that are new."""

    first: int
    next: int
    size: int
    raised: int


class Runner:
    """Runs the rules."""

    def __init__(
        self,
        *,
        store: Store,
        flags: FlagStore,
        history: History,
        judge: Judge,
        book: Book,
        secrets: Secrets,
        epoch_keys: EpochKeys,
        tag_keys: TagKeys,
        rules: Sequence[Rule],
        every_s: float = EVERY_S,
    ) -> None:
        self._store, self._flags, self._history, self._judge = store, flags, history, judge
        self._book, self._secrets, self._epoch_keys, self._tag_keys = book, secrets, epoch_keys, tag_keys
        self._names = [f"{name}/{version}" for name, version in _versions(rules)]
        self._every_s, self._failed = every_s, ""

    async def run(self) -> None:
        """Runs over what is new, for ever: some thousand entries at most, then a pause. What goes wrong is tried again then."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.catch_up()
                self._failed = ""
            except Refusal as refusal:
                log.warning("audit.oversight_waits", reason=refusal.reason)
            except Exception as fault:  # noqa: BLE001 - a fault in a rule must stop oversight, and never the log
                # Its words may quote an entry: the place says enough.
                self._failed = _place(fault)
                log.error("audit.oversight_fails", fault=self._failed)  # noqa: TRY400

    async def verify_works(self) -> None:
        """Raises OversightFails when the last waking met a fault."""
        if self._failed:
            raise OversightFails("the rules do not run")

    async def catch_up(self) -> None:
        """Runs over what is new, as far as one waking goes."""
        try:
            for _ in range(STEPS_A_WAKING):
                ran = await self.step(By())
                if ran.next in (ran.first, ran.size):
                    return
                await asyncio.sleep(BREATH_S)
        finally:
            self._history.forget()

    async def step(self, by: By, most: int = STEP) -> Ran:
        """Judges and counts what is new, `most` entries of it. Nothing happens when that is only what the log says of itself."""
        first = await self._flags.position()
        size = (await self._store.standing()).next_index
        opened = await self._history.opened(first, min(size, first + most))
        is_quiet = not by.person and not any(one.leaf.kind in WORTH_A_RUN for one in opened)
        if first == size or (is_quiet and first + most >= size):
            return Ran(first, first, size, 0)
        return await self._look(by, opened, Ran(first, min(size, first + most), size, 0), moves=True)

    async def again(self, by: By, first: int, last: int) -> Ran:
        """Judges a range once more, at most 2,000 entries of it: new rules, or new reference data."""
        size = (await self._store.standing()).next_index
        if not 0 <= first <= last < size:
            raise Invalid("first and last are no range of the log", field="last")
        end = min(last + 1, first + MAX_RANGE)
        return await self._look(by, await self._history.opened(first, end), Ran(first, end, size, 0), moves=False)

    async def _look(self, by: By, opened: Sequence[Opened], ran: Ran, *, moves: bool) -> Ran:
        flags = await self._sealed(await self._judge.raised(opened))
        counts, names = self._counted(tally.count(opened)) if moves else ([], [])
        async with self._flags.run() as run:  # 1
            if await run.lock() != ran.first and moves:
                raise AlreadyDecided("another run was faster")  # 2
            raised = sum([await run.raise_flag(flag) for flag in flags])
            query: dict[str, Value] = {"first": ran.first, "next": ran.next, "raised": raised, "rules": self._names}
            await self._book.write(by, "RunRules", query, result_count=raised)
            if moves:
                await run.count(counts, names)
                await run.move(ran.next)
        metrics.FLAGS.inc(raised)
        return Ran(ran.first, ran.next, ran.size, raised)

    async def _sealed(self, raised: Sequence[Raised]) -> list[NewFlag]:
        """The flags as they are stored; one of entries that were erased meanwhile is none."""
        secrets = await self._secrets.of(index for flag in raised for index in flag.entries)
        now_ms, epochs = (await self._store.standing()).now_ms, await self._store.epochs()
        found = []
        for flag in raised:
            of_entries = entry_secrets.all_of(flag.entries, secrets)
            if of_entries:
                found.append(self._new(flag, sealing.seal_flag(flag, of_entries), now_ms, epochs))
        return found

    def _new(self, flag: Raised, sealed: bytes, now_ms: int, epochs: Sequence[str]) -> NewFlag:
        epoch = epochs[-1]
        return NewFlag(
            id=flag.id,
            rule=flag.rule,
            version=flag.version,
            raised_ms=now_ms,
            entries=flag.entries,
            epoch=epoch,
            unit=self._tag_keys.tag(epoch, "unit", flag.unit),
            officers=tuple(self._tag_keys.tag(epoch, "concerned", one) for one in flag.concerned),
            sealed=sealed,
        )

    def _counted(self, cells: Counter[Cell]) -> tuple[list[Counted], list[NewName]]:
        """The counts with tags in place of names, and the names, encrypted."""
        counts: list[Counted] = []
        names: dict[tuple[str, bytes], NewName] = {}
        for cell, count in cells.items():
            tags = {"zone": b"", "unit": b""}
            for field, text in (("zone", cell.zone), ("unit", cell.unit)):
                if text:
                    tags[field] = tag = self._tag_keys.tag(cell.epoch, field, text)
                    box = sealing.close(self._epoch_keys, cell.epoch, text.encode())
                    names.setdefault((cell.epoch, tag), NewName(cell.epoch, tag, box.id, box.wrapped, box.sealed))
            counts.append(Counted(cell.month, cell.dimension, cell.word, cell.epoch, tags["zone"], tags["unit"], count))
        return counts, list(names.values())


def _place(fault: BaseException) -> str:
    frame = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} {Path(frame.filename).name}:{frame.lineno}"


def _versions(rules: Sequence[Rule]) -> list[tuple[str, int]]:
    return [*((rule.name, rule.version) for rule in rules), (volume.NAME, volume.VERSION)]
