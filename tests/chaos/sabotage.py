"""Lines of recovery code, each with a replacement that disables it: with any of them a run must end unequal.

The suite then runs from a copy of `services/`. A line that does not occur exactly once is an error, so that this list cannot rot.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("services", "gateway")


@dataclass(frozen=True, slots=True)
class Sabotage:
    """One line of one file, without its indentation, and what stands there instead. row: of the table, unequal then."""

    file: str
    line: str
    instead: str
    words: str
    row: str


SABOTAGES = {
    "claims-never-run-out": Sabotage(
        "services/ingest/claims.py",
        'FREE = "next_attempt_at <= now() AND (claimed_until IS NULL OR claimed_until <= now())"',
        'FREE = "next_attempt_at <= now() AND claimed_until IS NULL"',
        "what a killed process held is never taken again",
        "frames = done, with one result",
    ),
    "acknowledged-before-commit": Sabotage(
        "services/ingest/intake.py",
        "holder = await self._store.add(frame)",
        "holder = Holder(frame_id, sha256); __import__('asyncio').ensure_future(self._store.add(frame))",
        "a frame is acknowledged before its row is committed",
        "frames acknowledged = in ingest",
    ),
    "sent-without-waiting": Sabotage(
        "services/ingest/sending.py",
        "await self._recorder.record([claim.reads for claim in claims])",
        "__import__('asyncio').ensure_future(self._recorder.record([claim.reads for claim in claims]))",
        "a frame is done before matching has answered",
        "reads committed = in one sighting",
    ),
    "sightings-collide": Sabotage(
        "services/matching/store/sightings.py",
        "ON CONFLICT DO NOTHING RETURNING captured_day, read_id",
        "RETURNING captured_day, read_id",
        "a read that is sent again is refused",
        "internal errors, answered or logged",
    ),
    "sweeper-off": Sabotage(
        "services/matching/upkeep.py",
        'await _for_ever(self.sweep, "sweep", SWEEP_EVERY_S)',
        "await asyncio.Event().wait()",
        "what a list change overtook is not matched again",
        "  those of them found by the sweeper",
    ),
    "token-off-by-one": Sabotage(
        "services/matching/watcher.py",
        'return self._seal.close(SCOPE, self._region, position.to_bytes(POSITION_BYTES, "big"))',
        'return self._seal.close(SCOPE, self._region, (position + 1).to_bytes(POSITION_BYTES, "big"))',
        "a resume token passes one alert over",
        "positions given = positions received",
    ),
    "intent-not-awaited": Sabotage(
        "services/common/audited.py",
        "self._intent = await self._append(self._fields(self._intent_id, audit_pb2.ENTRY_KIND_INTENT))",
        "self._intent = Promise(0, ''); "
        "_keep(asyncio.ensure_future(self._append(self._fields(self._intent_id, audit_pb2.ENTRY_KIND_INTENT))))",
        "the query runs before its intent is durable",
        "rows of the query ledger = with intent in the log",
    ),
}


class SabotageRotten(Exception):
    """The line is not there any more, or more than once."""


def verify(sabotage: Sabotage, root: Path = ROOT) -> int:
    """The number of the line, from 0. Raises SabotageRotten."""
    lines = (root / sabotage.file).read_text().splitlines()
    numbers = [number for number, line in enumerate(lines) if line.strip() == sabotage.line]
    if len(numbers) != 1:
        raise SabotageRotten(f"{sabotage.file} has this line {len(numbers)} times: {sabotage.line}")
    return numbers[0]


def copy(folder: Path) -> None:
    """The suite in `folder`."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def disable(sabotage: Sabotage, folder: Path) -> None:
    """Replaces the line in a copy."""
    number = verify(sabotage, folder)
    file = folder / sabotage.file
    lines = file.read_text().splitlines(keepends=True)
    lines[number] = lines[number].replace(sabotage.line, sabotage.instead)
    file.write_text("".join(lines))


def run(sabotages: Sequence[Sabotage], folder: Path, arguments: Sequence[str], program: str = "tests.chaos") -> int:
    """Runs the program again with a copy first on its path that has these lines disabled, and returns its exit status."""
    copy(folder)
    for sabotage in sabotages:
        disable(sabotage, folder)
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "protos" / "gen")])
    command = [sys.executable, "-P", "-m", program, *arguments, "--services", str(folder)]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False).returncode
