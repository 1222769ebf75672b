"""The whole suite on one machine: engines, then each service after its migration, then the gateway; and back again.

async with running(Path(".anpr"), Options()) as suite:
    grpc.aio.insecure_channel(suite.instance.gateway)
    await suite.kill("audit")       # SIGKILL, and down until started again
    await suite.start("audit")
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

from services.local import data_folder, databases, instance, keys, orphans, ports, postgres, probes, process, roster
from services.local import gateway as envoy
from services.local import seaweedfs as s3
from services.local.errors import LocalError
from services.local.instance import Instance
from services.local.journal import journal
from services.local.keeper import Change, Keeper, Part, State
from services.local.options import Options
from services.local.orphans import Register

ENGINES = ("postgres-services", "postgres-audit", "seaweedfs", "witness")
NEEDS = {
    "audit": ("postgres-audit",),
    "matching": ("postgres-services",),
    "ingest": ("postgres-services", "seaweedfs"),
    "recognition": (),
}
STOP_ORDER = (("gateway", "reconcile"), ("ingest",), ("matching", "recognition"), ("audit",), ENGINES)
MIGRATION_S = 60.0
DEFAULT = Options()
# Recognition answers before its models are loaded; its work waits in ingest meanwhile, so the suite is up without it.
MAY_WARM = "recognition"


def silent(_change: Change) -> None:
    """Tell nobody."""


class Suite:
    """A running suite. The three verbs below are for tests and the demo, one at a time."""

    def __init__(self, found: Instance, options: Options, register: Register, tell: Callable[[Change], None]) -> None:
        self.instance = found
        self._options = options
        self._keepers = {part.name: Keeper(part, register, tell) for part in _parts(found, options)}

    async def kill(self, name: str) -> None:
        """SIGKILL one part and hold it down."""
        await self._keepers[name].kill()

    async def stop(self, name: str) -> None:
        """Stop one part in order and hold it down."""
        await self._keepers[name].stop(state=State.HELD)

    async def start(self, name: str) -> None:
        """Start a part that was held down; returns when it works."""
        await self._keepers[name].start()

    def pid(self, name: str) -> int:
        """The process id of a part, which changes when it is started again."""
        return self._keepers[name].pid

    def state(self, name: str) -> State:
        return self._keepers[name].state

    async def up(self) -> None:
        """Start everything; raises LocalError for the first part that fails."""
        await asyncio.to_thread(keys.ensure, self.instance)
        try:
            await self._up_to_services()
        except ExceptionGroup as failures:
            raise _first(failures) from failures
        await asyncio.gather(self.start("gateway"), self.start("reconcile"))

    async def down(self) -> None:
        """Stop everything, the last started first. Bounded by the grace of each program."""
        problems: list[BaseException] = []
        for names in STOP_ORDER:
            outcomes = await asyncio.gather(*(self._keepers[name].stop() for name in names), return_exceptions=True)
            problems += [outcome for outcome in outcomes if outcome is not None]
        if problems:  # told once nothing runs any more
            raise problems[0]

    async def _up_to_services(self) -> None:
        async with asyncio.TaskGroup() as group:
            engines = {name: group.create_task(self._start_engine(name)) for name in ENGINES}
            for name, needs in NEEDS.items():
                group.create_task(self._start_service(name, [engines[need] for need in needs]))

    async def _start_engine(self, name: str) -> None:
        await self.start(name)
        if name == "postgres-services":
            await self._ensure(self.instance.services_cluster, databases.SERVICES)
        if name == "postgres-audit":
            await self._ensure(self.instance.audit_cluster, databases.AUDIT)

    async def _ensure(self, cluster: postgres.Cluster, database: databases.Database) -> None:
        await asyncio.to_thread(databases.ensure, cluster, database, self.instance.passwords)

    async def _start_service(self, name: str, engines: Iterable[Awaitable[None]]) -> None:
        await asyncio.gather(*engines)
        if name in roster.MIGRATED:
            await process.run_beside(roster.migration(name, self.instance, self._options), MIGRATION_S)
        await self.start(name)


@asynccontextmanager
async def running(
    folder: Path, options: Options = DEFAULT, tell: Callable[[Change], None] = silent
) -> AsyncIterator[Suite]:
    """The suite in this data directory, up until the block ends. Raises LocalError when it cannot be started.

    Run it on the main thread: the children end with the thread that started them.
    """
    with data_folder.locked(folder) as data:
        await asyncio.to_thread(orphans.end_left_over, data)
        with closing(ports.reserve(instance.PORT_NAMES, instance.ports_of(data))) as reservation:
            found = Instance(data, reservation.ports, options.unsafe_fast)
            instance.write(found)
            with Register(data) as register, journal(found.logs / "supervisor.log", tell) as write:
                suite = Suite(found, options, register, write)
                try:
                    await suite.up()
                    yield suite
                finally:
                    await suite.down()


def _first(failures: ExceptionGroup[Exception]) -> Exception:
    """The failure to tell a person about; the others followed from it or came beside it."""
    expected, unexpected = failures.split(LocalError)
    worst = unexpected or expected or failures
    return worst.exceptions[0]


def _parts(found: Instance, options: Options) -> list[Part]:
    engines = [
        _database_part(found.services_cluster),
        _database_part(found.audit_cluster),
        Part("seaweedfs", partial(s3.prepare, found.store), partial(probes.store, found)),
        Part("witness", partial(roster.witness, found), partial(probes.port, found.address("witness"))),
    ]
    services = [_service_part(name, found, options) for name in instance.SERVICES]
    edge = Part("gateway", partial(envoy.prepare, found), partial(probes.envoy, found))
    overseer = partial(probes.port, found.address("reconcile-metrics"))
    return [*engines, *services, edge, Part("reconcile", partial(roster.reconciler, found), overseer)]


def _database_part(cluster: postgres.Cluster) -> Part:
    return Part(cluster.name, partial(postgres.prepare, cluster), partial(probes.database, cluster))


def _service_part(name: str, found: Instance, options: Options) -> Part:
    prepare = partial(roster.service, name, found, options)
    return Part(name, prepare, partial(probes.service, found.address(name), may_warm=name == MAY_WARM))
