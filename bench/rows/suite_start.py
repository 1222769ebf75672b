"""From nothing to a suite that works, on an empty data directory, against the engines alone."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from bench.measure import Side, Tally, interleaved
from bench.row import Bound, Row, series
from bench.stand import OPTIONS, Stand
from services.local import ports, postgres, process, seaweedfs, supervisor
from services.local.postgres import Cluster
from services.local.process import Child, Program
from services.local.seaweedfs import Store

ROUNDS = 3
CLUSTERS = ("postgres-services", "postgres-audit")
OURS, PEER = "anpr up, stand-in engine", "its three engines alone"


async def bench(stand: Stand) -> list[Row]:
    """The other suite has no services at work meanwhile."""
    await stand.only()
    everything = (os.getpid(),)
    sides = (
        Side(OURS, partial(_start_suite, stand.folder), everything),
        Side(PEER, partial(_start_engines, stand.folder), everything),
    )
    ours, engines = await interleaved(sides, rounds=ROUNDS, warm_up=False)
    return [
        Row(
            "start on an empty directory",
            "s",
            series(OURS, ours),
            series(PEER, engines),
            lower_is_better=True,
            target=Bound("<=", 15, "s"),
            note="initdb and migrations included, the models of the real engine not; CPU time is that of start and stop",
        )
    ]


async def _start_suite(below: Path) -> Tally:
    with tempfile.TemporaryDirectory(prefix="start-", dir=below) as folder:
        began = time.perf_counter()
        async with supervisor.running(Path(folder) / "suite", OPTIONS):
            seconds = time.perf_counter() - began
    return Tally(1, (seconds,))


async def _start_engines(below: Path) -> Tally:
    """At the same time, as the suite does it."""
    with (
        tempfile.TemporaryDirectory(prefix="engines-", dir=below) as folder,
        closing(ports.reserve((*CLUSTERS, *seaweedfs.ALL_PORTS), {})) as reserved,
    ):
        clusters = [_cluster(name, Path(folder), reserved.ports[name]) for name in CLUSTERS]
        chosen = tuple((name, reserved.ports[name]) for name in seaweedfs.ALL_PORTS)
        store = Store(Path(folder) / "s3", Path(folder) / "keys", chosen, Path(folder) / "s3.log")
        engines = [_start(partial(postgres.prepare, one), partial(postgres.wait, one)) for one in clusters]
        engines.append(_start(partial(seaweedfs.prepare, store), partial(seaweedfs.wait, store)))
        began = time.perf_counter()
        children = await asyncio.gather(*engines)
        seconds = time.perf_counter() - began
        await asyncio.gather(*(asyncio.to_thread(process.end, child) for child in children))
    return Tally(1, (seconds,))


async def _start(prepare: Callable[[], Program], wait: Callable[[Child], None]) -> Child:
    program = await asyncio.to_thread(prepare)
    child = process.spawn(program)  # on this thread: the child ends with the thread that started it
    await asyncio.to_thread(wait, child)
    return child


def _cluster(name: str, folder: Path, port: int) -> Cluster:
    return Cluster(name, folder / name, port, folder / f"{name}.password", folder / f"{name}.log")
