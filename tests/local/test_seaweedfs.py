"""The S3 server: who may do what, what survives, and what is closed below S3 where no object lock holds."""

import io
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from services.local import binaries, process, seaweedfs

pytestmark = pytest.mark.s3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweedfs.Server]:
    server = seaweedfs.start(tmp_path_factory.mktemp("s3") / "server")
    yield server
    seaweedfs.stop(server)


def put(
    server: seaweedfs.Server, role: str, name: str, content: bytes, retention: Retention | None = None
) -> str | None:
    client = seaweedfs.client(server.store, role)
    return client.put_object(seaweedfs.BUCKET, name, io.BytesIO(content), len(content), retention=retention).version_id


def get(server: seaweedfs.Server, name: str) -> bytes:
    return seaweedfs.client(server.store, "reader").get_object(seaweedfs.BUCKET, name).read()


def port(server: seaweedfs.Server, name: str) -> int:
    return dict(server.store.ports)[name]


def status(server: seaweedfs.Server, part: str, path: str, method: str) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port(server, part)}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_what_the_writer_puts_the_reader_gets(server: seaweedfs.Server) -> None:
    put(server, "writer", "a", b"frame")
    assert get(server, "a") == b"frame"


def test_the_reader_cannot_change_anything(server: seaweedfs.Server) -> None:
    version = put(server, "writer", "kept", b"frame")
    with pytest.raises(S3Error, match="AccessDenied"):
        put(server, "reader", "kept", b"other")
    with pytest.raises(S3Error, match="AccessDenied"):
        seaweedfs.client(server.store, "reader").remove_object(seaweedfs.BUCKET, "kept", version_id=version)
    assert get(server, "kept") == b"frame"


@pytest.mark.parametrize("role", ["writer", "reader"])
def test_services_cannot_make_buckets(server: seaweedfs.Server, role: str) -> None:
    with pytest.raises(S3Error, match="AccessDenied"):
        seaweedfs.client(server.store, role).make_bucket("another")


@pytest.mark.parametrize("role", ["admin", "writer"])
def test_nobody_deletes_what_is_locked(server: seaweedfs.Server, role: str) -> None:
    until = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(days=1))
    version = put(server, "writer", f"locked-{role}", b"frame", until)
    with pytest.raises(S3Error, match="AccessDenied"):
        seaweedfs.client(server.store, role).remove_object(seaweedfs.BUCKET, f"locked-{role}", version_id=version)
    assert get(server, f"locked-{role}") == b"frame"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("master", "/col/delete?collection=anpr-evidence"),
        ("master", "/dir/status"),
        ("master", "/dir/assign"),
        ("master", "/vol/vacuum"),
        ("filer", "/buckets/anpr-evidence/?recursive=true"),
        ("volume", "/ui/index.html"),
    ],
)
def test_ports_below_s3_refuse_strangers(server: seaweedfs.Server, part: str, path: str, method: str) -> None:
    put(server, "writer", "below", b"frame")
    assert status(server, part, path, method) in (400, 401, 404)
    assert get(server, "below") == b"frame"


def test_the_shell_of_the_server_does_nothing_without_its_certificate(server: seaweedfs.Server, tmp_path: Path) -> None:
    put(server, "writer", "shell", b"frame")
    peers = [f"-{part}=127.0.0.1:{port(server, part)}.{port(server, f'{part}_grpc')}" for part in ("master", "filer")]
    command = [str(binaries.weed()), "shell", *peers]
    script = b"fs.rm -rf /buckets/anpr-evidence/shell.versions\nexit\n"
    with pytest.raises(subprocess.TimeoutExpired):  # it never gets a connection
        subprocess.run(
            command,
            cwd=tmp_path,
            env={"HOME": str(tmp_path)},
            input=script,
            capture_output=True,
            timeout=3,
            check=False,
        )
    assert get(server, "shell") == b"frame"


def test_what_was_acknowledged_survives_a_kill_and_other_ports(tmp_path: Path) -> None:
    contents = {f"{number}": os.urandom(100_000) for number in range(20)}
    first = seaweedfs.start(tmp_path / "server")
    for name, content in contents.items():
        put(first, "writer", name, content)
    process.kill(first.child)
    second = seaweedfs.start(tmp_path / "server")
    try:
        assert {name: get(second, name) for name in contents} == contents
    finally:
        seaweedfs.stop(second)
    assert not [path for path in second.child.program.litter if path.exists()]


def test_its_folder_and_keys_are_closed(server: seaweedfs.Server) -> None:
    private = [
        *server.store.keys_folder.iterdir(),
        *(server.store.folder / name for name in ("security.toml", "grpc.key")),
    ]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
    assert server.store.folder.stat().st_mode & 0o777 == 0o700
