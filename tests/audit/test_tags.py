from hypothesis import given
from hypothesis import strategies as st

from services.audit import tags
from services.audit.entry import Content
from services.audit.placement import Tags
from services.common import ledger, plate
from tests.audit.logs import TAG_KEYS

EPOCH = "2026-11/std"


@given(written=st.text(max_size=20) | st.text("AB1-2", max_size=20))
def test_a_plate_is_tagged_in_its_normal_form(written: str) -> None:
    assert tags.normal(written) == plate.fold(written)
    made = tags.of(Content(plate=written), TAG_KEYS, EPOCH)
    assert made == tags.of(Content(plate=plate.fold(written)), TAG_KEYS, EPOCH)
    assert bool(made.plate) == bool(plate.fold(written))


def test_what_an_entry_does_not_have_is_not_tagged() -> None:
    assert tags.of(Content(), TAG_KEYS, EPOCH) == Tags()
    made = tags.of(Content(actor="x", plate="X", case_reference="x"), TAG_KEYS, EPOCH)
    assert len({made.actor, made.plate, made.case_reference}) == 3
    assert {len(made.actor), len(made.plate), len(made.case_reference)} == {32}


def test_each_plate_of_a_list_is_tagged_once() -> None:
    listed = Content(
        query=ledger.canonical({"entries.plate": ["1-XYZ-987", "1XYZ987", "2-ABC-123"], "hotlist_id": "s"})
    )
    assert tags.plates(listed) == ("1XYZ987", "2ABC123")
    made = tags.of(listed, TAG_KEYS, EPOCH)
    alone = [tags.of(Content(plate=one), TAG_KEYS, EPOCH).plate for one in ("1XYZ987", "2ABC123")]
    assert [made.plate, *made.further_plates] == alone


@given(query=st.dictionaries(st.sampled_from(["plate", "a.plate", "plates", "x"]), st.text() | st.lists(st.text())))
def test_a_query_is_searched_for_plates_wherever_it_holds_them(query: dict[str, str | list[str]]) -> None:
    given_ = [query.get(name, []) for name in ("plate", "a.plate")]
    wanted = {tags.normal(text) for item in given_ for text in ([item] if isinstance(item, str) else item)} - {""}
    assert set(tags.plates(Content(query=ledger.canonical(query)))) == wanted
