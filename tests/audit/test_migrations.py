"""What each role may do to each table: everything is tried, and only what is listed here may work."""

import psycopg
import pytest

from services.audit.migrate import MIGRATIONS
from services.common.database import migrate
from tests.engines import Scratch

pytestmark = pytest.mark.postgres

ROLES = ("audit_appender", "audit_integrator", "audit_eraser", "audit_reviewer")
TABLES = (
    "head",
    "entry",
    "entry_id",
    "epoch",
    "payload",
    "secret",
    "tag",
    "further_plate",
    "tile",
    "sth",
    "sth_history",
    "published",
    "shelf",
    "oversight_position",
    "flag",
    "flag_entry",
    "flag_content",
    "flag_officer",
    "flag_verdict",
    "reference",
    "sample_draw",
    "sample",
    "sample_justification",
    "tally",
    "name",
    "retention",
    "erasure_order",
    "erasure_target",
    "hold",
    "hold_tag",
    "epoch_erasure",
    "migration",
)
PARTITIONS = ("payload_2026_11_std", "secret_2026_11_std", "tag_2026_11_std", "further_plate_2026_11_std")
OVERSIGHT = set(TABLES[TABLES.index("oversight_position") : TABLES.index("retention")])
ERASURE = set(TABLES[TABLES.index("retention") : TABLES.index("migration")])

MAY_SELECT = {
    "audit_appender": {"head", "entry", "entry_id", "secret", "epoch", "migration"},
    "audit_integrator": {"head", "entry", "tile", "sth", "sth_history", "published", "shelf", "migration"},
    "audit_eraser": {"entry", "entry_id", "epoch", "migration"} | ERASURE,
    "audit_reviewer": set(TABLES),
}
MAY_INSERT = {
    "audit_appender": {"entry", "entry_id", "secret", "payload", "tag", "further_plate"},
    "audit_integrator": {"tile", "sth", "sth_history", "published"},
    "audit_reviewer": OVERSIGHT - {"oversight_position"},
    "audit_eraser": ERASURE - {"retention"},
}
MAY_DELETE = {"audit_eraser": {"payload", "secret", "tag", "further_plate"}}
MAY_UPDATE = {
    "audit_appender": {("head", "next_seq"), ("head", "last_ms")},
    "audit_integrator": {("tile", "hashes"), ("sth", "size"), ("sth", "root"), ("sth", "note"), ("sth", "at")}
    | {("published", name) for name in ("note", "cosigned_by", "at")}
    | {("shelf", "size")},
    "audit_reviewer": {("oversight_position", "next_seq"), ("flag", "state"), ("tally", "count")},
    "audit_eraser": {("hold", "lifted_by")}
    | {("erasure_order", name) for name in ("state", "approver", "approved_seq", "logged_seq")}
    | {("epoch_erasure", name) for name in ("state", "logged_seq", "key_seq")},
}


@pytest.fixture
def opened(scratch: Scratch) -> Scratch:
    """A database with one epoch, so that there are partitions."""
    with scratch.connect("audit_appender") as connection:
        connection.execute("SELECT audit.open_epoch('2026-11/std', 'k', 't')")
    return scratch


def is_allowed(connection: psycopg.Connection, statement: str) -> bool:
    """Runs a statement and takes it back. A refusal for another reason than permission counts as allowed."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.GeneratedAlways):  # a column that nobody can change
        return False
    except (psycopg.errors.IntegrityError, psycopg.errors.DataError):
        return True
    return True


def columns(scratch: Scratch, table: str) -> list[str]:
    statement = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'audit' AND table_name = %s"
    with scratch.connect() as connection:
        return [row[0] for row in connection.execute(statement, (table,)).fetchall()]


def test_the_list_of_tables_is_whole(opened: Scratch) -> None:
    statement = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
    )
    with opened.connect() as connection:
        assert {row[0] for row in connection.execute(statement).fetchall()} == {*TABLES, *PARTITIONS}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_is_listed_and_nothing_else(opened: Scratch, role: str) -> None:
    with opened.connect(role) as connection:
        for table in (*TABLES, *PARTITIONS):
            names = columns(opened, table)
            assert names
            allowed = {
                "SELECT": is_allowed(connection, f"SELECT * FROM audit.{table}"),
                "INSERT": is_allowed(connection, f"INSERT INTO audit.{table} DEFAULT VALUES"),
                "DELETE": is_allowed(connection, f"DELETE FROM audit.{table}"),
                "TRUNCATE": is_allowed(connection, f"TRUNCATE audit.{table}"),
                "ALTER": is_allowed(connection, f"ALTER TABLE audit.{table} ADD COLUMN more integer"),
                "DROP": is_allowed(connection, f"DROP TABLE audit.{table}"),
                "TRIGGER": is_allowed(connection, f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL"),
            }
            assert {verb for verb, may in allowed.items() if may} == {
                verb
                for verb, tables in (("SELECT", MAY_SELECT), ("INSERT", MAY_INSERT), ("DELETE", MAY_DELETE))
                if table in tables.get(role, set())
            }, table
            changed = {
                (table, name) for name in names if is_allowed(connection, f"UPDATE audit.{table} SET {name} = {name}")
            }
            assert changed == {pair for pair in MAY_UPDATE.get(role, set()) if pair[0] == table}, table


@pytest.mark.parametrize("role", ROLES)
def test_no_role_takes_another_or_makes_things_of_its_own(opened: Scratch, role: str) -> None:
    with opened.connect(role) as connection:
        for other in (*ROLES, "audit_owner"):
            assert is_allowed(connection, f"SET ROLE {other}") == (other == role)
        for statement in (
            "CREATE TABLE audit.mine (a integer)",
            "CREATE TABLE public.mine (a integer)",
            "CREATE SCHEMA mine",
            "SELECT pg_read_file('/etc/hostname')",
            "ALTER FUNCTION audit.only_rises() OWNER TO CURRENT_USER",
        ):
            assert not is_allowed(connection, statement), statement


def test_only_the_appender_opens_epochs(opened: Scratch) -> None:
    for role in ROLES:
        with opened.connect(role) as connection:
            may = is_allowed(connection, "SELECT audit.open_epoch('2027-01/std', 'k', 't')")
            assert may == (role == "audit_appender")


def test_only_the_eraser_ends_epochs_and_looks_at_their_ages(opened: Scratch) -> None:
    for role in ROLES:
        with opened.connect(role) as connection:
            for call in ("epoch_ages()", "remains()", "hold_of(0, '2026-11/std')"):
                assert is_allowed(connection, f"SELECT * FROM audit.{call}") == (role == "audit_eraser")
            for call in ("hold_of_epoch('2026-11/std')", "refuse_held()", "only_forward()"):
                assert not is_allowed(connection, f"SELECT audit.{call}")
    with opened.connect("audit_eraser") as eraser, pytest.raises(psycopg.DatabaseError) as caught:
        eraser.execute("SELECT audit.drop_epoch('2026-11/std')")
    assert caught.value.sqlstate == "AR002"
    with opened.connect("audit_appender") as appender, pytest.raises(psycopg.errors.InsufficientPrivilege):
        appender.execute("SELECT audit.drop_epoch('2026-11/std')")


def test_the_eraser_erases_by_number_and_reads_nothing(opened: Scratch) -> None:
    with opened.connect("audit_eraser") as connection:
        for table in ("payload", "secret", "tag", "further_plate"):
            assert is_allowed(connection, f"DELETE FROM audit.{table} WHERE epoch = '2026-11/std' AND seq = 5")
        for column in ("payload.sealed", "secret.wrapped", "tag.actor", "further_plate.plate"):
            table = column.split(".", maxsplit=1)[0]
            assert not is_allowed(connection, f"SELECT {column} FROM audit.{table}")


@pytest.mark.parametrize("change", ["next_seq = 4", "last_ms = 9", "log = 2"])
def test_the_head_only_rises(scratch: Scratch, change: str) -> None:
    with scratch.connect() as connection:
        connection.execute("UPDATE audit.head SET next_seq = 5, last_ms = 10")
        with pytest.raises(psycopg.errors.IntegrityError):
            connection.execute(f"UPDATE audit.head SET {change}".encode())


@pytest.mark.parametrize("hashes", [b"a" * 32, b"b" * 64, b"b" + b"a" * 95, b"a" * 65])
def test_a_tile_only_grows(scratch: Scratch, hashes: bytes) -> None:
    with scratch.connect("audit_integrator") as connection:
        connection.execute("INSERT INTO audit.tile VALUES (0, 0, %s)", (b"a" * 64,))
        with pytest.raises(psycopg.errors.IntegrityError):
            connection.execute("UPDATE audit.tile SET hashes = %s", (hashes,))
        connection.execute("UPDATE audit.tile SET hashes = %s", (b"a" * 64 + b"c" * 32,))


@pytest.mark.parametrize(
    "name", ["", "2026-11", "2026-11/STD", "2026-11/std'; DROP TABLE audit.entry; --", "2026-11/" + "a" * 17]
)
def test_what_is_no_epoch_is_not_opened(scratch: Scratch, name: str) -> None:
    with scratch.connect("audit_appender") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("SELECT audit.open_epoch(%s, 'k', 't')", (name,))


def test_an_epoch_keeps_the_checks_it_was_opened_with(opened: Scratch) -> None:
    with opened.connect("audit_appender") as connection:
        found = connection.execute("SELECT * FROM audit.open_epoch('2026-11/std', 'other', 'other')").fetchall()
    assert found == [(b"k", b"t")]


def test_migrations_run_once(scratch: Scratch) -> None:
    assert migrate(scratch.dsn("audit_owner"), scratch.password("audit_owner"), "audit", MIGRATIONS) == []
