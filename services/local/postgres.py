"""PostgreSQL 18 from its wheel, its programs driven directly. Usable alone:

    server = postgres.start(folder)                        # initdb at the first time, then ready for connections
    server = postgres.start(folder, unsafe_fast=True)      # tests only: no fsync, a crash may lose everything
    psycopg.connect(server.conninfo("postgres"), password=server.password())      # as the superuser
    postgres.stop(server)

`start` blocks until ready (about 2 s the first time, 0.2 s later) or raises EngineFailed. It listens on 127.0.0.1 only,
on no unix socket, and knows nothing but scram-sha-256. It works as root and as a normal user (see account.py).
"""

import shutil
import signal
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg

from services.local import account, binaries, kernel, ports, process, secret_files
from services.local.errors import EngineFailed
from services.local.process import Child, Program

SUPERUSER = "anpr_superuser"
INITDB_TIMEOUT_S = 60.0
READY_TIMEOUT_S = 60.0  # crash recovery included
NO_PID = 1 << 22  # above the kernel's highest

SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Calls of the functions that read sightings are counted, to be compared with the ledger of queries (services/reconcile).
    "track_functions": "all",
    # A statement, its parameters and the words of its error can hold plates. The caller gets the error; the log gets what
    # concerns the server (LOG, FATAL and PANIC rank above ERROR there).
    "log_statement": "none",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
UNSAFE_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL instance at rest: its folder (`data` lies in it), its port and the superuser's password file."""

    name: str
    folder: Path
    port: int
    password_file: Path
    log: Path
    unsafe_fast: bool = False

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def conninfo(self, database: str, role: str = SUPERUSER) -> str:
        """A libpq connection string without the password."""
        return f"host={ports.LOOPBACK} port={self.port} dbname={database} user={role}"

    def password(self) -> str:
        """The superuser's password."""
        return self.password_file.read_text()


@dataclass(frozen=True, slots=True)
class Server:
    """A running instance. `child` is its postmaster."""

    cluster: Cluster
    child: Child

    @property
    def port(self) -> int:
        return self.cluster.port

    def conninfo(self, database: str, role: str = SUPERUSER) -> str:
        return self.cluster.conninfo(database, role)

    def password(self) -> str:
        return self.cluster.password()


def start(folder: Path, *, port: int = 0, unsafe_fast: bool = False) -> Server:
    """Start an instance alone in this folder. Port 0: any free one. `unsafe_fast` gives up durability, for tests."""
    with closing(ports.reserve(("postgres",), {"postgres": port})) as reservation:
        cluster = Cluster(
            name=f"postgres-{folder.name}",
            folder=folder,
            port=reservation.ports["postgres"],
            password_file=folder / "superuser.password",
            log=folder / "postgres.log",
            unsafe_fast=unsafe_fast,
        )
        child = process.spawn(prepare(cluster))
        try:
            wait(cluster, child)
        except EngineFailed:
            process.kill(child)
            raise
    return Server(cluster, child)


def stop(server: Server) -> None:
    """Fast shutdown: transactions are rolled back, nothing is left behind."""
    process.end(server.child)


def prepare(cluster: Cluster) -> Program:
    """Make the data directory if there is none yet, whole or not at all; returns the server to spawn."""
    cluster.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not cluster.data.exists():
        _make(cluster)
    elif not cluster.password_file.exists():
        raise EngineFailed(
            f"{cluster.password_file} is missing, and {cluster.name} cannot be used without it: restore it"
        )
    _forget_recycled_pid(cluster.data)
    return _server(cluster, account.for_postgres(cluster.data))


def _make(cluster: Cluster) -> None:
    secret_files.password(cluster.password_file)
    partial = cluster.folder / "data.partial"
    shutil.rmtree(partial, ignore_errors=True)
    process.run(_initdb(cluster, partial, account.for_postgres(partial)), INITDB_TIMEOUT_S)
    partial.rename(cluster.data)


def wait(cluster: Cluster, child: Child) -> None:
    """Return once a query is answered; EngineFailed if the server ends first or takes too long."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if not child.is_running():
            raise EngineFailed(f"{cluster.name} ended while starting: see {cluster.log}")
        if answers(cluster):
            return
        time.sleep(0.05)
    raise EngineFailed(f"{cluster.name} did not answer within {READY_TIMEOUT_S:g} s: see {cluster.log}")


def answers(cluster: Cluster) -> bool:
    try:
        with psycopg.connect(
            cluster.conninfo("postgres"), password=cluster.password(), connect_timeout=2
        ) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _initdb(cluster: Cluster, data: Path, owner: account.Account) -> Program:
    command = [str(binaries.postgres("initdb")), f"--pgdata={data}", f"--username={SUPERUSER}"]
    command += [f"--pwfile={cluster.password_file}", "--auth=scram-sha-256", "--locale=C.UTF-8", "--encoding=UTF8"]
    command += ["--data-checksums", *(["--no-sync"] if cluster.unsafe_fast else [])]
    return Program(f"initdb of {cluster.name}", tuple(command), cluster.folder, cluster.log, account=owner)


def _server(cluster: Cluster, owner: account.Account) -> Program:
    settings = {
        **SETTINGS,
        **(UNSAFE_FAST if cluster.unsafe_fast else DURABLE),
        "port": str(cluster.port),
        "cluster_name": cluster.name,
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Program(
        name=cluster.name,
        command=(str(binaries.postgres("postgres")), "-D", str(cluster.data), *options),
        folder=cluster.folder,
        log=cluster.log,
        account=owner,
        stop_signal=signal.SIGINT,  # fast shutdown
        death_signal=signal.SIGQUIT,  # immediate shutdown: takes the backends and the shared memory along
        grace_s=10.0,
    )


def _forget_recycled_pid(data: Path) -> None:
    """After a crash the lock file may name a pid that some other program has by now, which PostgreSQL would respect.

    Only the number is replaced: the file also names the shared memory, by which PostgreSQL sees backends still alive.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    pid, *rest = lock.read_text().splitlines(keepends=True)
    if not _is_writer(int(pid), lock.stat().st_mtime):
        with lock.open("r+") as file:
            file.write("".join([f"{NO_PID}\n", *rest]))
            file.truncate()


def _is_writer(pid: int, written: float) -> bool:
    """True if the process is a PostgreSQL at least as old as the file that names it."""
    try:
        process_entry = kernel.entry(pid)
    except ProcessLookupError:
        return False
    file_age_s = time.time() - written
    return process_entry.command == "postgres" and process_entry.age_s + 1 >= file_age_s
