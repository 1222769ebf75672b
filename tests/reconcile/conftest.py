"""A region to oversee: matching and audit as they run, each on a database of its own, and the overseer's reconciler."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from anpr.matching.v1 import sighting_pb2

from services.audit.remote import RemoteLog
from services.common import ids
from services.common.caller import service
from services.common.ledger_client import AuditClient
from services.reconcile import expectation
from services.reconcile.finding import Finding
from services.reconcile.memory import Memory
from services.reconcile.reconciler import Reconciler
from tests.audit.keyring import LOG, RECEIPTS
from tests.audit.logs import replica
from tests.audit.logs import running as beside
from tests.audit.test_server import AUDITOR, Service, serving
from tests.engines import Scratch
from tests.matching.builders import ZONE, context, now, window
from tests.matching.conftest import Matching
from tests.matching.conftest import running as matching_on

CANARY = "9CAN001"
LOOKUP = (
    "SELECT * FROM matching.lookup_plate(%s, %s, %s, 'judicial_offence', NULL, %s,"
    " now() - interval '1 day', now(), '{}', 10, NULL, NULL)"
)


@dataclass(slots=True)
class Clock:
    """The reconciler's, which tests put forward."""

    ahead_s: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@dataclass(slots=True)
class Region:
    """What is overseen, and the overseer."""

    matching: Matching
    audit: Service
    scratch: Scratch
    reconciler: Reconciler
    clock: Clock
    told: list[Finding] = field(default_factory=list)

    async def look(self, *, after_s: float = 0.0) -> list[str]:
        """The kinds that a look finds, so much later."""
        self.clock.ahead_s += after_s
        return sorted(finding.kind for finding in await self.reconciler.look())

    async def looks(self, count: int = 3) -> list[str]:
        """The kinds that some looks find, one after the other."""
        return [kind for _ in range(count) for kind in await self.look(after_s=31)]

    async def lookup(self, plate: str = "1ABC123", **changes: Any) -> sighting_pb2.LookupPlateResponse:
        return await self.matching.lookup(asked(plate, **changes))

    def steal(self, plate: str = "1ABC123", *, role: str = "matching_reader", commit: bool = True) -> UUID:
        """A look-up with the service's own role, under an intent that was made up."""
        intent = ids.uuid7()
        with self.scratch.connect(role, autocommit=False) as connection:
            connection.execute(LOOKUP, (intent, uuid4(), ZONE, plate)).fetchall()
            connection.commit() if commit else connection.rollback()
        return intent

    def as_superuser(self, statement: str) -> None:
        with self.scratch.connect() as connection:
            connection.execute(statement.encode())


def asked(plate: str, **changes: Any) -> sighting_pb2.LookupPlateRequest:
    access = context()
    access.MergeFrom(changes.pop("access", context()))
    changes.setdefault("window", window(now() - timedelta(days=1), now() + timedelta(minutes=1)))
    return sighting_pb2.LookupPlateRequest(access=access, plate=plate, **changes)


@asynccontextmanager
async def region_on(sightings: Scratch, log: Scratch, folder: Path) -> AsyncIterator[Region]:
    (folder / "epochs").mkdir(exist_ok=True)
    async with replica(log, folder / "epochs") as parts:
        await parts.integrator.verify()
        async with beside(parts.integrator.run), serving(parts) as audit:
            ledger: Any = AuditClient(audit.channel, service("matching"), [RECEIPTS.verifier], deadline_s=20)
            async with matching_on(sightings, ledger) as matching:
                clock = Clock()
                reconciler = Reconciler(
                    sightings.dsn("overseer"),
                    sightings.password("overseer"),
                    RemoteLog(audit.channel, AUDITOR.metadata()),
                    LOG.verifier,
                    Memory(folder / "state"),
                    expectation.read(),
                    lambda _: None,
                    (CANARY,),
                    clock=clock,
                )
                try:
                    yield Region(matching, audit, sightings, reconciler, clock)
                finally:
                    reconciler.memory.close()


@pytest.fixture
async def region(fresh_database: Callable[[str], Scratch], tmp_path: Path) -> AsyncIterator[Region]:
    async with region_on(fresh_database("matching"), fresh_database("audit"), tmp_path) as found:
        yield found
