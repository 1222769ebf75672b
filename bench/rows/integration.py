"""Entries into the tree: rows read, tiles written, heads signed; against hashing the same leaves alone."""

import time
from contextlib import AsyncExitStack

from bench.measure import Side, Tally, interleaved, per_second
from bench.row import Row, series
from bench.rows import append_in_process, log_entries
from bench.stand import Stand
from services.audit import __main__ as audit
from services.audit import merkle
from services.audit.integrator import Integrator
from services.audit.log import MAX_BATCH
from services.audit.tree_store import TreeStore

ENTRIES, ROUNDS = 8192, 4
WHAT = "integrator"


async def bench(stand: Stand) -> list[Row]:
    """Needs no service: this process is the log."""
    await stand.only()
    given = append_in_process.settings(stand.instance)
    async with append_in_process.opened(given, is_growing=False) as log, AsyncExitStack() as stack:
        opened = await audit.open_databases(stack, given)
        integrator = Integrator(TreeStore(opened.integrator), audit.read_keys(given).log)
        await integrator.verify()
        while await integrator.step():
            pass

        async def fill() -> None:
            for _ in range(ENTRIES // MAX_BATCH):
                await log.append([one for _ in range(MAX_BATCH // 2) for one in log_entries.domain_pair()])

        async def integrate() -> Tally:
            await fill()
            began, count = time.perf_counter(), 0
            while step := await integrator.step():
                count += step
            return per_second(count, began)

        async def hash_alone() -> Tally:
            leaves = [b"%0215d" % number for number in range(ENTRIES)]
            began = time.perf_counter()
            merkle.root_of_peaks(merkle.extend([], 0, map(merkle.leaf_hash, leaves)))
            return per_second(ENTRIES, began)

        sides = (
            Side("our integrator", integrate, stand.pids("postgres-audit")),
            Side("hashing alone", hash_alone, ()),
        )
        ours, bare = await interleaved(sides, rounds=ROUNDS)
    note = "2,048 entries a turn; the CPU is with the appending before, which the rate is not"
    return [Row(WHAT, "entries/s", series("our integrator", ours), series("hashing alone", bare), note=note)]
