"""Erasure in tests: its parts on a log of one test, and persons who give orders."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from services.audit.erasure import orders, wiring
from services.audit.erasure.hold import Criteria
from services.audit.erasure.order import Kind, Order
from services.audit.erasure.server import Parts as Erasure
from services.audit.oversight.by import By
from tests.audit.logs import TAG_KEYS, Parts, database

AUDITOR = By(
    "carla.audit", "oversight", "local", "oversight-1", ("auditor",), "oversight", "oversight", "COC/2026/0117"
)
DPO = By("dirk.dpo", "privacy", "local", "oversight-2", ("dpo",), "oversight", "oversight", "COC/2026/0117")
GROUND = orders.Ground("judgment 2026/17", "the court ordered it, art. 16 of the directive")
TABLES = ("payload", "secret", "tag", "further_plate")


@asynccontextmanager
async def erasing(parts: Parts) -> AsyncIterator[Erasure]:
    """Erasure on this log."""
    async with database(parts.scratch, "audit_eraser") as eraser:
        yield wiring.parts(eraser, parts.log, parts.review, parts.epoch_keys, TAG_KEYS)


async def order(erasure: Erasure, *indexes: int) -> Order:
    """A proposed erasure."""
    return await erasure.orders.propose_erasure(AUDITOR, indexes, (), GROUND)


async def erase(erasure: Erasure, *indexes: int) -> Order:
    """An erasure by two persons."""
    return await erasure.orders.approve(DPO, Kind.ERASE, (await order(erasure, *indexes)).id)


async def hold(erasure: Erasure, **criteria: Any) -> int:
    """A hold; its number."""
    placed = await erasure.holds.place(AUDITOR, Criteria(**criteria), "case 17", "the court asks for these")
    return placed.number


def left(parts: Parts, index: int) -> set[str]:
    """Tables in which something of the entry is left."""
    with parts.scratch.connect() as connection:
        return {
            table
            for table in TABLES
            if connection.execute(f"SELECT FROM audit.{table} WHERE seq = {index}".encode()).fetchone() is not None
        }


def keep(parts: Parts, time: timedelta) -> None:
    """Sets the retention, as the owner may."""
    with parts.scratch.connect("audit_owner") as owner:
        owner.execute("UPDATE audit.retention SET keep = %s", (time,))
