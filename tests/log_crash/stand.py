"""Replicas of the log on one durable PostgreSQL, with S3 and a witness: processes that are kept running, as in the suite."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from services.audit.key_files import FileSigner
from services.common import receipt
from services.common.note import COSIGNATURE, VerifierKey
from services.local import databases, ports, postgres, probes, process, seaweedfs
from services.local.errors import LocalError
from services.local.keeper import Keeper, Part, State
from services.local.orphans import Register
from services.local.ports import LOOPBACK
from services.local.postgres import Cluster
from services.local.process import Program
from services.local.seaweedfs import Store
from tests.log_crash.plan import POSTGRES, REPLICAS, STORE, WITNESS

ORIGIN = "audit.test.example/crash"
WITNESS_NAME = "witness.test.example"
SITES = {name: f"{name}-site" for name in REPLICAS}
PORTS = (*REPLICAS, *SITES.values(), POSTGRES, WITNESS, *seaweedfs.ALL_PORTS)
PUBLISH_EVERY_S = "0.5"
KEYS = {"LOG_KEY_FILE": 1, "RECEIPT_KEY_FILE": 2, "TAG_KEY_FILE": 3}
WITNESS_SEED = bytes([4]) * 32
MIGRATION_S = 60.0
BACK_S = 90.0


def signer(name: str) -> FileSigner:
    """The log's own keys: who reads the table must be able to check what the replicas signed."""
    number = KEYS["LOG_KEY_FILE"] if name == ORIGIN else KEYS["RECEIPT_KEY_FILE"]
    return FileSigner(name, bytes([number]) * 32)


def log_key() -> VerifierKey:
    return signer(ORIGIN).verifier


def receipt_key() -> VerifierKey:
    return signer(receipt.key_name(ORIGIN)).verifier


def witness_key() -> VerifierKey:
    return FileSigner(WITNESS_NAME, WITNESS_SEED, COSIGNATURE).verifier


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a run are, and its ports."""

    folder: Path
    ports: dict[str, int]

    @property
    def cluster(self) -> Cluster:
        return Cluster(
            name=POSTGRES,
            folder=self.folder / POSTGRES,
            port=self.ports[POSTGRES],
            password_file=self.folder / "superuser.password",
            log=self.logs / f"{POSTGRES}.log",
        )

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def passwords(self) -> Path:
        return self.folder / "passwords"

    @property
    def epochs(self) -> Path:
        return self.folder / "keys" / "epochs"

    @property
    def store(self) -> Store:
        found = tuple((name, self.ports[name]) for name in seaweedfs.ALL_PORTS)
        return Store(self.folder / STORE, self.folder / "keys" / "s3", found, self.logs / f"{STORE}.log")

    @property
    def witness_folder(self) -> Path:
        return self.folder / WITNESS

    def site(self, replica: str) -> str:
        """Where a replica shows the published log."""
        return f"http://{self.address(SITES[replica])}"

    def address(self, replica: str) -> str:
        return f"{LOOPBACK}:{self.ports[replica]}"

    def key(self, name: str) -> Path:
        return self.folder / "keys" / name

    def password(self, role: str) -> Path:
        return databases.password_file(self.passwords, role)

    def connect(self) -> psycopg.Connection:
        """As the superuser."""
        cluster = self.cluster
        name = databases.AUDIT.name
        return psycopg.connect(cluster.conninfo(name), password=cluster.password(), autocommit=True, connect_timeout=2)

    def make_keys(self) -> None:
        for folder in (self.passwords, self.epochs, self.witness_folder):
            folder.mkdir(parents=True, mode=0o700)
        (self.witness_folder / "witness.key").write_bytes(WITNESS_SEED)
        self.key("logs").write_text(f"{log_key().encode()}\n")
        for name, number in KEYS.items():
            self.key(name).write_bytes(bytes([number]) * 32)

    def replica(self, name: str) -> Program:
        """The service; its connections bear its name, so that who holds a lock can be found."""
        conninfo = self.cluster.conninfo(databases.AUDIT.name, "audit_appender")
        settings = {
            "ANPR_LISTEN": self.address(name),
            "ANPR_REGION": "local",
            "ANPR_ZONE": "local",
            "ANPR_DATABASE": f"{conninfo} application_name={name}",
            "ANPR_DATABASE_PASSWORD_FILE": str(self.password("audit_appender")),
            "ANPR_INTEGRATOR_PASSWORD_FILE": str(self.password("audit_integrator")),
            "ANPR_REVIEWER_PASSWORD_FILE": str(self.password("audit_reviewer")),
            "ANPR_LOG_ORIGIN": ORIGIN,
            "ANPR_EPOCH_KEYS_DIR": str(self.epochs),
            "ANPR_PUBLICATION_LISTEN": self.address(SITES[name]),
            "ANPR_PUBLISH_EVERY_S": PUBLISH_EVERY_S,
            "ANPR_WITNESSES": f"http://{self.address(WITNESS)} {witness_key().encode()}",
            "ANPR_S3_ENDPOINT": self.store.endpoint,
            "ANPR_S3_ACCESS_KEY_FILE": str(self.store.access_file("log")),
            "ANPR_S3_SECRET_KEY_FILE": str(self.store.secret_file("log")),
            "ANPR_S3_BUCKET": seaweedfs.LOG_BUCKET,
            "ANPR_S3_HEADS_BUCKET": seaweedfs.LOG_HEADS_BUCKET,
            **{f"ANPR_{key}": str(self.key(key)) for key in KEYS},
        }
        return self._python(name, ("services.audit",), settings)

    def migration(self) -> Program:
        settings = {
            "ANPR_DATABASE": self.cluster.conninfo(databases.AUDIT.name, "audit_owner"),
            "ANPR_DATABASE_PASSWORD_FILE": str(self.password("audit_owner")),
        }
        return self._python("migrate", ("services.audit.migrate",), settings)

    def witness(self) -> Program:
        words = ("--folder", str(self.witness_folder), "--name", WITNESS_NAME, "--logs", str(self.key("logs")))
        return self._python(WITNESS, ("services.witness", *words, "--listen", self.address(WITNESS)), {})

    def _python(self, name: str, module: tuple[str, ...], settings: dict[str, str]) -> Program:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        return Program(
            name=name,
            command=(sys.executable, "-P", "-m", *module),
            folder=self.folder,
            log=self.logs / f"{name}.log",
            environment=(("PYTHONPATH", path), ("PYTHONUNBUFFERED", "1"), *settings.items()),
        )


class Stand:
    """The parts of a run by name: PARTS."""

    def __init__(self, place: Place, register: Register) -> None:
        self.place = place
        database = Part(POSTGRES, partial(postgres.prepare, place.cluster), partial(probes.database, place.cluster))
        replicas = [
            Part(name, partial(place.replica, name), partial(probes.service, place.address(name), may_warm=False))
            for name in REPLICAS
        ]
        store = Part(STORE, partial(seaweedfs.prepare, place.store), self._probe_store)
        witness = Part(WITNESS, place.witness, partial(probes.port, place.address(WITNESS)))
        parts = (database, store, witness, *replicas)
        self._keepers = {part.name: Keeper(part, register, lambda _change: None) for part in parts}

    async def _probe_store(self) -> State:
        works = await asyncio.to_thread(seaweedfs.answers, self.place.store)
        return State.READY if works else State.STARTING

    async def kill(self, name: str) -> None:
        """SIGKILL, and down until started."""
        await self._keepers[name].kill()

    async def start(self, name: str) -> None:
        await self._keepers[name].start()

    def pid(self, name: str) -> int:
        return self._keepers[name].pid

    def state(self, name: str) -> State:
        return self._keepers[name].state

    async def up(self) -> None:
        """Both replicas start at once, on a log that does not exist yet."""
        self.place.make_keys()
        await asyncio.gather(*(self.start(name) for name in (POSTGRES, STORE, WITNESS)))
        await asyncio.to_thread(databases.ensure, self.place.cluster, databases.AUDIT, self.place.passwords)
        await process.run_beside(self.place.migration(), MIGRATION_S)
        await asyncio.gather(*(self.start_again(name) for name in REPLICAS))

    async def start_again(self, name: str) -> None:
        """Starts a part that was killed. It may need several attempts: what it left must end first. Raises LocalError."""
        deadline = time.monotonic() + BACK_S
        while True:
            try:
                await self.start(name)
            except LocalError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)
            else:
                return

    async def down(self) -> None:
        await asyncio.gather(*(self._keepers[name].stop() for name in REPLICAS))
        await asyncio.gather(*(self._keepers[name].stop() for name in (POSTGRES, STORE, WITNESS)))


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Stand]:
    """The parts, up until the block ends."""
    os.makedirs(folder, exist_ok=True)
    with closing(ports.reserve(PORTS, {})) as reservation, Register(folder) as register:
        stand = Stand(Place(folder, dict(reservation.ports)), register)
        try:
            await stand.up()
            yield stand
        finally:
            await stand.down()
