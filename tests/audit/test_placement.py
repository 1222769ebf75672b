from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import entry, merkle, placement
from services.audit.entry import DENIED, INTENT, OUTCOME, Content, Entry
from services.audit.errors import EntryConflict
from services.audit.placement import Known, Placement, Prepared, Tags
from services.common.errors import Invalid

NOW = 1790000000123


def entry_id(number: int) -> UUID:
    return UUID(int=number << 8 | 7 << 76 | 2 << 62)


def prepared(
    number: int, actor: str = "a", kind: str = INTENT, ref: int | None = None, system: str = "matching"
) -> Prepared:
    given = Entry(entry_id(number), kind, entry_id(ref) if ref is not None else None, system, Content(actor=actor))
    return Prepared(given, "2026-11/std", bytes(32), b"", bytes(31) + actor.encode()[:1], b"", Tags())


def known(*entries: Prepared) -> dict[UUID, Known]:
    """What the log would hold after these."""
    leaves = [one.leaf(NOW - 1000) for one in entries]
    return {leaf.id: Known(index, leaf.encode(), leaf) for index, leaf in enumerate(leaves)}


def place(groups: Sequence[Sequence[Prepared]], log: dict[UUID, Known]) -> Placement:
    return placement.place(
        groups,
        log,
        lambda found, one: found.leaf.commitment == one.commitment,
        next_index=len(log),
        time_ms=NOW,
    )


groups = st.lists(
    st.lists(st.builds(prepared, st.integers(0, 9), st.sampled_from("ab")), min_size=1, max_size=4), max_size=6
)


@given(groups=groups, old=st.dictionaries(st.integers(0, 9), st.sampled_from("ab"), max_size=5))
def test_numbers_have_no_gap_and_ids_no_second_index(groups: list[list[Prepared]], old: dict[int, str]) -> None:
    log = known(*(prepared(number, actor) for number, actor in old.items()))
    placed = place(groups, log)
    assert [new.index for new in placed.new] == list(range(len(log), len(log) + len(placed.new)))
    contents = {id_: found.leaf.commitment for id_, found in log.items()}
    indexes = {id_: found.index for id_, found in log.items()}
    for new in placed.new:
        assert new.leaf.id not in contents
        contents[new.leaf.id], indexes[new.leaf.id] = new.leaf.commitment, new.index
    for group, verdict in zip(groups, placed.verdicts, strict=True):
        fits = all(contents.get(one.entry.id) == one.commitment for one in group)
        if verdict.refusal is None:
            assert fits
            assert [place.index for place in verdict.places] == [indexes[one.entry.id] for one in group]
        else:
            assert isinstance(verdict.refusal, EntryConflict)


def test_a_repeated_entry_keeps_index_hash_and_time() -> None:
    log = known(prepared(1), prepared(2))
    (verdict,) = place([[prepared(2)]], log).verdicts
    assert [(one.index, one.time_ms) for one in verdict.places] == [(1, NOW - 1000)]
    assert verdict.places[0].leaf_hash == merkle.leaf_hash(log[entry_id(2)].data)


def test_a_refused_group_leaves_nothing_and_others_go_on() -> None:
    placed = place([[prepared(3), prepared(1, "b")], [prepared(3)]], known(prepared(1)))
    assert [type(verdict.refusal) for verdict in placed.verdicts] == [EntryConflict, type(None)]
    assert [(new.index, new.leaf.id) for new in placed.new] == [(1, entry_id(3))]


def test_the_same_entry_twice_in_a_batch_is_one_entry() -> None:
    placed = place([[prepared(3), prepared(3)], [prepared(3)]], {})
    assert [[one.index for one in verdict.places] for verdict in placed.verdicts] == [[0, 0], [0]]
    assert len(placed.new) == 1


def test_an_id_with_another_content_in_the_batch_is_a_conflict() -> None:
    first, second = place([[prepared(3, "a")], [prepared(3, "b")]], {}).verdicts
    assert first.refusal is None
    assert isinstance(second.refusal, EntryConflict)


@pytest.mark.parametrize("kind", [OUTCOME, DENIED])
def test_an_outcome_finds_its_intent_in_the_log_or_the_batch(kind: str) -> None:
    answer = prepared(5, kind=kind, ref=1)
    for batch, log in (
        ([[answer]], known(prepared(1))),
        ([[prepared(1), answer]], {}),
        ([[prepared(1)], [answer]], {}),
    ):
        assert place(batch, log).verdicts[-1].refusal is None


@pytest.mark.parametrize(
    ("batch", "log"),
    [
        ([[prepared(5, kind=OUTCOME, ref=1)]], {}),
        ([[prepared(5, kind=OUTCOME, ref=1), prepared(1)]], {}),
        ([[prepared(5, kind=OUTCOME, ref=5)]], {}),
        ([[prepared(5, kind=OUTCOME, ref=1)]], known(prepared(1, system="ingest"))),
        ([[prepared(5, kind=OUTCOME, ref=1)]], known(prepared(1, kind=DENIED))),
        ([[prepared(6, kind=OUTCOME, ref=5)]], known(prepared(1), prepared(5, kind=OUTCOME, ref=1))),
    ],
)
def test_an_outcome_of_no_intent_is_refused(batch: list[list[Prepared]], log: dict[UUID, Known]) -> None:
    refusal = place(batch, log).verdicts[-1].refusal
    assert isinstance(refusal, Invalid)
    assert refusal.facts == {"field": "ref"}


def test_an_intent_of_a_refused_group_is_no_intent() -> None:
    placed = place([[prepared(7), prepared(1, "b")], [prepared(8, kind=OUTCOME, ref=7)]], known(prepared(1)))
    assert all(verdict.refusal is not None for verdict in placed.verdicts)
    assert placed.new == ()


def test_the_leaf_says_what_the_entry_is() -> None:
    (new,) = place([[prepared(1, kind=DENIED, system="ingest")]], {}).new
    leaf = entry.decode_leaf(new.data)
    assert (leaf.id, leaf.kind, leaf.system, leaf.time_ms) == (entry_id(1), DENIED, "ingest", NOW)
