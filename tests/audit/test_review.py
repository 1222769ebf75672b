from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.audit import epochs, jcs, merkle, seal
from services.audit.entry import DENIED, Content, Entry, decode_leaf
from services.audit.errors import EntryConflict, EntryErased, EntryNotFound, LogAltered, PageTokenInvalid
from services.audit.review import Page, Search
from services.common import ids
from services.common.plate import PlateInvalid
from tests.audit.logs import CASE, OFFICER, PLATE, Parts, entry, outcome
from tests.audit.test_integrator import change

pytestmark = pytest.mark.postgres


async def find(parts: Parts, wanted: Search, page_size: int = 100, page_token: str = "") -> Page:
    return await parts.review.search(wanted, page_size=page_size, page_token=page_token)


async def indexes(parts: Parts, wanted: Search) -> list[int]:
    return [found.index for found in (await find(parts, wanted)).entries]


async def test_an_entry_is_read_back_as_it_was_written(parts: Parts) -> None:
    intent = entry(reason="a stolen car", roles=("officer",), query='{"plate":"1XYZ987"}')
    answer = outcome(intent, result_count=3)
    await parts.log.append([intent, answer])
    found = await parts.review.entry(1)
    assert found.content == answer.content
    assert (found.leaf.id, found.leaf.kind, found.leaf.ref) == (answer.id, "outcome", intent.id)
    assert (await parts.review.entry(0)).content == intent.content
    with pytest.raises(EntryNotFound):
        await parts.review.entry(2)


async def test_entries_are_found_by_officer_plate_case_kind_and_all_together(parts: Parts) -> None:
    denied = Entry(ids.uuid7(), DENIED, None, "matching", Content(actor="bob", plate=PLATE, case_reference="BR/1"))
    await parts.log.append([entry(), entry(plate="2AAA111"), entry(actor="bob"), denied, entry(case_reference="BR/1")])
    assert await indexes(parts, Search()) == [4, 3, 2, 1, 0]
    assert await indexes(parts, Search(actor=OFFICER)) == [4, 1, 0]
    assert await indexes(parts, Search(plate=PLATE)) == [4, 3, 2, 0]
    assert await indexes(parts, Search(case_reference="BR/1")) == [4, 3]
    assert await indexes(parts, Search(kind="denied")) == [3]
    assert await indexes(parts, Search(actor="bob", plate=PLATE, case_reference="BR/1", kind="denied")) == [3]
    assert await indexes(parts, Search(actor="bob", case_reference=CASE)) == [2]
    assert await indexes(parts, Search(actor="nobody")) == []


@pytest.mark.parametrize("written", ["1-XYZ-987", "1xyz987", " 1 XYZ 987 "])
async def test_a_plate_is_found_however_it_is_written(parts: Parts, written: str) -> None:
    await parts.log.append([entry(plate=written), entry(plate=PLATE)])
    assert await indexes(parts, Search(plate=PLATE)) == [1, 0]
    assert await indexes(parts, Search(plate=written)) == [1, 0]


async def test_an_odd_attempt_is_logged_and_found_by_its_officer(parts: Parts) -> None:
    await parts.log.append([entry(plate="-"), entry(plate="%" * 300), entry(plate="")])
    assert await indexes(parts, Search(actor=OFFICER)) == [2, 1, 0]
    with pytest.raises(PlateInvalid):
        await find(parts, Search(plate="-"))


async def test_pages_follow_each_other_while_the_log_grows(parts: Parts) -> None:
    await parts.log.append([entry() for _ in range(7)])
    page = await find(parts, Search(actor=OFFICER), 3)
    assert [found.index for found in page.entries] == [6, 5, 4]
    await parts.log.append([entry() for _ in range(2)])
    page = await find(parts, Search(actor=OFFICER), 3, page.next_token)
    assert [found.index for found in page.entries] == [3, 2, 1]
    page = await find(parts, Search(actor=OFFICER), 3, page.next_token)
    assert [found.index for found in page.entries] == [0]
    assert page.next_token == ""


async def test_a_page_of_long_entries_ends_early(parts: Parts) -> None:
    long = f'{{"plate":"{"A" * 60_000}"}}'
    for _ in range(2):
        await parts.log.append([entry(query=long) for _ in range(40)])
    page = await find(parts, Search(), 500)
    assert 30 < len(page.entries) < 40
    rest = [*page.entries]
    while page.next_token:
        page = await find(parts, Search(), 500, page.next_token)
        rest += page.entries
    assert [found.index for found in rest] == list(range(79, -1, -1))


async def test_a_full_last_page_has_no_next_one(parts: Parts) -> None:
    await parts.log.append([entry() for _ in range(4)])
    page = await find(parts, Search(), 2)
    page = await find(parts, Search(), 2, page.next_token)
    assert ([found.index for found in page.entries], page.next_token) == ([1, 0], "")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "x",
        lambda token: token[:-4],
        lambda token: token + "AAAA",
        lambda token: ("B" if token[0] == "A" else "A") + token[1:],
        lambda token: "\u20ac" + token,
    ],
)
async def test_a_page_token_of_another_search_is_refused(parts: Parts, spoil: Callable[[str], str]) -> None:
    await parts.log.append([entry() for _ in range(3)])
    token = (await find(parts, Search(actor=OFFICER), 1)).next_token
    for other in (Search(), Search(actor="bob"), Search(plate=OFFICER), Search(actor=OFFICER, from_ms=0)):
        with pytest.raises(PageTokenInvalid):
            await find(parts, other, 1, token)
    with pytest.raises(PageTokenInvalid):
        await find(parts, Search(actor=OFFICER), 1, spoil(token))


async def test_a_window_is_half_open(parts: Parts) -> None:
    await parts.log.append([entry()])
    await parts.log.append([entry()])
    first, second = [(await parts.review.entry(index)).leaf.time_ms for index in (0, 1)]
    assert await indexes(parts, Search(from_ms=first, until_ms=second + 1)) == [1, 0]
    assert await indexes(parts, Search(from_ms=first, until_ms=second)) == ([0] if second > first else [])
    assert await indexes(parts, Search(from_ms=second + 1)) == []
    assert await indexes(parts, Search(until_ms=first)) == []
    day_ms = 86_400_000
    assert await indexes(parts, Search(from_ms=first - 400 * day_ms, until_ms=first - 300 * day_ms)) == []


async def test_a_search_goes_over_all_epochs(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    for month in (-2, -1, 0):
        moment = now + timedelta(days=31 * month)
        monkeypatch.setattr(epochs, "of", lambda _, moment=moment: f"{moment:%Y-%m}/std")
        await parts.log.append([entry(), entry(actor="bob")])
    assert len(await parts.store.epochs()) == 3
    assert await indexes(parts, Search(actor=OFFICER)) == [4, 2, 0]
    assert await indexes(parts, Search()) == [5, 4, 3, 2, 1, 0]
    assert (await parts.review.entry(0)).content == entry().content


async def test_an_erased_entry_leaves_its_leaf(parts: Parts) -> None:
    await parts.log.append([entry() for _ in range(3)])
    before = await parts.store.leaf(1)
    with parts.scratch.connect("audit_eraser") as eraser:
        for table in ("secret", "payload"):
            eraser.execute(f"DELETE FROM audit.{table} WHERE seq = 1".encode())
    with pytest.raises(EntryErased):
        await parts.review.entry(1)
    page = await find(parts, Search(actor=OFFICER))
    assert [(found.index, found.content is None) for found in page.entries] == [(2, False), (1, True), (0, False)]
    assert page.entries[1].data == before
    with parts.scratch.connect("audit_eraser") as eraser:
        eraser.execute("DELETE FROM audit.tag WHERE seq = 1")
    assert await indexes(parts, Search(actor=OFFICER)) == [2, 0]
    assert await parts.integrate() == 3


async def test_an_id_that_was_erased_stays_taken(parts: Parts) -> None:
    one = entry()
    await parts.log.append([one])
    with parts.scratch.connect("audit_eraser") as eraser:
        eraser.execute("DELETE FROM audit.secret WHERE seq = 0")
    with pytest.raises(EntryConflict):
        await parts.log.append([one])


def shred(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


async def test_with_the_key_of_the_epoch_all_of_it_goes(parts: Parts, key_folder: Path) -> None:
    await parts.log.append([entry()])
    shred(key_folder)
    with pytest.raises(EntryErased):
        await parts.review.entry(0)
    assert [found.content for found in (await find(parts, Search())).entries] == [None]


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE audit.payload p SET sealed = o.sealed FROM audit.payload o WHERE o.seq = 1 AND p.seq = 0",
        "UPDATE audit.payload SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))",
        "UPDATE audit.payload SET sealed = ''",
        "UPDATE audit.secret p SET wrapped = o.wrapped FROM audit.secret o WHERE o.seq = 1 AND p.seq = 0",
        "UPDATE audit.secret SET wrapped = set_byte(wrapped, 20, 255 - get_byte(wrapped, 20))",
        "UPDATE audit.entry SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'intent', 'denied'), 'UTF8')",
        "UPDATE audit.entry SET leaf = 'x'",
    ],
)
async def test_what_does_not_fit_the_leaf_is_not_shown(parts: Parts, tamper: str) -> None:
    await parts.log.append([entry(), entry(actor="bob")])
    change(parts.scratch, tamper)
    with pytest.raises(LogAltered):
        await parts.review.entry(0)
    with pytest.raises(LogAltered):
        await find(parts, Search())


async def test_a_payload_that_was_sealed_again_with_the_right_keys_is_not_shown(parts: Parts) -> None:
    """Whoever holds database and keys can say something else, but not what the leaf committed to."""
    await parts.log.append([entry(result_count=3)])
    data = await parts.store.leaf(0)
    leaf = decode_leaf(data)
    sealed = await parts.store.sealed(0, leaf.epoch)
    secret = parts.epoch_keys.unwrap(leaf.epoch, leaf.id, sealed.wrapped)
    forged = seal.seal(secret, merkle.leaf_hash(data), jcs.encode(entry(result_count=0).content.fields()))
    change(parts.scratch, "UPDATE audit.payload SET sealed = %s", forged)
    with pytest.raises(LogAltered):
        await parts.review.entry(0)


async def test_an_index_that_points_to_another_entry_is_told(parts: Parts) -> None:
    await parts.log.append([entry(), entry(actor="bob", plate="2BBB222", case_reference="BR/9")])
    change(
        parts.scratch,
        "UPDATE audit.tag t SET actor = o.actor, plate = o.plate, case_reference = o.case_reference"
        " FROM audit.tag o WHERE o.seq = 0 AND t.seq = 1",
    )
    for wanted in (Search(actor=OFFICER), Search(plate=PLATE), Search(case_reference=CASE)):
        with pytest.raises(LogAltered):
            await find(parts, wanted)


def test_a_search_does_not_show_persons_and_plates() -> None:
    assert not {OFFICER, PLATE, CASE} & set(repr(Search(OFFICER, PLATE, CASE)).split("'"))


async def test_each_plate_of_a_list_finds_its_entry(parts: Parts) -> None:
    listed = entry(plate="", query='{"entries.plate":["1-XYZ-987","2-AAA-111"],"hotlist_id":"stolen"}')
    await parts.log.append([listed, entry(plate="2AAA111"), entry(plate="3BBB222")])
    assert await indexes(parts, Search(plate="2-AAA-111")) == [1, 0]
    assert await indexes(parts, Search(plate=PLATE)) == [0]
    assert await indexes(parts, Search(plate="2-AAA-111", actor="nobody")) == []
    first = await find(parts, Search(plate="2-AAA-111"), page_size=1)
    second = await find(parts, Search(plate="2-AAA-111"), page_size=1, page_token=first.next_token)
    assert [one.index for page in (first, second) for one in page.entries] == [1, 0]


ASKED = {
    "unit": Search(unit="unit-2"),
    "decision": Search(decision_id="0197f000-0000-7000-8000-000000000001"),
    "purpose": Search(purpose="oversight"),
    "rpc": Search(rpc="anpr.matching.v1.SightingService.LookupPlate"),
    "status": Search(status="NOT_FOUND"),
    "fewest": Search(least_results=6),
    "most": Search(most_results=6, least_results=1),
    "all": Search(unit="unit-2", purpose="oversight", status="NOT_FOUND", most_results=9, system="matching"),
}


@pytest.mark.parametrize("wanted", ASKED.values(), ids=ASKED)
async def test_a_search_finds_what_has_all_that_is_asked_for_and_nothing_else(parts: Parts, wanted: Search) -> None:
    said: dict[str, Any] = {
        "unit": "unit-2",
        "decision_id": "0197f000-0000-7000-8000-000000000001",
        "purpose": "oversight",
        "rpc": "anpr.matching.v1.SightingService.LookupPlate",
        "status": "NOT_FOUND",
        "result_count": 6,
    }
    await parts.log.append([entry(), entry(**said), entry(system="ingest", unit="unit-1", status="OK")])
    assert await indexes(parts, wanted) == [1]


async def test_a_search_by_system_reads_it_from_the_leaf(parts: Parts) -> None:
    await parts.log.append([entry(), entry(system="ingest")])
    assert await indexes(parts, Search(system="ingest")) == [1]
