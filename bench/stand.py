"""The suite that is measured: durable engines and real services on a data directory that is removed afterwards."""

import fcntl
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from services.local import databases, supervisor
from services.local.errors import LocalError
from services.local.instance import SERVICES, Instance
from services.local.keeper import State
from services.local.options import Options
from services.local.postgres import Cluster
from services.local.supervisor import Suite
from services.simulator.conditions import Difficulty
from services.simulator.drive import plan_drive
from services.simulator.render import render_frame

FRAMES = 8
PREFIX = "stand-"
KEPT = (*SERVICES, "gateway")
# The engine that costs next to nothing: what is measured here is the way of a frame, not the reading of it.
OPTIONS = Options(engine="standin")


@dataclass(frozen=True, slots=True)
class Stand:
    """A running suite. frames: JPEGs of simulated streets, 1280x720; folder: where a bench may put things of its own."""

    suite: Suite
    frames: tuple[bytes, ...]
    folder: Path

    @property
    def instance(self) -> Instance:
        return self.suite.instance

    async def only(self, *services: str) -> None:
        """Stops all services but these: what is not measured shall not be at work. The engines go on."""
        for name in KEPT:
            if name not in services and self.suite.state(name) is not State.HELD:
                await self.suite.stop(name)
        for name in services:
            if self.suite.state(name) is State.HELD:
                await self.suite.start(name)

    def pids(self, *names: str) -> tuple[int, ...]:
        """Process ids of services and engines."""
        return tuple(self.suite.pid(name) for name in names)

    def services_database(self) -> psycopg.Connection:
        """The services' database, as its superuser."""
        return _superuser(self.instance.services_cluster, databases.SERVICES.name)

    def audit_database(self) -> psycopg.Connection:
        """The log's database, as its superuser."""
        return _superuser(self.instance.audit_cluster, databases.AUDIT.name)


@asynccontextmanager
async def running(build: Path) -> AsyncIterator[Stand]:
    """A suite in a new folder below `build`, which should be on a disk: what is fast because nothing is kept is no figure.

    Raises LocalError when another run is at work: two at once measure each other.
    """
    with _alone(build), tempfile.TemporaryDirectory(prefix=PREFIX, dir=build) as name:
        folder = Path(name)
        async with supervisor.running(folder / "suite", OPTIONS) as suite:
            yield Stand(suite, render(), folder)


@contextmanager
def _alone(build: Path) -> Iterator[None]:
    """One run at a time. What one left behind that was killed is removed; its processes ended with it."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise LocalError("another bench is at work") from cause
        for left in build.glob(f"{PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def render() -> tuple[bytes, ...]:
    """The frames."""
    drive = plan_drive(seed=1, cameras=2, frames=FRAMES, rate=2.0)
    now = datetime.now(UTC)
    return tuple(render_frame(shot, seed=1, difficulty=Difficulty.MIXED, started_at=now).jpeg for shot in drive.shots)


def _superuser(cluster: Cluster, database: str) -> psycopg.Connection:
    return psycopg.connect(cluster.conninfo(database), password=cluster.password(), autocommit=True)
