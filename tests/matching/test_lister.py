"""Hotlists: changes are whole or not at all, each raises the version, and nothing that was listed is ever deleted."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

import grpc
import pytest
from anpr.matching.v1 import hotlist_pb2

from services.common import ids, refusals
from tests.matching.builders import (
    MISSING,
    OTHER_ZONE,
    additions,
    context,
    entry,
    hotlist,
    now,
    officer,
    read,
    upload,
)
from tests.matching.conftest import Matching

pytestmark = pytest.mark.postgres
ENTRIES = (
    "SELECT plate, added_version::int, removed_version::int FROM matching.hotlist_entry ORDER BY plate, added_version"
)
VERSION = "SELECT version::int FROM matching.hotlist_head"
HEADER = "plate,valid_from,valid_until,note,source_reference"


@pytest.fixture
async def listed(matching: Matching) -> Matching:
    await matching.create()
    return matching


async def _reason(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refusals.reason(refused.value)


def _add(matching: Matching, *entries: hotlist_pb2.HotlistEntry, hotlist_id: str = MISSING) -> Any:
    return matching.hotlists.AddEntries(additions(entries, hotlist_id), metadata=matching.caller.metadata())


def _remove(matching: Matching, *entry_ids: str, hotlist_id: str = MISSING) -> Any:
    request = hotlist_pb2.RemoveEntriesRequest(access=context(), hotlist_id=hotlist_id, entry_ids=entry_ids)
    return matching.hotlists.RemoveEntries(request, metadata=matching.caller.metadata())


def _list(matching: Matching, hotlist_id: str = MISSING, **fields: Any) -> Any:
    request = hotlist_pb2.ListEntriesRequest(access=context(), hotlist_id=hotlist_id, **fields)
    return matching.hotlists.ListEntries(request, metadata=matching.caller.metadata())


# -- lists


async def test_lists_are_created_and_listed_by_priority(matching: Matching) -> None:
    for name, priority in (("uninsured", 90), ("danger", 0), ("stolen", 10)):
        await matching.create(name, priority=priority)
    request = hotlist_pb2.ListHotlistsRequest()
    found = await matching.hotlists.ListHotlists(request, metadata=officer().metadata())
    assert [one.hotlist_id for one in found.hotlists] == ["danger", "stolen", "uninsured"]
    assert found.hotlists[1] == hotlist().hotlist
    assert found.list_version == 3
    other = await matching.hotlists.ListHotlists(request, metadata=officer(OTHER_ZONE).metadata())
    assert list(other.hotlists) == []


async def test_a_list_exists_once_in_a_zone(listed: Matching) -> None:
    assert await _reason(listed.create()) == "HOTLIST_EXISTS"
    await listed.create(zone=OTHER_ZONE)
    assert listed.rows(VERSION) == [(2,)]


async def test_a_list_of_another_zone_cannot_be_made(matching: Matching) -> None:
    call = matching.hotlists.CreateHotlist(hotlist(zone=OTHER_ZONE), metadata=officer().metadata())
    assert await _reason(call) == "ZONE_FOREIGN"


async def test_a_list_without_a_zone_belongs_to_that_of_the_service(matching: Matching) -> None:
    made = await matching.hotlists.CreateHotlist(hotlist(zone=""), metadata=officer().metadata())
    assert made.hotlist.zone == "zone-a"
    call = matching.hotlists.CreateHotlist(hotlist("x", zone=""), metadata=officer(OTHER_ZONE).metadata())
    assert await _reason(call) == "ZONE_FOREIGN"


@pytest.mark.parametrize(
    "changes",
    [
        {"hotlist_id": ""},
        {"hotlist_id": "UPPER"},
        {"hotlist_id": "a" * 65},
        {"name": ""},
        {"name": "=cmd()"},
        {"category": 0},
        {"category": 77},
        {"priority": 101},
        {"priority": -1},
        {"owner": ""},
        {"legal_ground": 0},
        {"source": "line\nbreak"},
    ],
)
async def test_a_list_of_the_wrong_shape_is_refused(matching: Matching, changes: dict[str, Any]) -> None:
    request = hotlist()
    for name, value in changes.items():
        setattr(request.hotlist, name, value)
    call = matching.hotlists.CreateHotlist(request, metadata=officer().metadata())
    assert await _reason(call) == "FIELD_INVALID"
    assert matching.rows(VERSION) == [(0,)]


# -- entries


async def test_entries_come_back_as_they_were_added(listed: Matching) -> None:
    begin, end = now() - timedelta(days=1), now() + timedelta(days=300)
    sent = [entry("1-abc-123", begin=begin, end=end), entry("2DEF456", entry_id=str(ids.uuid7()))]
    added = await _add(listed, *sent)
    found = (await _list(listed)).entries
    sent[0].plate, sent[0].entry_id = "1ABC123", added.entry_ids[0]
    for one in sent:
        one.added_version = added.list_version
    assert list(found) == sent
    assert added.list_version == 2


async def test_every_change_raises_the_version_and_nothing_is_deleted(listed: Matching) -> None:
    added = await listed.add("1ABC123", "2DEF456")
    removed = await _remove(listed, added.entry_ids[0])
    again = await listed.add("1ABC123")
    assert (added.list_version, removed.list_version, again.list_version) == (2, 3, 4)
    assert listed.rows(ENTRIES) == [("1ABC123", 2, 3), ("1ABC123", 4, None), ("2DEF456", 2, None)]


async def test_additions_are_whole_or_not_at_all(listed: Matching) -> None:
    await listed.add("1ABC123")
    taken = ids.uuid7()
    reasons = [
        await _reason(_add(listed, entry("2DEF456"), entry("1-ABC-123"))),
        await _reason(_add(listed, entry("2DEF456"), entry("2-DEF-456"))),
        await _reason(_add(listed, entry("2DEF456", entry_id=str(taken)), entry("3GHI789", entry_id=str(taken)))),
        await _reason(_add(listed, entry("2DEF456"), entry("***"))),
        await _reason(_add(listed, entry("2DEF456"), entry("3GHI789", end=now() - timedelta(seconds=1)))),
        await _reason(_add(listed, entry("2DEF456"), entry("3GHI789", end=now() + timedelta(days=367)))),
        await _reason(_add(listed, entry("2DEF456"), hotlist_pb2.HotlistEntry(plate="3GHI789"))),
        await _reason(_add(listed, entry("2DEF456"), entry("3GHI789", entry_id="x"))),
        await _reason(_add(listed, entry("2DEF456", begin=now() + timedelta(days=90)))),
        await _reason(_add(listed)),
        await _reason(_add(listed, *[entry(f"1AAA{number}") for number in range(1001)])),
        await _reason(_add(listed, entry("2DEF456"), hotlist_id="no-such")),
    ]
    assert reasons == [
        *["ENTRY_EXISTS"] * 3,
        "PLATE_INVALID",
        *["FIELD_INVALID"] * 7,
        "HOTLIST_NOT_FOUND",
    ]
    assert listed.rows(ENTRIES) == [("1ABC123", 2, None)]
    assert listed.rows(VERSION) == [(2,)]


async def test_a_plate_may_be_listed_anew_when_its_entry_is_over(listed: Matching) -> None:
    await listed.add("1ABC123")
    listed.rows("UPDATE matching.hotlist_entry SET valid_until = now() - interval '1 s' RETURNING 1")
    await listed.add("1ABC123")
    assert listed.rows(ENTRIES) == [("1ABC123", 2, 3), ("1ABC123", 3, None)]


async def test_removals_are_whole_or_not_at_all(listed: Matching) -> None:
    await listed.create("other")
    here = (await listed.add("1ABC123")).entry_ids[0]
    elsewhere = (await listed.add("2DEF456", hotlist_id="other")).entry_ids[0]
    for strange in (str(ids.uuid7()), elsewhere):
        assert await _reason(_remove(listed, here, strange)) == "ENTRY_NOT_FOUND"
    assert await _reason(_remove(listed.acting_as(officer(OTHER_ZONE)), here)) == "ENTRY_NOT_FOUND"
    assert await _reason(_remove(listed)) == "FIELD_INVALID"
    await _remove(listed, here, here)
    assert await _reason(_remove(listed, here)) == "ENTRY_NOT_FOUND"


async def test_another_zone_sees_and_changes_nothing(listed: Matching) -> None:
    await listed.add("1ABC123")
    other = listed.acting_as(officer(OTHER_ZONE))
    assert await _reason(_list(other)) == "HOTLIST_NOT_FOUND"
    assert await _reason(_add(other, entry("2DEF456"))) == "HOTLIST_NOT_FOUND"
    assert await _reason(_list(listed.acting_as(officer("")))) == "ZONE_FOREIGN"


async def test_pages_of_entries_show_each_once_by_plate(listed: Matching) -> None:
    plates = sorted(f"1AAA{number:03}" for number in range(7))
    await listed.add(*reversed(plates))
    token, seen = "", []
    while True:
        page = await _list(listed, page_size=3, page_token=token)
        seen += [one.plate for one in page.entries]
        token = page.next_page_token
        if not token:
            break
    assert seen == plates
    assert [one.plate for one in (await _list(listed, plate="1-aaa-003")).entries] == ["1AAA003"]


async def test_a_page_token_of_entries_is_good_for_its_list_alone(listed: Matching) -> None:
    await listed.create("other")
    await listed.add("1ABC123", "2DEF456")
    await listed.add("1ABC123", "2DEF456", hotlist_id="other")
    token = (await _list(listed, page_size=1)).next_page_token
    assert await _reason(_list(listed, "other", page_token=token)) == "PAGE_TOKEN_INVALID"
    assert await _reason(_list(listed, plate="2DEF456", page_token=token)) == "PAGE_TOKEN_INVALID"
    assert await _reason(_list(listed, page_token=token[:-1])) == "PAGE_TOKEN_INVALID"


async def test_changes_at_the_same_time_have_versions_of_their_own(listed: Matching) -> None:
    answers = await asyncio.gather(*(listed.add(f"1AAA{number:03}") for number in range(12)))
    assert sorted(answer.list_version for answer in answers) == list(range(2, 14))
    assert listed.rows(VERSION) == [(13,)]


# -- import


def _line(plate: str, note: str = "note", days: int = 30) -> str:
    return f"{plate},,{(now() + timedelta(days=days)).date().isoformat()}T00:00:00Z,{note},REF"


async def _import(
    matching: Matching, lines: Iterable[str], *, replace: bool = False, hotlist_id: str = MISSING, header: str = HEADER
) -> hotlist_pb2.ImportEntriesResponse:
    file = "\n".join([header, *lines]).encode()
    messages = upload(file, hotlist_id=hotlist_id, replace=replace)
    return await matching.hotlists.ImportEntries(iter(messages), metadata=matching.caller.metadata())


def _counts(answer: hotlist_pb2.ImportEntriesResponse) -> tuple[int, int, int, int]:
    return answer.added, answer.unchanged, answer.removed, answer.list_version


async def test_an_import_adds_keeps_changes_and_takes_off(listed: Matching) -> None:
    first = await _import(listed, [_line("1-ABC-123"), _line("2-DEF-456"), _line("3-GHI-789")])
    again = await _import(listed, [_line("1-ABC-123"), _line("2-DEF-456"), _line("3-GHI-789")])
    changed = await _import(listed, [_line("1-ABC-123", note="other"), _line("4-JKL-012")])
    replaced = await _import(listed, [_line("1-ABC-123", note="other"), _line("5-MNO-345")], replace=True)
    assert [_counts(answer) for answer in (first, again, changed, replaced)] == [
        (3, 0, 0, 2),
        (0, 3, 0, 2),
        (2, 0, 1, 3),
        (1, 1, 3, 4),
    ]
    assert listed.rows(ENTRIES) == [
        ("1ABC123", 2, 3),
        ("1ABC123", 3, None),
        ("2DEF456", 2, 4),
        ("3GHI789", 2, 4),
        ("4JKL012", 3, 4),
        ("5MNO345", 4, None),
    ]


async def test_an_import_is_matched_like_any_other_change(listed: Matching) -> None:
    await _import(listed, [_line("1-ABC-123")])
    assert (await listed.record(read("1ABC123"))).alerts == 1
    assert await listed.sweeper.sweep() == 0


async def test_an_entry_that_an_import_renews_raises_no_second_alert(listed: Matching) -> None:
    await _import(listed, [_line("1-ABC-123")])
    await listed.record(read("1ABC123"))
    await _import(listed, [_line("1-ABC-123", days=60), _line("2-DEF-456")])
    assert await listed.sweeper.sweep() == 0
    assert (await listed.record(read("1ABC123"))).alerts == 1


async def test_an_import_touches_its_own_list_alone(listed: Matching) -> None:
    await listed.create("other")
    await listed.add("1ABC123", hotlist_id="other")
    await _import(listed, [_line("2-DEF-456")], replace=True)
    assert [one.plate for one in (await _list(listed, "other")).entries] == ["1ABC123"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([_line("1-ABC-123"), _line("***")], "lines 3 (plate)"),
        ([_line("1-ABC-123"), _line("2-DEF-456"), _line("1 abc 123"), _line("2DEF456")], "lines 4, 5"),
        ([], "no rows"),
        ([_line("1-ABC-123"), "\x00"], "lines 3 (control character)"),
    ],
    ids=["bad plate", "a plate twice", "no rows", "nul"],
)
async def test_a_bad_file_changes_nothing_and_is_refused_by_line(
    listed: Matching, lines: list[str], words: str
) -> None:
    await listed.add("9ZZZ999")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _import(listed, lines, replace=True)
    assert refusals.reason(refused.value) == "CSV_INVALID"
    assert words in (refused.value.details() or "")
    assert "ABC" not in (refused.value.details() or "")
    assert listed.rows(ENTRIES) == [("9ZZZ999", 2, None)]


async def test_an_import_into_no_list_is_refused(listed: Matching) -> None:
    assert await _reason(_import(listed, [_line("1-ABC-123")], hotlist_id="no-such")) == "HOTLIST_NOT_FOUND"
    assert await _reason(_import(listed, [_line("1-ABC-123")], hotlist_id="")) == "FIELD_INVALID"


@pytest.mark.parametrize(
    "again",
    [
        hotlist_pb2.ImportEntriesRequest(hotlist_id="other"),
        hotlist_pb2.ImportEntriesRequest(replace=True),
        hotlist_pb2.ImportEntriesRequest(access=context()),
        hotlist_pb2.ImportEntriesRequest(size_bytes=1),
        hotlist_pb2.ImportEntriesRequest(sha256=bytes(32)),
    ],
)
async def test_only_the_first_message_says_what_is_imported(
    listed: Matching, again: hotlist_pb2.ImportEntriesRequest
) -> None:
    async def requests() -> AsyncIterator[hotlist_pb2.ImportEntriesRequest]:
        yield upload(f"{HEADER}\n{_line('1-ABC-123')}\n".encode())[0]
        yield again

    call = listed.hotlists.ImportEntries(requests(), metadata=officer().metadata())
    assert await _reason(call) == "FIELD_INVALID"
    assert listed.rows(ENTRIES) == []


async def test_a_chunk_is_at_most_a_mebibyte(listed: Matching) -> None:
    async def requests() -> AsyncIterator[hotlist_pb2.ImportEntriesRequest]:
        yield hotlist_pb2.ImportEntriesRequest(access=context(), hotlist_id=MISSING, chunk=b"x" * (1024 * 1024 + 1))

    assert await _reason(listed.hotlists.ImportEntries(requests(), metadata=officer().metadata())) == "FIELD_INVALID"


async def test_twenty_thousand_rows_are_imported(listed: Matching) -> None:
    lines = [_line(f"1-{chr(65 + n // 1000)}AA-{n % 1000:03}") for n in range(20_000)]
    assert _counts(await _import(listed, lines))[:3] == (20_000, 0, 0)
    assert _counts(await _import(listed, lines[:-1], replace=True))[:3] == (0, 19_999, 1)


async def test_an_id_that_no_list_can_have_is_refused_before_the_database_sees_it(listed: Matching) -> None:
    for call in (
        _add(listed, entry("2DEF456"), hotlist_id="sto\0len"),
        _remove(listed, str(ids.uuid7()), hotlist_id="sto\0len"),
        _list(listed, hotlist_id="sto\0len"),
    ):
        assert await _reason(call) == "FIELD_INVALID"


async def test_an_addition_whose_caller_hangs_up_is_on_the_list_and_in_the_log_alike(listed: Matching) -> None:
    with listed.scratch.connect(autocommit=False) as other:
        other.execute("SELECT FROM matching.hotlist_head FOR UPDATE")
        adding = asyncio.ensure_future(listed.add("1ABC123"))
        await listed.somebody_waits()
        adding.cancel()
        await asyncio.wait({adding})
        other.rollback()
    known = len(listed.ledger.entries)
    async with asyncio.timeout(30):
        await listed.ledger.holds(known + 1)
    assert listed.rows("SELECT plate FROM matching.hotlist_entry") == [("1ABC123",)]
    assert listed.ledger.kinds()[-2:] == ["INTENT", "OUTCOME OK"]
