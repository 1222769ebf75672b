"""python -m tests.fail_closed.full_disk FOLDER: a suite whose log lies on a small disk, which then is full.

Exit status 1 when something was given away, or lost. To be run in a mount namespace of its own (test_full_disk.py).
"""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import grpc
import psycopg
from anpr.audit.v1 import audit_pb2
from psycopg import sql

from services.audit import remote
from services.common import refusals
from services.local import data_folder
from tests.chaos.table import say
from tests.fail_closed import town as towns
from tests.fail_closed import verdict
from tests.fail_closed.asking import ask_all
from tests.fail_closed.facts import PLATE
from tests.fail_closed.outages import superuser
from tests.fail_closed.town import Town

SIZE = "256m"
REFUSALS = 5  # in a row: there is room left in pages that had been begun
MOST = 2000
FILL = "COPY (SELECT repeat('x', 1000000) FROM generate_series(1, 1000)) TO {}"
EMPTY = "COPY (SELECT WHERE false) TO {}"


async def main(folder: Path) -> int:
    data = folder / "data"
    _make(data)
    async with towns.running(data) as town:
        return await _full(town)


def _make(data: Path) -> None:
    """A data directory in which the log's database is on a disk of its own, which goes with the namespace."""
    disk = data / "postgres-audit"
    disk.mkdir(mode=0o700, parents=True)
    data.chmod(0o700)
    (data / data_folder.MARK).write_text("{}")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(disk)], check=True)


async def _full(town: Town) -> int:
    ballast = town.suite.instance.audit_cluster.data / "ballast"
    with suppress(psycopg.errors.DiskFull):
        _copy(town, FILL, ballast)
    answered = await _until_refused(town)
    free = os.statvfs(ballast.parent)
    say(f"{len(answered)} look-ups were answered until the disk was full; {free.f_bavail} blocks are left")
    problems = verdict.not_closed(town, await ask_all(town.doors, town.questions()), "the disk is full")
    through = await ask_all(town.at_gateway(), town.questions())
    problems |= verdict.not_closed(town, through, "the disk is full", at_gateway=True)
    for path, answer in problems.items():
        say(f"NOT CLOSED {path}: {answer}")
    _copy(town, EMPTY, ballast)
    await town.desk.reach()
    await town.desk.look_up_when_back(PLATE)
    entries = (await town.desk.search_log(plate=PLATE, kind=audit_pb2.ENTRY_KIND_OUTCOME)).entries
    lost = answered - {entry.fields.id for entry in entries}
    result = await remote.verify(town.suite.instance.address("audit"))
    say(f"{len(town.questions())} RPCs asked; {len(lost)} answers without an outcome; failures: {result.failures}")
    return 1 if problems or lost or not result.holds else 0


async def _until_refused(town: Town) -> set[str]:
    """Ids of the outcomes of the look-ups that were answered."""
    answered: set[str] = set()
    refused = 0
    for _ in range(MOST):
        try:
            answered.add((await town.desk.look_up(PLATE)).receipt.outcome_id)
            refused = 0
        except grpc.aio.AioRpcError as refusal:
            if refusals.reason(refusal) not in ("AUDIT_UNAVAILABLE", ""):
                raise
            refused += 1
        if refused == REFUSALS:
            return answered
    raise RuntimeError("the disk does not become full")


def _copy(town: Town, statement: str, file: Path) -> None:
    """The server itself fills its disk, whatever namespace it is in."""
    with superuser(town.suite.instance.audit_cluster, "postgres") as connection:
        connection.execute(sql.SQL(statement).format(sql.Literal(str(file))))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
