"""Where everything of one running suite is: what the command line, the demo and the tests need to reach it.

instance = load(Path(".anpr"))
channel = grpc.aio.insecure_channel(instance.gateway)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.local import data_folder, databases, seaweedfs, secret_files
from services.local.errors import NotRunning
from services.local.ports import LOOPBACK
from services.local.postgres import Cluster
from services.local.seaweedfs import Store

SERVICES = ("audit", "matching", "recognition", "ingest")
METRICS = tuple(f"{service}-metrics" for service in SERVICES)
PORT_NAMES = (
    "gateway",
    *SERVICES,
    *METRICS,
    "log-site",
    "witness",
    "reconcile-metrics",
    "postgres-services",
    "postgres-audit",
    *seaweedfs.ALL_PORTS,
)


@dataclass(frozen=True, slots=True)
class Instance:
    """Addresses, folders and files of the suite in one data directory. No secret is in it, only paths of secrets."""

    data: Path
    ports: Mapping[str, int]
    unsafe_fast: bool = False

    def address(self, name: str) -> str:
        """host:port of `gateway`, of one of SERVICES, or of its measurements, such as `audit-metrics`."""
        return f"{LOOPBACK}:{self.ports[name]}"

    @property
    def gateway(self) -> str:
        return self.address("gateway")

    @property
    def log_site(self) -> str:
        """Where the published log is read, a C2SP tlog-tiles tree."""
        return f"http://{self.address('log-site')}"

    @property
    def witness(self) -> Path:
        """Folder of the witness of this machine. A real one runs elsewhere, at somebody else's."""
        return self.data / "witness"

    @property
    def reconciler(self) -> Path:
        """Folder of the reconciler of this machine. A real one runs elsewhere, at the oversight body's."""
        return self.data / "reconcile"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def services_cluster(self) -> Cluster:
        """The PostgreSQL instance of ingest and matching."""
        return self._cluster("postgres-services")

    @property
    def audit_cluster(self) -> Cluster:
        """The PostgreSQL instance of audit alone."""
        return self._cluster("postgres-audit")

    @property
    def store(self) -> Store:
        """The S3 server."""
        ports = tuple((name, self.ports[name]) for name in seaweedfs.ALL_PORTS)
        return Store(self.data / "seaweedfs", self.secrets / "s3", ports, self.logs / "seaweedfs.log")

    def conninfo(self, role: str) -> str:
        """The libpq connection string of a role, without its password, to the database it belongs to."""
        if role in databases.AUDIT.roles:
            return self.audit_cluster.conninfo(databases.AUDIT.name, role)
        return self.services_cluster.conninfo(databases.SERVICES.name, role)

    @property
    def passwords(self) -> Path:
        return self.secrets / "postgres"

    def password_file(self, role: str) -> Path:
        return databases.password_file(self.passwords, role)

    def password(self, role: str) -> str:
        return self.password_file(role).read_text().strip()

    def _cluster(self, name: str) -> Cluster:
        return Cluster(
            name=name,
            folder=self.data / name,
            port=self.ports[name],
            password_file=self.password_file(name),
            log=self.logs / f"{name}.log",
            unsafe_fast=self.unsafe_fast,
        )


def load(folder: Path) -> Instance:
    """The suite that runs in this data directory. Raises NotRunning when none does."""
    data = folder.absolute()
    known = ports_of(data)
    if not known or not data_folder.is_locked(data):
        raise NotRunning(f"nothing runs in {data}: start it with `anpr up`")
    return Instance(data, known)


def ports_of(data: Path) -> Mapping[str, int]:
    """The ports that the last supervisor here chose; empty where none ever did."""
    try:
        text = (data / data_folder.MARK).read_text()
    except OSError:
        return {}
    try:
        return {name: int(port) for name, port in json.loads(text)["ports"].items()}
    except (ValueError, KeyError, AttributeError, TypeError):
        return {}


def write(instance: Instance) -> None:
    """Write ports.json, at once or not at all. The addresses in it are for people and other languages."""
    addresses = {name: instance.address(name) for name in ("gateway", *SERVICES)}
    addresses["log"] = instance.log_site
    content = {**addresses, "s3": instance.store.endpoint, "ports": dict(instance.ports)}
    secret_files.write(instance.data / data_folder.MARK, json.dumps(content, indent=2).encode())
