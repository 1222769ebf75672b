"""The SQL of orders, as audit_eraser: what they say, and the deed."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from services.audit.erasure.errors import EntryHeld, OrderNotFound, RecordKept, TablesBusy
from services.audit.erasure.order import Kind, Order, State
from services.common.database import Database
from services.common.errors import Refusal

HELD, KEPT = "AH001", "AH002"

SELECT_TARGETS = """
SELECT e.seq AS index, e.leaf, s.epoch AS left_in, audit.hold_of(e.seq, s.epoch) AS hold
FROM audit.entry e LEFT JOIN audit.secret s ON s.seq = e.seq WHERE e.seq = ANY (%(indexes)s)
"""
SELECT_INDEXES = "SELECT id, seq FROM audit.entry_id WHERE id = ANY (%(ids)s)"
INSERT_ORDER = """
INSERT INTO audit.erasure_order (order_id, kind, hold, epoch, proposer, proposed_seq, entry_id, expires_at)
VALUES (%(id)s, %(kind)s, %(hold)s, %(epoch)s, %(proposer)s, %(proposed)s, %(entry_id)s, clock_timestamp() + %(valid)s)
"""
INSERT_TARGETS = "INSERT INTO audit.erasure_target (order_id, seq) SELECT %(id)s, unnest(%(targets)s::bigint[])"
COLUMNS = sql.SQL("""
    o.order_id AS id, o.kind, o.hold, o.state, o.epoch, o.proposer, o.proposed_seq AS proposed_index,
    o.approved_seq AS approved_index, o.entry_id, o.logged_seq AS logged_index,
    (extract(epoch FROM o.expires_at) * 1000)::bigint AS expires_ms, o.expires_at <= clock_timestamp() AS is_expired,
    array(SELECT t.seq FROM audit.erasure_target t WHERE t.order_id = o.order_id ORDER BY t.seq) AS targets
""")
SELECT_ORDERS = sql.SQL("SELECT {} FROM audit.erasure_order o ORDER BY o.number DESC LIMIT %(limit)s").format(COLUMNS)
SELECT_UNFINISHED = "SELECT order_id FROM audit.erasure_order WHERE state IN ('approved', 'logged') ORDER BY number"
LOCK_ORDER = sql.SQL("SELECT {} FROM audit.erasure_order o WHERE o.order_id = %(id)s FOR UPDATE").format(COLUMNS)
APPROVE = """
UPDATE audit.erasure_order SET state = 'approved', approver = %(approver)s, approved_seq = %(approved)s WHERE order_id = %(id)s
"""
MOVE_LOGGED = "UPDATE audit.erasure_order SET state = 'logged', logged_seq = %(logged)s WHERE order_id = %(id)s"
MOVE = "UPDATE audit.erasure_order SET state = %(state)s WHERE order_id = %(id)s"
LIFT = "UPDATE audit.hold SET lifted_by = %(id)s WHERE number = %(hold)s AND lifted_by IS NULL"
# The secret goes first: without it nothing else says anything. The tags go last: holds are looked up by them.
DELETES = tuple(
    sql.SQL("DELETE FROM audit.{} WHERE seq = ANY (%(targets)s)").format(sql.Identifier(table))
    for table in ("secret", "payload", "further_plate", "tag")
)


@dataclass(frozen=True, slots=True)
class Target:
    """An entry that may be erased. left_in: its epoch, None when it was erased; hold: the one it is under."""

    index: int
    leaf: bytes
    left_in: str | None
    hold: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new order."""

    id: UUID
    kind: Kind
    epoch: str
    proposer: bytes = field(repr=False)
    proposed: int
    entry_id: UUID
    valid: timedelta
    hold: int | None = None
    targets: tuple[int, ...] = ()


class OrderStore:
    """Orders. Every method raises StoreUnavailable; those that write may raise CommitUnknown as well."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def indexes(self, ids: Sequence[UUID]) -> dict[UUID, int]:
        """Indexes of the entries with these ids, as far as there are."""
        async with self._database.transaction() as connection:
            return dict(await (await connection.execute(SELECT_INDEXES, {"ids": list(ids)})).fetchall())

    async def targets(self, indexes: Sequence[int]) -> dict[int, Target]:
        """What would be erased, by index, as far as there is such an entry."""
        async with self._database.transaction() as connection:
            return {target.index: target for target in await _targets(connection, indexes)}

    async def propose(self, proposal: Proposal) -> None:
        """Stores a new order."""
        row = {name: getattr(proposal, name) for name in Proposal.__slots__ if name != "targets"}
        async with self._database.transaction() as connection:
            await connection.execute(INSERT_ORDER, row)
            await connection.execute(INSERT_TARGETS, {"id": proposal.id, "targets": list(proposal.targets)})

    async def orders(self, limit: int) -> list[Order]:
        """Orders, newest first."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=dict_row) as rows:
            await rows.execute(SELECT_ORDERS, {"limit": limit})
            return [_order(row) for row in await rows.fetchall()]

    async def unfinished(self) -> list[UUID]:
        """Orders that were approved and not brought to an end."""
        async with self._database.transaction() as connection:
            return [id_ for (id_,) in await (await connection.execute(SELECT_UNFINISHED)).fetchall()]

    @asynccontextmanager
    async def step(self, order_id: UUID) -> AsyncIterator["Step"]:
        """One step of an order, which nobody else moves meanwhile. Raises OrderNotFound."""
        async with self._database.transaction() as connection:
            async with connection.cursor(row_factory=dict_row) as rows:
                await rows.execute(LOCK_ORDER, {"id": order_id})
                row = await rows.fetchone()
            if row is None:
                raise OrderNotFound("there is no such order")
            yield Step(connection, _order(row))


class Step:
    """An order that is being moved, locked."""

    def __init__(self, connection: AsyncConnection, order: Order) -> None:
        self._connection, self.order = connection, order

    async def targets(self) -> list[Target]:
        """The entries that it is about."""
        return await _targets(self._connection, self.order.targets)

    async def approve(self, approver: bytes, approved: int) -> None:
        """Takes the second approval, which the entry at `approved` tells of."""
        row = {"id": self.order.id, "approver": approver, "approved": approved}
        await self._connection.execute(APPROVE, row)

    async def log(self, logged: int) -> None:
        """The entry at `logged` tells what comes next."""
        await self._connection.execute(MOVE_LOGGED, {"id": self.order.id, "logged": logged})

    async def stop(self) -> None:
        """A hold came before."""
        await self._connection.execute(MOVE, {"id": self.order.id, "state": State.STOPPED})

    async def erase(self) -> None:
        """Destroys what the entries say. Raises EntryHeld, RecordKept."""
        with refusals():
            for statement in DELETES:
                await self._connection.execute(statement, {"targets": list(self.order.targets)})
        await self._connection.execute(MOVE, {"id": self.order.id, "state": State.DONE})

    async def lift(self) -> None:
        """Lifts the hold, unless another order has."""
        await self._connection.execute(LIFT, {"id": self.order.id, "hold": self.order.hold})
        await self._connection.execute(MOVE, {"id": self.order.id, "state": State.DONE})


@contextmanager
def refusals(others: Mapping[str, Refusal] = MappingProxyType({})) -> Iterator[None]:
    """What the database refuses to destroy, and that it waits no longer for its tables, as refusals. others: by SQLSTATE."""
    try:
        yield
    except psycopg.Error as cause:
        if cause.sqlstate == HELD:
            raise EntryHeld(f"{cause.diag.message_primary} stops it") from None
        if cause.sqlstate is not None and cause.sqlstate in others:
            raise others[cause.sqlstate] from None
        if cause.sqlstate == KEPT:
            raise RecordKept("a record of the log itself goes with its epoch only") from None
        if isinstance(cause, (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)):
            raise TablesBusy("the tables are in use") from None
        raise


async def _targets(connection: AsyncConnection, indexes: Sequence[int]) -> list[Target]:
    rows = await connection.execute(SELECT_TARGETS, {"indexes": list(indexes)})
    return [Target(*row) for row in await rows.fetchall()]


def _order(row: dict[str, object]) -> Order:
    given = {**row, "kind": Kind(str(row["kind"])), "state": State(str(row["state"]))}
    given["targets"] = tuple(row["targets"])  # type: ignore[arg-type]  # an array of PostgreSQL
    return Order(**given)  # type: ignore[arg-type]  # columns are named like the fields
