"""A log of one test: all parts of the service on a database of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from services.audit.entry import INTENT, OUTCOME, Content, Entry
from services.audit.epochs import Epochs
from services.audit.integrator import Integrator
from services.audit.key_files import FileEpochKeys, FileTagKeys
from services.audit.log import Log
from services.audit.proofs import Proofs
from services.audit.review import Review
from services.audit.sequencer import Sequencer
from services.audit.store import Store
from services.audit.tree_store import TreeStore
from services.audit.watch import Watch
from services.common import ids
from services.common.database import Database, connect
from tests.audit.keyring import LOG, ORIGIN, RECEIPTS
from tests.engines import Scratch

TAG_KEYS = FileTagKeys(b"tag key of the tests, 32 bytes !")
OFFICER, PLATE, CASE = "ann.peeters.4711", "1XYZ987", "BR/2026/004711"


def entry(entry_id: UUID | None = None, *, system: str = "matching", **content: Any) -> Entry:
    """An intent."""
    said = {"actor": OFFICER, "plate": PLATE, "case_reference": CASE, **content}
    return Entry(entry_id or ids.uuid7(), INTENT, None, system, Content(**said))


def outcome(of: Entry, **content: Any) -> Entry:
    """An outcome of an intent."""
    said = {"actor": OFFICER, "plate": PLATE, "case_reference": CASE, "status": "OK", **content}
    return Entry(ids.uuid7(), OUTCOME, of.id, of.system, Content(**said))


@dataclass(frozen=True, slots=True)
class Parts:
    """One replica of the service."""

    scratch: Scratch
    sequencer: Sequencer
    log: Log
    integrator: Integrator
    trees: TreeStore
    store: Store
    review: Review
    proofs: Proofs
    watch: Watch
    epoch_keys: FileEpochKeys
    appender: Database

    async def integrate(self) -> int:
        """Integrates all there is; returns how many entries that were."""
        total = 0
        while count := await self.integrator.step():
            total += count
        return total

    async def until_signed(self, size: int) -> None:
        """Waits for a signed head of this size or more."""
        while True:
            if (await self.store.standing()).signed_size >= size:
                return
            await asyncio.sleep(0.01)


def sequencer(scratch: Scratch, **options: Any) -> Sequencer:
    return Sequencer(scratch.dsn("audit_appender"), scratch.password("audit_appender"), **options)


def log_of(
    scratch: Scratch, sequencer_: Sequencer, epochs: Epochs, keys: FileEpochKeys, gate: Callable[[], None]
) -> Log:
    return Log(
        sequencer=sequencer_,
        epochs=epochs,
        epoch_keys=keys,
        tag_keys=TAG_KEYS,
        origin=ORIGIN,
        signer=RECEIPTS,
        gate=gate,
    )


@asynccontextmanager
async def database(scratch: Scratch, role: str) -> AsyncIterator[Database]:
    async with connect(scratch.dsn(role), scratch.password(role)) as opened:
        yield opened


@asynccontextmanager
async def replica(scratch: Scratch, folder: Path, **options: Any) -> AsyncIterator[Parts]:
    """A replica whose writer runs; its integrator steps when told. Options go to the sequencer."""
    epoch_keys = FileEpochKeys(folder)
    async with (
        database(scratch, "audit_appender") as appender,
        database(scratch, "audit_integrator") as integrator,
        database(scratch, "audit_reviewer") as reviewer,
    ):
        sequencer_, store, trees = sequencer(scratch, **options), Store(reviewer), TreeStore(integrator)
        watch = Watch(store)
        log = log_of(scratch, sequencer_, Epochs(appender, epoch_keys, TAG_KEYS), epoch_keys, watch.gate)
        parts = Parts(
            scratch=scratch,
            sequencer=sequencer_,
            log=log,
            integrator=Integrator(trees, LOG, interval_s=0.01),
            trees=trees,
            store=store,
            review=Review(store, epoch_keys, TAG_KEYS),
            proofs=Proofs(store, LOG.verifier),
            watch=watch,
            epoch_keys=epoch_keys,
            appender=appender,
        )
        async with running(log.run):
            yield parts
        await sequencer_.close()


@asynccontextmanager
async def running(work: Callable[[], Any]) -> AsyncIterator["asyncio.Task[None]"]:
    """Runs endless work beside the block."""
    task = asyncio.ensure_future(work())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
