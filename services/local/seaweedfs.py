"""SeaweedFS as S3 server, one process. Usable alone:

    server = seaweedfs.start(folder)        # ready for puts after about 2 s
    seaweedfs.client(server.store, "admin") # a minio client; "writer" and "reader" are confined to the evidence bucket
    seaweedfs.stop(server)

`start` blocks until the evidence bucket exists (object lock on, so versioned) or raises EngineFailed. Everything
listens on 127.0.0.1. Keys lie in `keys_folder` as ROLE.access and ROLE.secret, made at the first start, mode 0600.
"""

import io
import json
import signal
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import MinioException

from services.local import binaries, certificates, ports, process, secret_files
from services.local.errors import EngineFailed
from services.local.process import Child, Program

BUCKET = "anpr-evidence"
LOG_BUCKET, LOG_HEADS_BUCKET = "anpr-log", "anpr-log-heads"  # full tiles under lock; what grows, and the head
ROLES = ("admin", "writer", "reader", "log")
PORTS = ("master", "volume", "filer", "s3")
ALL_PORTS = tuple(f"{kind}{suffix}" for kind in PORTS for suffix in ("", "_grpc"))
READY_TIMEOUT_S = 60.0

# Without the four lock actions a writer's put with a retention header is refused; Write does not include them.
WRITER = ("Read", "Write", "List", "Tagging", "PutObjectRetention", "GetObjectRetention")
WRITER_HOLDS = ("PutObjectLegalHold", "GetObjectLegalHold")
READER = ("Read", "List", "GetObjectRetention", "GetObjectLegalHold")

# Below S3 no object lock holds, and any local user can reach the ports. Signing keys close the HTTP ports of filer and
# volumes, certificates close the gRPC ports of all four, and -disableHttp closes the master's, where one unauthenticated
# GET of /col/delete would erase the whole bucket.
SECURITY = """\
[jwt.signing]
key = "{volume_write}"
expires_after_seconds = 10
[jwt.signing.read]
key = "{volume_read}"
expires_after_seconds = 60
[jwt.filer_signing]
key = "{filer_write}"
expires_after_seconds = 10
[jwt.filer_signing.read]
key = "{filer_read}"
expires_after_seconds = 60
[grpc]
ca = "grpc-authority.crt"
"""
GRPC_PEER = """\
[grpc.{peer}]
cert = "grpc.crt"
key = "grpc.key"
"""
GRPC_PEERS = ("master", "volume", "filer", "s3", "client")
SIGNING_KEYS = ("volume_write", "volume_read", "filer_write", "filer_read")


@dataclass(frozen=True, slots=True)
class Store:
    """One S3 server at rest. `ports` holds a port for each name of ALL_PORTS."""

    folder: Path
    keys_folder: Path
    ports: tuple[tuple[str, int], ...]
    log: Path

    @property
    def endpoint(self) -> str:
        """host:port of the S3 API, plain HTTP."""
        return f"{ports.LOOPBACK}:{dict(self.ports)['s3']}"

    def access_file(self, role: str) -> Path:
        return self.keys_folder / f"{role}.access"

    def secret_file(self, role: str) -> Path:
        return self.keys_folder / f"{role}.secret"


@dataclass(frozen=True, slots=True)
class Server:
    store: Store
    child: Child


def start(folder: Path) -> Server:
    """Start a server alone in this folder, on free ports."""
    with closing(ports.reserve(ALL_PORTS, {})) as reservation:
        store = Store(folder, folder / "keys", tuple(reservation.ports.items()), folder / "seaweedfs.log")
        child = process.spawn(prepare(store))
        try:
            wait(store, child)
        except EngineFailed:
            process.kill(child)
            raise
    return Server(store, child)


def stop(server: Server) -> None:
    process.end(server.child)


def client(store: Store, role: str, timeout_s: float = 10.0) -> Minio:
    """A client for one of ROLES that does not retry by itself (minio's own retries hide a dead server for 7 s)."""
    return Minio(
        store.endpoint,
        access_key=store.access_file(role).read_text(),
        secret_key=store.secret_file(role).read_text(),
        secure=False,
        http_client=urllib3.PoolManager(timeout=timeout_s, retries=False),
    )


def prepare(store: Store) -> Program:
    """Write the configuration, with keys made at the first time; returns the server to spawn."""
    data = store.folder / "data"
    for folder in (store.folder, data):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for role in ROLES:
        secret_files.password(store.access_file(role))
        secret_files.password(store.secret_file(role))
    _write_security(store)
    _write_identities(store)
    return Program(
        name="seaweedfs",
        command=(str(binaries.weed()), "-logtostderr=true", "server", *_options(store, data)),
        folder=store.folder,  # where it looks for security.toml
        log=store.log,
        stop_signal=signal.SIGTERM,
        grace_s=0.3,  # its own stop takes 17 s; no acknowledged object was lost by killing it
        litter=_sockets(store),
    )


def wait(store: Store, child: Child) -> None:
    """Return once the evidence bucket is there and can be written; EngineFailed if that does not come to be."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if not child.is_running():
            raise EngineFailed(f"seaweedfs ended while starting: see {store.log}")
        if answers(store):
            return
        time.sleep(0.1)
    raise EngineFailed(f"seaweedfs did not answer within {READY_TIMEOUT_S:g} s: see {store.log}")


def answers(store: Store) -> bool:
    """True if the bucket exists (made here at the first time) and takes a write: the port opens before either works."""
    admin = client(store, "admin", timeout_s=2.0)
    try:
        for bucket, is_locked in ((BUCKET, True), (LOG_BUCKET, True), (LOG_HEADS_BUCKET, False)):
            if not admin.bucket_exists(bucket):
                admin.make_bucket(bucket, object_lock=is_locked)
        probe = admin.put_object(BUCKET, ".probe", io.BytesIO(b"?"), 1)
        admin.remove_object(BUCKET, ".probe", version_id=probe.version_id)
    except (MinioException, urllib3.exceptions.HTTPError):
        return False
    return True


def _options(store: Store, data: Path) -> list[str]:
    listen = [f"-{name.replace('_', '.port.') if '_' in name else name + '.port'}={port}" for name, port in store.ports]
    return [
        f"-dir={data}",
        f"-ip={ports.LOOPBACK}",
        f"-ip.bind={ports.LOOPBACK}",
        *listen,
        "-master.telemetry=false",  # on by default
        "-disableHttp",
        "-master.peers=none",  # the only master: no election, after which a volume may wait 5 s to be heard
        "-master.volumeSizeLimitMB=1024",
        "-master.volumePreallocate=false",
        "-volume.max=0",
        "-volume.preStopSeconds=1",
        "-filer=true",
        "-filer.localSocket=filer.sock",  # relative to the folder, not shared in /tmp
        "-s3=true",
        "-s3.config=identities.json",
        "-s3.localSocket=s3.sock",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]


def _sockets(store: Store) -> tuple[Path, ...]:
    """Its gRPC sockets lie in /tmp whatever it is told; their names come from its ports."""
    grpc = [Path(f"/tmp/seaweedfs-{kind}-grpc-{dict(store.ports)[f'{kind}_grpc']}.sock") for kind in PORTS]  # noqa: S108
    return (*grpc, store.folder / "filer.sock", store.folder / "s3.sock")


def _write_security(store: Store) -> None:
    keys = {name: secret_files.password(store.keys_folder / f"{name}.signing").read_text() for name in SIGNING_KEYS}
    peers = "".join(GRPC_PEER.format(peer=peer) for peer in GRPC_PEERS)
    secret_files.write(store.folder / "security.toml", (SECURITY.format(**keys) + peers).encode())
    identity = certificates.issue("seaweedfs")
    secret_files.write(store.folder / "grpc-authority.crt", identity.authority)
    secret_files.write(store.folder / "grpc.crt", identity.certificate)
    secret_files.write(store.folder / "grpc.key", identity.key)


def _write_identities(store: Store) -> None:
    actions = {
        "admin": ["Admin"],
        "writer": [f"{action}:{BUCKET}" for action in (*WRITER, *WRITER_HOLDS)],
        "reader": [f"{action}:{BUCKET}" for action in READER],
        "log": [f"{action}:{LOG_BUCKET}" for action in WRITER]
        + [f"{action}:{LOG_HEADS_BUCKET}" for action in ("Read", "Write", "List")],
    }
    identities = [
        {"name": f"anpr-{role}", "credentials": [_credentials(store, role)], "actions": actions[role]} for role in ROLES
    ]
    secret_files.write(store.folder / "identities.json", json.dumps({"identities": identities}).encode())


def _credentials(store: Store, role: str) -> dict[str, str]:
    return {"accessKey": store.access_file(role).read_text(), "secretKey": store.secret_file(role).read_text()}
