"""PostgreSQL for the services: a pool, refusals instead of driver errors, and migrations."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import structlog
from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import Diagnostic
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from services.common.errors import CommitUnknown, StoreUnavailable

log = structlog.get_logger()

# A process that is stopped in the middle of a transaction must not hold its locks for ever. Times come in UTC: the last hours of
# the year 9999 are in the year 10000 elsewhere, which Python cannot hold.
OPTIONS = "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s -c TimeZone=UTC"

CREATE = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {table}"
    " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
)
SELECT = sql.SQL("SELECT name, sha256 FROM {table}")
INSERT = sql.SQL("INSERT INTO {table} (name, sha256) VALUES (%s, %s)")


# Trouble, though the driver has other classes for it: the session was ended because this process was stopped in the middle of
# a transaction (25P03, 25P04), or the server has become a standby (25006).
TROUBLE = frozenset({"25P03", "25P04", "25006"})
# The server ended the session: how far it had come with what it was asked last, it does not say.
SESSION_LOST = ("08", "57P")


class SchemaProblem(Exception):
    """The database's schema is not the one this program was written for."""


class StoreFault(Exception):
    """The database refused a statement of ours. The text names the rule (SQLSTATE, constraint), and never the values."""

    def __init__(self, kind: str, state: str = "", constraint: str = "") -> None:
        super().__init__(" ".join(word for word in (kind, state, constraint) if word))
        self.state, self.constraint = state, constraint


class Database:
    """A pool of connections of one role. No word of the driver's exceptions goes further: they quote keys, rows, parameters."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises StoreUnavailable when the database does not answer and nothing was done, CommitUnknown when it was lost while it
        committed, and StoreFault when it refuses a statement or the commit.
        """
        try:
            async with self._pool.connection() as connection:
                yield connection
                await _commit(connection)
        except (psycopg.Error, PoolTimeout, PoolClosed, TooManyRequests) as cause:
            raise _translated(cause).with_traceback(cause.__traceback__) from None

    async def verify_alive(self) -> None:
        """Raises StoreUnavailable when no statement can be run now."""
        async with self.transaction() as connection:
            await connection.execute("SELECT 1")


async def _commit(connection: AsyncConnection[TupleRow]) -> None:
    """Commits, and believes only a COMMIT without reserve.

    The driver's own end of a block passes a connection over in silence that was closed meanwhile, takes the ROLLBACK of a
    transaction whose failure somebody swallowed for a commit, and a replication that was not waited for comes as a warning.
    """
    if connection.info.transaction_status == TransactionStatus.IDLE:
        return  # nothing was asked
    warnings: list[str] = []

    def warn(notice: Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            warnings.append(notice.sqlstate or "")

    connection.add_notice_handler(warn)
    try:
        result = await connection.execute("COMMIT", prepare=False)
    except psycopg.Error as cause:
        state = cause.sqlstate or ""
        if not state or state.startswith(SESSION_LOST):
            log.warning("database.commit_unknown", kind=type(cause).__name__, state=state)
            raise CommitUnknown("the database was lost while it committed") from None
        raise
    finally:
        connection.remove_notice_handler(warn)
    if warnings:
        log.warning("database.commit_unknown", kind="warning", state=warnings[0])
        raise CommitUnknown("the database did not confirm the commit without reserve")
    if result.statusmessage != "COMMIT":
        raise StoreFault("transaction rolled back")


def _translated(cause: Exception) -> Exception:
    """A refusal or a fault without the driver's words; those of trouble are in the log by their kind."""
    state, constraint = "", ""
    if isinstance(cause, psycopg.Error):
        state, constraint = cause.sqlstate or "", cause.diag.constraint_name or ""
        if not isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)) and state not in TROUBLE:
            return StoreFault(type(cause).__name__, state, constraint)
    log.warning("database.trouble", kind=type(cause).__name__, state=state)
    return StoreUnavailable("the database does not answer")


def lively(dsn: str) -> str:
    """The same connection string, for connections that notice within about ten seconds that the other machine is gone.

    Such a server says nothing, not even that. By the kernel's defaults a connection that waits for an answer finds out after two
    hours, and one that has sent something after a quarter of an hour; until then its place in the pool is taken.
    """
    keepalive = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    return make_conninfo(dsn, **keepalive, tcp_user_timeout=10_000)  # milliseconds


@asynccontextmanager
async def connect(dsn: str, password: str, *, connections: int = 4, wait_s: float = 30.0) -> AsyncIterator[Database]:
    """An open pool, closed at the end of the block. Raises StoreUnavailable when no connection comes up in `wait_s`."""
    pool = AsyncConnectionPool(
        lively(dsn),
        kwargs={
            "password": password,
            "connect_timeout": 5,
            "options": OPTIONS,
        },
        min_size=1,
        max_size=connections,
        timeout=5.0,
        max_waiting=512,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )
    try:
        await pool.open(wait=True, timeout=wait_s)
        yield Database(pool)
    except PoolTimeout as cause:
        raise _translated(cause) from None
    finally:
        await pool.close()


def migrate(dsn: str, password: str, schema: str, folder: Path) -> list[str]:
    """Applies the numbered SQL files of `folder` that the schema has not seen, each in a transaction; returns their names.

    Runs as the schema's owner. Safe to run by several processes at once. Raises SchemaProblem when a file that was applied
    has changed since.
    """
    applied: list[str] = []
    with psycopg.connect(lively(dsn), password=password, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"anpr migrations of {schema}",))
        table = sql.Identifier(schema, "migration")
        connection.execute(CREATE.format(table=table))
        known: dict[str, str] = dict(connection.execute(SELECT.format(table=table)).fetchall())
        for file in sorted(folder.glob("[0-9]*.sql")):
            text = file.read_text()
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            if known.get(file.name, sha256) != sha256:
                raise SchemaProblem(f"{file.name} was applied in another form")
            if file.name in known:
                continue
            with connection.transaction():
                connection.execute(text.encode())
                connection.execute(INSERT.format(table=table), (file.name, sha256))
            applied.append(file.name)
    return applied


async def verify_schema(database: Database, schema: str, folder: Path) -> None:
    """Raises SchemaProblem unless exactly the migrations of `folder` were applied."""
    async with database.transaction() as connection:
        rows = await (await connection.execute(SELECT.format(table=sql.Identifier(schema, "migration")))).fetchall()
    missing = _numbered(folder) - {str(row[0]) for row in rows}
    if missing:
        raise SchemaProblem(f"migrations are missing: {', '.join(sorted(missing))}")


def _numbered(folder: Path) -> set[str]:
    return {file.name for file in folder.glob("[0-9]*.sql")}
