"""All SQL that the overseer runs. He may read the ledger of queries and the catalogue, and nothing of sightings."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import TupleRow, class_row

from services.common.database import OPTIONS, lively
from services.reconcile.evidence import Partition, Row, Statistics

PAGE = 5000

SELECT_STARTED = """
    SELECT pg_postmaster_start_time()::text, coalesce(stats_reset::text, '')
    FROM pg_stat_database WHERE datname = current_database()
"""
SELECT_CALLS = "SELECT funcname, calls FROM pg_stat_user_functions WHERE schemaname = 'matching'"
# Each partition has a table and three indexes, told apart by their first column.
SELECT_PARTITIONS = """
    SELECT s.relname, s.n_live_tup, s.seq_scan, s.n_tup_ins,
        coalesce(sum(i.idx_scan) FILTER (WHERE a.attname = 'plate'), 0)::bigint,
        coalesce(sum(i.idx_scan) FILTER (WHERE a.attname NOT IN ('plate', 'captured_day')), 0)::bigint,
        coalesce(sum(i.idx_scan) FILTER (WHERE a.attname = 'captured_day'), 0)::bigint,
        coalesce(sum(i.idx_tup_read) FILTER (WHERE a.attname = 'captured_day'), 0)::bigint
    FROM pg_catalog.pg_inherits AS h
    JOIN pg_catalog.pg_stat_all_tables AS s ON s.relid = h.inhrelid
    LEFT JOIN pg_catalog.pg_stat_all_indexes AS i ON i.relid = h.inhrelid
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indexrelid AND a.attnum = 1
    WHERE h.inhparent = to_regclass('matching.sighting')
    GROUP BY 1, 2, 3, 4
"""
SELECT_SESSIONS = """
    SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL
"""
COLUMNS = """
    SELECT ledger_id, intent_id, request_id, function_name, who, zone, purpose, decision_id, subject_sha256,
        window_from, window_until, camera_ids, row_count, at
    FROM matching.query_ledger
"""
SELECT_AFTER = COLUMNS + " WHERE ledger_id > %s ORDER BY ledger_id LIMIT %s"
SELECT_RANGE = COLUMNS + " WHERE ledger_id BETWEEN %s AND %s ORDER BY ledger_id"
SELECT_LISTED = COLUMNS + " WHERE ledger_id = ANY (%s) ORDER BY ledger_id"
SELECT_SINCE = COLUMNS + " WHERE at >= to_timestamp(%s) ORDER BY ledger_id"
SELECT_LAST_NUMBER = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM matching.query_ledger_ledger_id_seq"
COUNT_RECENT = """
    SELECT count(*) FROM matching.query_ledger WHERE ledger_id > %s AND at > clock_timestamp() - interval '60 seconds'
"""

# What decides who can read sightings, and how, a line for each thing.
SELECT_DEFINITIONS = """
    SELECT 'function ' || p.oid::regprocedure || ': ' || concat_ws(' | ',
        encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 'owner ' || p.proowner::regrole, l.lanname,
        CASE WHEN p.prosecdef THEN 'as its owner' END, p.provolatile, array_to_string(p.proconfig, ' '), {acl_p})
    FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
    WHERE p.pronamespace = 'matching'::regnamespace
        OR p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    UNION ALL
    SELECT DISTINCT CASE WHEN c.relispartition THEN 'partitions of matching.sighting' ELSE 'relation ' || c.oid::regclass END
        || ': ' || concat_ws(' | ', c.relkind, 'owner ' || c.relowner::regrole, {acl_c},
            CASE WHEN c.relrowsecurity THEN 'row security' END)
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = 'matching'::regnamespace AND c.relkind NOT IN ('i', 'I', 't', 'c')
    UNION ALL
    SELECT DISTINCT CASE WHEN c.relispartition THEN 'column of the partitions' ELSE 'column ' || c.oid::regclass END
        || '.' || a.attname || ': ' || {acl_a}
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'matching'::regnamespace AND a.attacl IS NOT NULL
    UNION ALL
    SELECT 'schema ' || n.nspname || ': ' || concat_ws(' | ', 'owner ' || n.nspowner::regrole, {acl_n})
    FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'matching'
    UNION ALL
    SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass
    FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'matching'::regnamespace AND NOT t.tgisinternal
    UNION ALL
    SELECT DISTINCT 'rule or view ' || r.rulename || ' on ' || r.ev_class::regclass
    FROM pg_catalog.pg_rewrite AS r
    JOIN pg_catalog.pg_depend AS d ON d.objid = r.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND c.relnamespace = 'matching'::regnamespace
    UNION ALL
    SELECT 'policy ' || polname || ' on ' || polrelid::regclass FROM pg_catalog.pg_policy
    UNION ALL
    SELECT 'event trigger ' || evtname FROM pg_catalog.pg_event_trigger
    UNION ALL
    SELECT 'publication ' || pubname FROM pg_catalog.pg_publication
    UNION ALL
    SELECT 'mighty role ' || rolname FROM pg_catalog.pg_roles
    WHERE (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication) AND oid <> 10
    UNION ALL
    SELECT 'member ' || m.member::regrole || ' of ' || m.roleid::regrole
    FROM pg_catalog.pg_auth_members AS m WHERE m.member >= 16384
    UNION ALL
    SELECT 'setting of ' || CASE WHEN s.setrole = 0 THEN 'everybody' ELSE s.setrole::regrole::text END || ': '
        || array_to_string(s.setconfig, ' | ')
    FROM pg_catalog.pg_db_role_setting AS s
    WHERE s.setrole = 0 OR s.setrole::regrole::text ~ '^(matching_|overseer)'
    UNION ALL
    SELECT 'setting ' || name || ': ' || setting FROM pg_catalog.pg_settings
    WHERE name IN ('track_counts', 'track_functions')
    ORDER BY 1
"""
_ACL = "(SELECT string_agg(one::text, ' ' ORDER BY one::text) FROM unnest({column}) AS one)"
SELECT_DEFINITIONS = SELECT_DEFINITIONS.format(
    acl_p=_ACL.format(column="p.proacl"),
    acl_c=_ACL.format(column="c.relacl"),
    acl_a=_ACL.format(column="a.attacl"),
    acl_n=_ACL.format(column="n.nspacl"),
)


class DatabaseFailed(Exception):
    """The database cannot be read. The words are the driver's, about the connection."""


class OverseerStore:
    """One look at the database: statistics first, then the ledger under one snapshot, so that what was counted is in it."""

    def __init__(self, connection: AsyncConnection[TupleRow]) -> None:
        self._connection = connection

    async def statistics(self) -> Statistics:
        """What PostgreSQL has counted so far. Backends report with a delay of up to ten seconds when they are idle."""
        async with self._connection.transaction():
            started, reset = (await self._rows(SELECT_STARTED))[0]
            # What is explained by calls is read before the calls.
            partitions = {str(name): Partition(*counts) for name, *counts in await self._rows(SELECT_PARTITIONS)}
            calls = {str(name): int(count) for name, count in await self._rows(SELECT_CALLS)}
            sessions = frozenset(str(name) for (name,) in await self._rows(SELECT_SESSIONS))
        return Statistics(str(started), str(reset), calls, partitions, sessions)

    async def definitions(self) -> frozenset[str]:
        """What decides who can read sightings, a line each."""
        async with self._connection.transaction():
            return frozenset(str(line) for (line,) in await self._rows(SELECT_DEFINITIONS))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Everything in the block sees the ledger of one moment."""
        async with self._connection.transaction():
            yield

    async def after(self, ledger_id: int) -> list[Row]:
        """The next rows, at most PAGE."""
        return await self._ledger(SELECT_AFTER, (ledger_id, PAGE))

    async def between(self, first: int, last: int) -> list[Row]:
        """Rows with numbers of this range."""
        return await self._ledger(SELECT_RANGE, (first, last))

    async def listed(self, ids: Sequence[int]) -> list[Row]:
        """Those of these rows that exist."""
        return await self._ledger(SELECT_LISTED, (list(ids),)) if ids else []

    async def since(self, moment: float) -> list[Row]:
        """Rows since a moment, in seconds since 1970."""
        return await self._ledger(SELECT_SINCE, (moment,))

    async def last_number(self) -> int:
        """The last number that a query took, whether it was committed or not."""
        return int((await self._rows(SELECT_LAST_NUMBER))[0][0])

    async def recent(self, above: int) -> int:
        """How many rows above a number are of the last minute."""
        return int((await self._rows(COUNT_RECENT, (above,)))[0][0])

    async def _rows(self, statement: str, values: tuple[object, ...] = ()) -> list[TupleRow]:
        return await (await self._connection.execute(statement.encode(), values)).fetchall()

    async def _ledger(self, statement: str, values: tuple[object, ...]) -> list[Row]:
        async with self._connection.cursor(row_factory=class_row(Row)) as rows:
            await rows.execute(statement.encode(), values)
            return await rows.fetchall()


@asynccontextmanager
async def connected(dsn: str, password: str) -> AsyncIterator[OverseerStore]:
    """The database as the overseer sees it, for one look. Raises DatabaseFailed."""
    try:
        options = f"{OPTIONS} -c default_transaction_read_only=on"
        connection = await AsyncConnection.connect(
            lively(dsn), password=password, autocommit=True, connect_timeout=5, options=options
        )
        try:
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            yield OverseerStore(connection)
        finally:
            await connection.close()
    except psycopg.Error as cause:
        raise DatabaseFailed(f"the database of sightings cannot be read: {type(cause).__name__}") from cause
