"""The log in this process, against bare inserts of the rows it wrote: in batches as large as it has clients, and by as many
connections that each commit their own row, whose commits PostgreSQL may write together."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import Side, Tally, interleaved, per_second
from bench.row import Ratio, Row, series
from bench.rows import bare_inserts, beside, log_entries
from bench.rows.bare_inserts import Inserting
from bench.stand import Stand
from services.audit import __main__ as audit
from services.audit import epochs
from services.audit.entry import Entry
from services.audit.epochs import Epochs
from services.audit.integrator import Integrator
from services.audit.log import Log
from services.audit.settings import Settings
from services.audit.store import Store
from services.audit.tree_store import TreeStore
from services.audit.watch import Watch
from services.local import keys
from services.local.instance import Instance

CLIENTS = 64
ENTRIES = 6400  # a round; all of them are made before
ROUNDS = 5
BATCHED, SINGLE = f"bare inserts, {CLIENTS} a commit", f"bare inserts, {CLIENTS} at once"
WHAT = f"append in process, {CLIENTS} clients"


async def bench(stand: Stand) -> list[Row]:
    """Needs no service: this process is the log."""
    await stand.only()
    roots = stand.pids("postgres-audit")
    async with opened(settings(stand.instance)) as log, bare_inserts.connected(stand, CLIENTS) as connections:
        ours = Side("our log", Appending(log, rounds=ROUNDS + 1).run, roots)
        await ours.run()  # the rows that the other sides insert again
        stored = bare_inserts.make_tables(stand, ENTRIES)
        batched = Inserting(connections[:1], stored, batch=CLIENTS, rows=ENTRIES)
        single = Inserting(connections, stored, batch=1, rows=ENTRIES // 2)
        others = (Side(BATCHED, batched.run, roots), Side(SINGLE, single.run, roots))
        for side in others:
            await side.run()
        first, second, third = await interleaved((ours, *others), rounds=ROUNDS, warm_up=False)
    note = f"intents and outcomes in turn, tree and heads grow beside; bare: the very rows it wrote, {CLIENTS} a commit"
    return [
        Row(WHAT, "entries/s", series(ours.name, first), series(BATCHED, second), target=Ratio(0.5), note=note),
        Row(WHAT, "entries/s", series(ours.name, first), series(SINGLE, third)),
    ]


class Appending:
    """Clients that append one entry after the other."""

    def __init__(self, log: Log, *, rounds: int) -> None:
        self._log = log
        self._made: Iterator[list[tuple[Entry, Entry]]] = iter(
            [[log_entries.domain_pair() for _ in range(ENTRIES // 2)] for _ in range(rounds)]
        )

    async def run(self) -> Tally:
        waiting = iter(next(self._made))

        async def client() -> None:
            for intent, outcome in waiting:
                await self._log.append([intent])
                await self._log.append([outcome])

        began = time.perf_counter()
        await beside.together([client() for _ in range(CLIENTS)])
        return per_second(ENTRIES, began)


@asynccontextmanager
async def opened(given: Settings, *, is_growing: bool = True) -> AsyncIterator[Log]:
    """The log as the service puts it together, its writer at work, and its integrator when the tree is to grow."""
    held = audit.read_keys(given)
    async with AsyncExitStack() as stack:
        opened_ = await audit.open_databases(stack, given)
        book = Epochs(opened_.appender, held.epochs, held.tags)
        await book.open(epochs.of(datetime.now(UTC)))
        integrator = Integrator(TreeStore(opened_.integrator), held.log)
        await integrator.verify()
        log = Log(
            sequencer=opened_.numbers,
            epochs=book,
            epoch_keys=held.epochs,
            tag_keys=held.tags,
            origin=given.log_origin,
            signer=held.receipts,
            gate=Watch(Store(opened_.reviewer)).gate,
        )
        async with beside.running(log.run, *([integrator.run] if is_growing else [])):
            yield log


def settings(instance: Instance) -> Settings:
    """Those of the suite's own audit service."""

    def password(role: str) -> Path:
        return instance.password_file(f"audit_{role}")

    return Settings(
        listen="127.0.0.1:0",
        region="local",
        zone="local",
        database=instance.conninfo("audit_appender"),
        database_password_file=password("appender"),
        integrator_password_file=password("integrator"),
        reviewer_password_file=password("reviewer"),
        log_origin=keys.log_origin(instance),
        log_key_file=keys.audit_key(instance, "log"),
        receipt_key_file=keys.audit_key(instance, "receipt"),
        epoch_keys_dir=keys.epoch_keys(instance),
        tag_key_file=keys.audit_key(instance, "tag"),
    )
