"""Identifiers."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis.strategies import integers, text, uuids

from services.common import ids
from services.common.errors import Invalid


def test_uuid7_rises_and_is_unique_in_all_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: [ids.uuid7() for _ in range(2_000)], range(4)))
    assert all(run == sorted(run) for run in runs)
    assert len({value for run in runs for value in run}) == 8_000
    assert all((value.version, value.variant) == (7, "specified in RFC 4122") for run in runs for value in run)


@given(frame=uuids(), ordinal=integers(0, 100))
def test_a_read_has_the_same_id_every_time_it_is_made(frame: UUID, ordinal: int) -> None:
    assert ids.read_id(frame, ordinal) == ids.read_id(frame, ordinal)
    assert ids.read_id(frame, ordinal) != ids.read_id(frame, ordinal + 1)


@given(text(max_size=50))
def test_a_text_is_a_canonical_uuid_or_refused(given_text: str) -> None:
    try:
        parsed = ids.parse(given_text, "field")
    except Invalid:
        return
    assert str(parsed) == given_text


@pytest.mark.parametrize(
    "given_text", ["{12345678-1234-5678-1234-567812345678}", "12345678123456781234567812345678", "urn:uuid:x"]
)
def test_other_spellings_of_a_uuid_are_refused(given_text: str) -> None:
    with pytest.raises(Invalid):
        ids.parse(given_text, "field")
