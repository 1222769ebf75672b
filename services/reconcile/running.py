"""The reconciler as a process: what it is given, one look or one after the other, and what it says on standard output."""

import asyncio
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import structlog

from services.audit.remote import RemoteLog
from services.audit.verify import SourceFailed
from services.common import exposition, ids, logs, note, plate
from services.common.caller import Caller
from services.common.errors import Invalid
from services.common.note import NoteInvalid
from services.reconcile import expectation, metrics, probe
from services.reconcile.finding import Finding, Severity
from services.reconcile.memory import Memory, MemoryInUse
from services.reconcile.opened import Opener
from services.reconcile.probe import ProbeFailed
from services.reconcile.reconciler import ROLES, Allowance, Reconciler
from services.reconcile.store import DatabaseFailed

log = structlog.get_logger()
AGAIN_S = 12.0  # counters come up to ten seconds late
PROBE_EVERY_S = 300.0
FOUND, UNREADABLE, FINE = 1, 2, 0


class ReconcileProblem(Exception):
    """It cannot run; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the reconciler is given.

    database: libpq string with the role overseer; log: host:port of the gateway; log_key: verifier key, from paper; state: file
    of his memory; canaries: file, a plate a line; case: number of the inspection.
    """

    database: str
    password_file: Path
    log: str
    log_key: str
    state: Path
    person: str = "overseer"
    zone: str = ""
    case: str = ""
    expected: Path = expectation.SHIPPED
    canaries: Path | None = None
    roles: tuple[str, ...] = ()
    allowed_gaps: int = Allowance().gaps
    probe: bool = False
    open_hours: float = 0.0
    every_s: float = 15.0
    metrics_listen: str = ""


def tell(finding: Finding) -> None:
    """Says what was found, in a line of its own."""
    metrics.FINDINGS.labels(finding.kind, finding.severity).inc()
    speak = log.info if finding.severity is Severity.NOTICE else log.error
    speak("reconcile.finding", kind=finding.kind, severity=finding.severity, where=finding.where, words=finding.words)


@dataclass(frozen=True, slots=True)
class Desk:
    """The reconciler, and the overseer's way through the gateway."""

    reconciler: Reconciler
    channel: grpc.aio.Channel
    options: Options

    async def look(self) -> list[Finding]:
        """One look; with what only an auditor may open, when that is asked for."""
        found = await self.reconciler.look()
        if self.options.open_hours:
            auditor = _caller(self.options, "auditor")
            opener = Opener(self.channel, auditor.metadata(), self.options.case)
            found += await self.reconciler.open(opener, self.options.open_hours)
        return found

    async def probe(self) -> None:
        """Looks up one of the canaries. What comes of it shows in the looks that follow."""
        request = ids.uuid7()
        with self.reconciler.memory.look():
            self.reconciler.memory.add_probe(request, time.time())
        canary = secrets.choice(self.reconciler.canaries)
        try:
            await probe.look_up(self.channel, _caller(self.options, "officer"), canary, request, self.options.case)
        except ProbeFailed as cause:
            with self.reconciler.memory.look():
                self.reconciler.memory.end_probe(request)
            log.warning("reconcile.probe_refused", code=str(cause))


@asynccontextmanager
async def desk(options: Options) -> AsyncIterator[Desk]:
    """Everything a look needs. Raises ReconcileProblem."""
    try:
        memory = Memory(options.state)
        key = note.parse_key(options.log_key)
        canaries = _canaries(options.canaries)
        expected, password = expectation.read(options.expected), options.password_file.read_text().strip()
    except (MemoryInUse, NoteInvalid, Invalid, OSError) as cause:
        raise ReconcileProblem(str(cause)) from cause
    lacks_case = bool(options.probe or options.open_hours) and not options.case
    if lacks_case or (options.probe and not canaries):
        raise ReconcileProblem("--probe needs --canaries, and --probe and --open-hours need --case")
    try:
        async with grpc.aio.insecure_channel(options.log) as channel:
            source = RemoteLog(channel, _caller(options, "auditor").metadata())
            reconciler = Reconciler(
                options.database,
                password,
                source,
                key,
                memory,
                expected,
                tell,
                canaries,
                replace(Allowance(), gaps=options.allowed_gaps),
                ROLES | set(options.roles),
            )
            yield Desk(reconciler, channel, options)
    finally:
        memory.close()


async def once(options: Options) -> int:
    """One look, and further ones as long as they may tell more. Returns the exit status."""
    async with desk(options) as own:
        found: list[Finding] = []
        try:
            if options.probe:
                await own.probe()
            for _ in range(7):
                found += await own.look()
                if not own.reconciler.is_suspicious:
                    break
                await asyncio.sleep(AGAIN_S)
        except (DatabaseFailed, SourceFailed) as cause:
            log.warning("reconcile.look_failed", words=str(cause))
            return UNREADABLE
    log.info("reconcile.looked", findings=len(found))
    return FOUND if any(finding.severity is not Severity.NOTICE for finding in found) else FINE


async def watch(options: Options) -> int:
    """Looks again and again until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    probed = 0.0
    with exposition.exposed(options.metrics_listen):
        async with desk(options) as own:
            log.info("reconcile.watching", every_s=options.every_s)
            while not stop.is_set():
                if options.probe and time.monotonic() - probed > PROBE_EVERY_S:
                    await own.probe()
                    probed = time.monotonic()
                try:
                    await own.look()
                    metrics.LOOKED.set_to_current_time()
                except (DatabaseFailed, SourceFailed) as cause:
                    metrics.FAILED.inc()
                    log.warning("reconcile.look_failed", words=str(cause))
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), options.every_s)
    return FINE


def run(options: Options, *, forever: bool) -> int:
    """Runs it. Exit status 0: nothing found; 1: something was, or it cannot run; 2: a side could not be read."""
    logs.configure("reconcile")
    try:
        return asyncio.run(watch(options) if forever else once(options))
    except ReconcileProblem as problem:
        sys.exit(f"reconcile: {problem}")


def _caller(options: Options, role: str) -> Caller:
    return Caller("reconcile", options.person, "oversight", options.zone, frozenset({role}))


def _canaries(file: Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    return tuple(plate.normalise(line) for line in file.read_text().splitlines() if line.strip())
