"""Everything that a look finds, caused for real; and what it must not find."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from services.audit import entry, merkle
from services.audit.checkpoint import Checkpoint, sign
from services.audit.verify import Published, Source, SourceFailed
from services.common import ids
from services.reconcile.reconciler import Allowance
from tests.audit.keyring import LOG, signer
from tests.matching.builders import ZONE, context, now, read, window
from tests.reconcile.conftest import CANARY, LOOKUP, Region

pytestmark = pytest.mark.postgres
DAY = "matching.sighting_" + now().strftime("%Y%m%d")


async def test_honest_work_gives_no_finding(region: Region) -> None:
    found = await region.look()
    await region.matching.create()
    await region.matching.add("1ABC123")
    plates = [f"1XYZ{number:03d}" for number in range(100)]

    async def look_up(count: int) -> None:
        for number in range(count):
            await region.lookup(plates[number % 100])

    async def record(count: int) -> None:
        for _ in range(count):
            reads = [read(plate) for plate in plates] + [read("1ABC123")]
            await region.matching.record(*reads)
            await region.matching.record(*reads[:20])

    async def look() -> None:
        while True:
            found.extend(await region.look())
            await asyncio.sleep(0.2)

    looking = asyncio.create_task(look())
    await asyncio.gather(*(look_up(60) for _ in range(5)), record(15))
    await region.matching.add("1XYZ001")
    assert await region.matching.sweeper.sweep() > 0
    looking.cancel()
    await asyncio.wait({looking})
    await asyncio.sleep(11)  # idle backends report what they counted
    found += await region.looks()
    assert found == []
    assert region.matching.rows("SELECT count(*) FROM matching.query_ledger") == [(300,)]
    assert not region.reconciler.memory.waiting()


async def test_a_read_with_the_services_role_and_without_an_intent_is_found(region: Region) -> None:
    await region.lookup()
    await region.looks(1)
    region.steal()
    assert await region.looks() == ["read-without-intent"]


async def test_it_is_found_at_once_when_the_log_has_gone_on(region: Region) -> None:
    await region.look()
    region.steal()
    assert await region.look() == []
    await asyncio.sleep(5.5)
    assert await region.look() == []
    await region.lookup()
    assert await region.look() == ["read-without-intent"]


async def test_an_intent_of_another_system_is_none(region: Region) -> None:
    await region.look()
    intent = ids.uuid7()
    other = entry.Entry(intent, entry.INTENT, None, "ingest", entry.Content(actor="p4711"))
    await region.audit.parts.log.append([other])
    with region.scratch.connect("matching_reader") as connection:
        connection.execute(LOOKUP, (intent, uuid4(), ZONE, "1ABC123"))
    assert await region.looks() == ["read-without-intent"]


async def test_an_intent_without_an_outcome_is_found(region: Region) -> None:
    await region.look()
    intent = ids.uuid7()
    await region.audit.parts.log.append([entry.Entry(intent, entry.INTENT, None, "matching", entry.Content())])
    with region.scratch.connect("matching_reader") as connection:
        connection.execute(LOOKUP, (intent, uuid4(), ZONE, "1ABC123"))
    assert await region.look() == []
    assert await region.look(after_s=31) == []
    assert await region.look(after_s=31) == ["outcome-missing"]
    assert await region.looks() == []


async def test_a_read_that_is_rolled_back_takes_a_number_and_too_many_are_found(region: Region) -> None:
    region.reconciler.allowance = Allowance(gaps=2, percent=0)
    await region.look()
    for _ in range(2):
        region.steal(commit=False)
    assert await region.looks() == []
    region.steal(commit=False)
    assert await region.looks() == ["rows-rolled-back"]
    assert await region.looks() == []


async def test_a_query_under_way_is_no_gap(region: Region) -> None:
    region.reconciler.allowance = Allowance(gaps=0, percent=0)
    await region.look()
    with region.scratch.connect("matching_reader", autocommit=False) as connection:
        intent = ids.uuid7()
        await region.audit.parts.log.append([entry.Entry(intent, entry.INTENT, None, "matching", entry.Content())])
        connection.execute(LOOKUP, (intent, uuid4(), ZONE, "1ABC123"))
        await region.lookup()
        assert await region.look(after_s=20) == []
        connection.commit()
    outcome = entry.Entry(ids.uuid7(), entry.OUTCOME, intent, "matching", entry.Content(status="OK"))
    await region.audit.parts.log.append([outcome])
    assert await region.looks() == []


async def test_a_row_that_is_deleted_or_changed_is_found(region: Region) -> None:
    for _ in range(3):
        await region.lookup()
    assert await region.looks(2) == []
    region.as_superuser("DELETE FROM matching.query_ledger WHERE ledger_id = 2")
    region.as_superuser("UPDATE matching.query_ledger SET purpose = 'judicial_traffic' WHERE ledger_id = 3")
    assert await region.look() == ["row-changed", "row-deleted"]
    assert await region.looks() == []


async def test_a_row_under_an_old_number_is_found(region: Region) -> None:
    await region.lookup()
    region.steal(commit=False)
    await region.lookup()
    assert await region.looks() == []
    region.as_superuser(
        "INSERT INTO matching.query_ledger OVERRIDING SYSTEM VALUE"
        " SELECT 2, gen_random_uuid(), request_id, function_name, who, zone, purpose, decision_id, subject_sha256,"
        " window_from, window_until, camera_ids, row_count, at FROM matching.query_ledger WHERE ledger_id = 1"
    )
    assert "row-late" in await region.look()


async def test_rows_that_no_lookup_wrote_are_found(region: Region) -> None:
    await region.lookup()
    await region.looks(2)
    response = await region.lookup()
    region.as_superuser(
        "INSERT INTO matching.query_ledger (intent_id, request_id, function_name, zone, purpose, row_count)"
        f" VALUES ('{response.receipt.intent_id}', gen_random_uuid(), 'alerts_between', 'z', 'judicial_traffic', 0)"
    )
    await asyncio.sleep(11)
    assert "row-without-call" in await region.looks(5)


async def _fill(region: Region) -> None:
    for _ in range(5):
        await region.matching.record(*(read(f"1XYZ{number:03d}") for number in range(240)))
    region.as_superuser("ANALYZE matching.sighting")
    await asyncio.sleep(11)
    assert await region.looks() == []


@pytest.mark.parametrize("role", ["matching_owner", "superuser"])
async def test_reading_the_table_from_end_to_end_is_found(region: Region, role: str) -> None:
    await _fill(region)
    as_role = {} if role == "superuser" else {"role": role}
    with region.scratch.connect(**as_role) as connection:  # type: ignore[arg-type]
        assert len(connection.execute("SELECT plate FROM matching.sighting").fetchall()) == 1200
    assert await region.looks() == ["table-read"]


async def test_reading_by_plate_as_the_owner_is_found(region: Region) -> None:
    await _fill(region)
    with region.scratch.connect("matching_owner") as connection:
        connection.execute("SELECT * FROM matching.sighting WHERE plate = '1XYZ007'").fetchall()
    assert set(await region.looks()) == {"scans-without-rows"}


async def test_reading_by_camera_as_the_owner_is_found(region: Region) -> None:
    await _fill(region)
    with region.scratch.connect("matching_owner") as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute("SELECT plate FROM matching.sighting WHERE camera_id = 'cam-1'").fetchall()
    assert set(await region.looks()) == {"scans-without-rows"}


async def test_reading_a_day_by_its_key_as_the_owner_is_found(region: Region) -> None:
    await _fill(region)
    with region.scratch.connect("matching_owner") as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET enable_bitmapscan = off")
        key = "captured_day > current_date - 3 AND read_id > '00000000-0000-0000-0000-000000000000'"
        connection.execute(f"SELECT plate FROM matching.sighting WHERE {key}".encode()).fetchall()
    assert "range-read" in await region.looks()


async def test_an_altered_function_is_found(region: Region) -> None:
    assert await region.look() == []
    region.as_superuser(
        "CREATE OR REPLACE FUNCTION matching.open_since() RETURNS timestamptz LANGUAGE sql STABLE"
        " SET search_path = matching, pg_temp AS $$ SELECT '-infinity'::timestamptz $$"
    )
    assert await region.look() == ["definition-changed", "definition-changed"]
    assert await region.look() == []


@pytest.mark.parametrize(
    "change",
    [
        "GRANT SELECT ON matching.sighting TO matching_reader",
        "GRANT SELECT (plate) ON matching.sighting TO matching_writer",
        f"GRANT SELECT ON {DAY} TO matching_reader",
        "GRANT EXECUTE ON FUNCTION matching.lookup_plate TO matching_writer",
        "ALTER FUNCTION matching.lookup_plate RESET search_path",
        "ALTER FUNCTION matching.verify_purpose SECURITY DEFINER",
        "ALTER TABLE matching.sighting OWNER TO ingest_owner",
        "CREATE VIEW public.shadow AS SELECT plate FROM matching.sighting",
        "CREATE FUNCTION public.shadow() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT plate FROM matching.sighting'",
        "CREATE RULE forget AS ON INSERT TO matching.query_ledger DO INSTEAD NOTHING",
        "CREATE PUBLICATION leak FOR TABLE matching.sighting",
    ],
)
async def test_a_grant_or_definition_that_opens_sightings_is_found(region: Region, change: str) -> None:
    assert await region.look() == []
    region.as_superuser(change)
    assert set(await region.look()) == {"definition-changed"}


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("CREATE ROLE shadow SUPERUSER", "DROP ROLE shadow"),
        ("GRANT pg_read_all_data TO matching_reader", "REVOKE pg_read_all_data FROM matching_reader"),
        ("GRANT matching_owner TO matching_reader", "REVOKE matching_owner FROM matching_reader"),
        ("ALTER ROLE matching_reader BYPASSRLS", "ALTER ROLE matching_reader NOBYPASSRLS"),
        (
            "ALTER ROLE matching_reader SET track_functions = none",
            "ALTER ROLE matching_reader RESET track_functions",
        ),
    ],
)
async def test_a_role_that_was_made_mightier_is_found(region: Region, change: str, back: str) -> None:
    assert await region.look() == []
    region.as_superuser(change)
    try:
        assert set(await region.look()) == {"definition-changed"}
    finally:
        region.as_superuser(back)


async def test_a_stranger_at_work_is_found(region: Region) -> None:
    assert await region.look() == []
    with region.scratch.connect():
        assert await region.look() == ["unexpected-session"]
        assert await region.look() == []


async def test_statistics_that_were_set_back_are_found(region: Region) -> None:
    await region.lookup()
    await region.looks(2)
    region.as_superuser("SELECT pg_stat_reset()")
    assert await region.look() == ["statistics-reset"]
    assert await region.looks() == []


async def test_a_look_up_of_a_canary_is_found(region: Region) -> None:
    await region.look()
    await region.lookup("9-CAN-001")
    assert await region.look() == ["canary-read"]


async def test_the_overseers_own_probe_is_no_finding_and_counts_once(region: Region) -> None:
    await region.look()
    request = uuid4()
    region.reconciler.memory.add_probe(request, region.clock())
    access = context()
    access.request_id = str(request)
    await region.lookup(CANARY, access=access)
    assert await region.look() == []
    await region.lookup(CANARY, access=access)
    assert await region.look() == ["canary-read"]


async def test_a_probe_that_does_not_show_is_found(region: Region) -> None:
    await region.look()
    region.reconciler.memory.add_probe(uuid4(), region.clock())
    assert await region.look(after_s=31) == []
    assert await region.look(after_s=31) == ["probe-missing"]


class Forged:
    """A log that shows another history."""

    def __init__(self, leaves: list[bytes], key: str = LOG.verifier.name) -> None:
        self._leaves, self._key = leaves, key

    async def checkpoint(self) -> Published:
        root = merkle.root([merkle.leaf_hash(leaf) for leaf in self._leaves])
        signed = signer(self._key)
        return Published(sign(Checkpoint(LOG.verifier.name, len(self._leaves), root), signed), "")

    async def leaves(self, first: int, count: int) -> list[bytes]:
        return self._leaves[first : first + count]

    async def inclusion(self, index: int, size: int) -> list[bytes]:
        raise NotImplementedError

    async def consistency(self, first: int, second: int) -> list[bytes]:
        raise NotImplementedError


async def _leaves(source: Source) -> list[bytes]:
    return list(await source.leaves(0, 1000))


async def test_a_log_that_has_another_history_than_was_seen_is_found(region: Region) -> None:
    await region.lookup()
    await region.lookup()
    await region.look()
    real = region.reconciler.source
    leaves = await _leaves(real)
    for forged in (
        Forged(leaves[:-1]),
        Forged([*leaves[1:], leaves[0], leaves[1]]),
        Forged(leaves, "other.example"),
        Forged([*leaves, b"no leaf"]),
    ):
        region.reconciler.source = forged
        assert await region.look() == ["log-altered"]
    region.reconciler.source = real
    assert await region.looks() == []


async def test_a_log_that_does_not_answer_is_judged_by_nobody_and_nothing_is_missed(region: Region) -> None:
    await region.look()
    region.steal()

    class Silent(Forged):
        async def checkpoint(self) -> Published:
            raise SourceFailed("the log answers UNAVAILABLE")

    real, region.reconciler.source = region.reconciler.source, Silent([])
    for _ in range(3):
        with pytest.raises(SourceFailed):
            await region.look(after_s=31)
    region.reconciler.source = real
    assert await region.looks() == ["read-without-intent"]


async def test_an_intent_that_comes_late_is_told_of(region: Region) -> None:
    await region.look()
    intent: UUID = region.steal()
    assert await region.looks(2) == ["read-without-intent"]
    late = entry.Entry(intent, entry.INTENT, None, "matching", entry.Content())
    await region.audit.parts.log.append(
        [late, entry.Entry(ids.uuid7(), entry.OUTCOME, intent, "matching", entry.Content(status="OK"))]
    )
    assert await region.looks() == ["intent-late"]


async def test_a_refused_look_up_gives_no_finding(region: Region) -> None:
    await region.look()
    for _ in range(3):
        with pytest.raises(Exception, match="30 days"):
            await region.lookup(window=_last_year())
    assert await region.looks() == []


def _last_year() -> object:
    return window(now() - timedelta(days=60), now())


def test_the_overseer_cannot_lift_what_he_was_not_granted(region: Region) -> None:
    with region.scratch.connect("overseer") as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM matching.query_ledger")
