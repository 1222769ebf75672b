"""The whole suite with real engines; in the services' places stand programs that only say that they serve."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from services.local import instance, kernel, seaweedfs, supervisor
from services.local.errors import AlreadyRunning, EngineFailed
from services.local.instance import SERVICES
from services.local.keeper import State
from services.local.options import Options
from services.local.supervisor import Suite
from tests.local.conftest import STANDIN
from tests.local.test_gateway import answer
from tests.local.test_keeper import until
from tests.local.test_process import is_gone

pytestmark = [pytest.mark.postgres, pytest.mark.s3, pytest.mark.asyncio(loop_scope="module")]

FAST = Options(standin=STANDIN, unsafe_fast=True)
LOOPBACK_V4, LOOPBACK_MAPPED = "0100007F", "0000000000000000FFFF00000100007F"
PARTS = ("postgres-services", "postgres-audit", "seaweedfs", *SERVICES, "gateway")
ASK = {"audit": "/anpr.audit.v1.AuditService/GetEntry", "matching": "/anpr.matching.v1.SightingService/LookupPlate"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    async with supervisor.running(tmp_path_factory.mktemp("suite") / "data", FAST) as running:
        yield running


def listeners(pids: set[int]) -> list[str]:
    """The addresses on which these processes listen, in the kernel's hexadecimal form."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = str(descriptor.readlink())
            inodes |= {target[8:-1]} if target.startswith("socket:") else set()
    rows = [line.split() for file in ("tcp", "tcp6") for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]]
    return [row[1].rpartition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes]


def shown_by_the_kernel(pid: int) -> bytes:
    """The command line and the environment of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()


def sockets(suite: Suite) -> list[Path]:
    """What this suite's S3 server has in /tmp."""
    ports = {str(port) for port in suite.instance.ports.values()}
    return [path for path in Path("/tmp").glob("seaweedfs-*.sock") if path.stem.rpartition("-")[2] in ports]


async def test_everything_is_ready_and_found(suite: Suite) -> None:
    assert {suite.state(name) for name in PARTS} == {State.READY}
    assert instance.load(suite.instance.data).ports == suite.instance.ports
    for name, method in ASK.items():
        assert await answer(suite.instance.gateway, method) == name


async def test_nothing_listens_beyond_loopback(suite: Suite) -> None:
    found = listeners({suite.pid(name) for name in PARTS})
    assert len(found) >= len(PARTS)
    assert set(found) <= {LOOPBACK_V4, LOOPBACK_MAPPED}


async def test_a_migration_ran_as_the_owner_of_its_schema(suite: Suite) -> None:
    for service in ("ingest", "matching", "audit"):
        owner = f"{service}_owner"
        password = suite.instance.password_file(owner).read_text()
        with psycopg.connect(suite.instance.conninfo(owner), password=password) as connection:
            rows = connection.execute(
                "SELECT schemaname, tableowner FROM pg_tables WHERE tablename = 'standin' AND schemaname = %s",
                (service,),
            ).fetchall()
        assert rows == [(service, owner)]


async def test_the_bucket_is_versioned_and_takes_locks(suite: Suite) -> None:
    admin = seaweedfs.client(suite.instance.store, "admin")
    assert admin.get_bucket_versioning(seaweedfs.BUCKET).status == "Enabled"
    assert list(admin.list_objects(seaweedfs.BUCKET, include_version=True)) == []


async def test_everything_on_disk_is_private(suite: Suite) -> None:
    data = suite.instance.data
    assert data.stat().st_mode & 0o077 == 0
    for folder in ("secrets", "logs", "seaweedfs", "gateway", "postgres-services", "postgres-audit"):
        assert (data / folder).stat().st_mode & 0o077 == 0
    assert [path for path in suite.instance.secrets.rglob("*") if path.stat().st_mode & 0o077] == []


async def test_no_secret_can_be_seen_in_the_process_list(suite: Suite) -> None:
    secrets = [path.read_bytes() for path in suite.instance.secrets.rglob("*") if path.is_file()]
    for name in PARTS:
        shown = await asyncio.to_thread(shown_by_the_kernel, suite.pid(name))
        assert [secret for secret in secrets if secret in shown] == []


@pytest.mark.parametrize("name", PARTS)
async def test_a_part_that_is_killed_comes_back(suite: Suite, name: str) -> None:
    first = suite.pid(name)
    os.kill(first, signal.SIGKILL)
    await until(lambda: suite.state(name) is not State.READY)
    await until(lambda: suite.state(name) is State.READY)
    assert suite.pid(name) != first
    assert kernel.entry(suite.pid(name)).session == suite.pid(name)


async def test_a_service_that_is_held_down_refuses_until_it_is_started(suite: Suite) -> None:
    async def asks(expected: str) -> None:
        answered = ""
        while answered != expected:
            answered = await answer(suite.instance.gateway, ASK["audit"])

    await suite.kill("audit")
    assert await answer(suite.instance.gateway, ASK["audit"]) == "UNAVAILABLE"
    assert suite.state("audit") is State.HELD
    await suite.start("audit")
    await asks("audit")
    await suite.stop("audit")
    await asks("UNAVAILABLE")
    await suite.start("audit")
    await asks("audit")


async def test_a_second_supervisor_is_refused_and_the_first_goes_on(suite: Suite) -> None:
    with pytest.raises(AlreadyRunning, match="another `anpr up` runs in"):
        async with supervisor.running(suite.instance.data, FAST):
            pass
    assert await answer(suite.instance.gateway, ASK["matching"]) == "matching"


async def test_two_suites_run_side_by_side_and_one_ends_without_the_other(suite: Suite, tmp_path: Path) -> None:
    async with supervisor.running(tmp_path / "second", FAST) as second:
        assert not set(second.instance.ports.values()) & set(suite.instance.ports.values())
        pids = {second.pid(name) for name in PARTS}
        litter = await asyncio.to_thread(sockets, second)
        assert len(litter) == 4
        assert await answer(second.instance.gateway, ASK["matching"]) == "matching"
    assert [pid for pid in pids if not is_gone(pid)] == []
    assert [path for path in litter if path.exists()] == []
    assert sorted(path.name for path in (tmp_path / "second").rglob("*.sock")) == []
    assert not (tmp_path / "second" / "children.json").exists()
    assert not list((tmp_path / "second").rglob("postmaster.pid"))
    assert await answer(suite.instance.gateway, ASK["matching"]) == "matching"


async def test_a_start_that_fails_names_the_part_and_leaves_nothing_running(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        f"import runpy, sys\nif 'matching' in sys.argv[1]: sys.exit(5)\nrunpy.run_path({str(STANDIN)!r}, run_name='__main__')\n"
    )
    with pytest.raises(EngineFailed, match=r"matching-migrate failed with exit 5: see .*matching-migrate\.log"):
        async with supervisor.running(tmp_path / "data", Options(standin=broken, unsafe_fast=True)):
            pass
    left = [entry for entry in kernel.entries() if not entry.is_dead and str(tmp_path) in _command(entry.pid)]
    assert left == []


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
