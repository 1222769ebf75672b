"""Health tells the truth, steadily."""

import os
import signal

import pytest

from services.common.errors import StoreUnavailable
from services.ingest import health
from services.local import seaweedfs
from tests.engines import Scratch
from tests.ingest.parts import Parts


async def states(outcomes: str) -> str:
    """What a steady check says for a row of probes: + answers, - does not."""
    left = list(outcomes)

    async def probe() -> None:
        if left.pop(0) == "-":
            raise StoreUnavailable("down")

    steady, said = health.Steady(probe), ""
    while left:
        try:
            await steady()
        except StoreUnavailable:
            said += "-"
        else:
            said += "+"
    return said


@pytest.mark.parametrize(
    ("probes", "says"),
    [
        ("+++", "+++"),
        ("---", "---"),
        ("+-+-+", "+++++"),
        ("++--++", "+++--+"),
        ("--+-++", "-----+"),
        ("-++", "--+"),
        ("+--+-++", "++----+"),
    ],
)
async def test_one_lost_or_lucky_probe_changes_nothing(probes: str, says: str) -> None:
    assert await states(probes) == says


@pytest.mark.postgres
@pytest.mark.s3
async def test_both_stores_must_answer(parts: Parts, scratch: Scratch, s3: seaweedfs.Server) -> None:
    probe = health.stores(parts.store, parts.bucket)
    await probe()
    os.killpg(s3.child.pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreUnavailable):
            await probe()
    finally:
        os.killpg(s3.child.pid, signal.SIGCONT)
    await probe()
    with scratch.connect() as connection:
        connection.execute("ALTER ROLE ingest_writer NOLOGIN")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ingest_writer'")
    try:
        with pytest.raises(StoreUnavailable):
            await probe()
    finally:
        with scratch.connect() as connection:
            connection.execute("ALTER ROLE ingest_writer LOGIN")
