"""python -m bench [--only NAME ...] [--json FILE]: measures, prints one table, and writes every round to a file.

Targets are printed and never make it fail. Exit status 1 when a bench could not be run for another reason than a missing peer.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import grpc
import psycopg

from bench import record, stand, table
from bench.errors import PeerMissing
from bench.record import Circumstances
from bench.row import NoRow, Row
from bench.rows import (
    append_in_process,
    append_over_grpc,
    frame_intake,
    hotlist_match,
    integration,
    picture_check,
    plate_lookup,
    proof_check,
    recognition,
    sighting_insert,
    suite_start,
)
from bench.stand import Stand
from services.common.errors import Refusal
from services.local.errors import LocalError
from services.recognition.worker_process import WorkerGone

Bench = Callable[[Stand], Awaitable[list[Row]]]
BENCHES: Mapping[str, Bench] = MappingProxyType(
    {
        "picture-check": picture_check.bench,
        "proof-check": proof_check.bench,
        "append-in-process": append_in_process.bench,
        "append-over-grpc": append_over_grpc.bench,
        "integration": integration.bench,
        "sighting-insert": sighting_insert.bench,
        "hotlist-match": hotlist_match.bench,
        "frame-intake": frame_intake.bench,
        "recognition": recognition.bench,
        "suite-start": suite_start.bench,
        "plate-lookup": plate_lookup.bench,
    }
)
BUILD = record.ROOT / ".build" / "bench"
TROUBLE = (Refusal, LocalError, WorkerGone, grpc.aio.AioRpcError, psycopg.Error, OSError, ExceptionGroup)


def main(arguments: Sequence[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="measures the suite beside its peers and limits"
    )
    parser.add_argument("--only", action="append", choices=BENCHES, metavar="NAME", help=f"one of {', '.join(BENCHES)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the rounds go; below .build/bench by default")
    given = parser.parse_args(arguments)
    began, load_before = datetime.now(UTC), os.getloadavg()
    try:
        rows, failures = asyncio.run(measure(given.only or tuple(BENCHES)))
    except LocalError as cause:
        sys.stderr.write(f"bench: {cause}\n")
        return 1
    circumstances = Circumstances(began, datetime.now(UTC), load_before, os.getloadavg())
    file: Path = given.json or BUILD / f"{began:%Y%m%dT%H%M%SZ}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(record.encode(rows, circumstances))
    print("\n".join(table.lines(rows)))
    print(f"\n{(circumstances.ended - began).total_seconds():.0f} s; every round: {file}")
    return 1 if failures else 0


async def measure(names: Sequence[str]) -> tuple[list[Row | NoRow], int]:
    """The rows of these benches, and how many failed. One that cannot be run costs its own rows only."""
    rows: list[Row | NoRow] = []
    failures = 0
    async with stand.running(BUILD) as running:
        for name in names:
            began = time.monotonic()
            try:
                rows += await BENCHES[name](running)
            except PeerMissing as cause:
                rows.append(NoRow(name, str(cause)))
            except TROUBLE as cause:
                rows.append(NoRow(name, f"failed: {_words(cause)}"))
                failures += 1
            sys.stderr.write(f"bench: {name}, {time.monotonic() - began:.0f} s\n")
    return rows, failures


def _words(cause: BaseException) -> str:
    """Kind and text of a failure; of the first one in a group."""
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if isinstance(cause, grpc.aio.AioRpcError):
        return f"{cause.code().name}: {cause.details()}"
    return f"{type(cause).__name__}: {cause}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
