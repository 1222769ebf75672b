from hypothesis import given
from hypothesis import strategies as st

from services.audit import tags
from services.audit.entry import Content
from services.audit.placement import Tags
from services.common import plate
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
