"""PostgreSQL for the services: a pool, refusals instead of driver errors, and migrations."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from services.common.errors import StoreUnavailable

CREATE = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {table}"
    " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
)
SELECT = sql.SQL("SELECT name, sha256 FROM {table}")
INSERT = sql.SQL("INSERT INTO {table} (name, sha256) VALUES (%s, %s)")


class SchemaProblem(Exception):
    """The database's schema is not the one this program was written for."""


class Database:
    """A pool of connections of one role. Whatever the driver raises for trouble becomes StoreUnavailable."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed, TooManyRequests) as cause:
            raise StoreUnavailable("the database does not answer") from cause

    async def verify_alive(self) -> None:
        """Raises StoreUnavailable when no statement can be run now."""
        async with self.transaction() as connection:
            await connection.execute("SELECT 1")


@asynccontextmanager
async def connect(dsn: str, password: str, *, connections: int = 4, wait_s: float = 30.0) -> AsyncIterator[Database]:
    """An open pool, closed at the end of the block. Raises StoreUnavailable when no connection comes up in `wait_s`."""
    pool = AsyncConnectionPool(
        dsn,
        kwargs={"password": password, "connect_timeout": 5, "options": "-c statement_timeout=10s -c lock_timeout=5s"},
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
        raise StoreUnavailable("the database does not answer") from cause
    finally:
        await pool.close()


def migrate(dsn: str, password: str, schema: str, folder: Path) -> list[str]:
    """Applies the numbered SQL files of `folder` that the schema has not seen, each in a transaction; returns their names.

    Runs as the schema's owner. Safe to run by several processes at once. Raises SchemaProblem when a file that was applied
    has changed since.
    """
    applied: list[str] = []
    with psycopg.connect(dsn, password=password, autocommit=True) as connection:
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
