"""The sample is drawn by lot from what is public, and by nobody's will."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis.strategies import binary, dictionaries, integers, sampled_from, sets

from services.audit.key_files import FileSigner
from services.audit.oversight import week as weeks
from services.audit.oversight.week import Head, draw, score, seed, week
from services.common import note
from services.common.errors import Invalid
from services.common.note import COSIGNATURE, Signature
from tests.audit.keyring import LOG, ORIGIN

W48 = week("2026-W48")
MONDAY_S = W48.end_ms // 1000


def head(size: int, *lines: tuple[str, int]) -> Head:
    """A published head with lines of these witnesses at these times."""
    text = f"{ORIGIN}\n{size}\n{note.encode_base64(bytes(32))}\n"
    signed = note.sign(text, LOG)
    names = []
    for name, at in lines:
        signer = FileSigner(name, sha256(name.encode()).digest(), COSIGNATURE)
        signature = signer.sign(f"cosignature/v1\ntime {at}\n".encode() + text.encode())
        signed += note.line(Signature(name, signer.verifier.key_id, at.to_bytes(8, "big") + signature))
        names.append(name)
    return Head(size, signed, names)


def test_a_week_is_an_iso_week_in_utc() -> None:
    assert (W48.begin_ms, W48.end_ms) == (1_795_392_000_000, 1_795_996_800_000)
    assert week("2026-W53").end_ms == week("2027-W01").begin_ms


@pytest.mark.parametrize(
    "name", ["", "2026-48", "2026-W00", "2026-W54", "2027-W53", "26-W48", "0000-W01", "9999-W52", "2026-W48 "]
)
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        week(name)


def test_the_seed_is_the_first_cosignature_after_the_week_on_the_smallest_head_that_covers_it() -> None:
    heads = [
        head(90, ("w.one", MONDAY_S + 1)),  # does not cover the week
        head(100, ("w.one", MONDAY_S - 1)),  # cosigned before the end
        head(120, ("w.two", MONDAY_S + 9), ("w.one", MONDAY_S + 5)),
        head(110, ("w.one", MONDAY_S - 2), ("w.two", MONDAY_S + 8), ("w.three", MONDAY_S)),
    ]
    found = seed(heads, 100, W48.end_ms)
    assert found is not None
    assert found.size == 110
    assert found.line.startswith("\u2014 w.three ")
    assert found.line + "\n" in heads[3].note
    assert found.value == sha256(found.line.encode()).digest()
    assert seed(reversed(heads), 100, W48.end_ms) == found, "whatever the order in which they come"
    assert seed(heads[:2], 100, W48.end_ms) is None


def test_the_logs_own_line_is_no_seed() -> None:
    """The log signs as often as it likes until it likes the seed: its key may not be among the witnesses' even by claim."""
    own = head(100)
    assert seed([Head(100, own.note, [ORIGIN])], 100, W48.end_ms) is None
    assert seed([Head(100, "no note", ["w.one"])], 100, W48.end_ms) is None


@given(
    seed_=binary(min_size=32, max_size=32),
    units=dictionaries(sampled_from("abc"), sets(integers(0, 400), max_size=40), max_size=3),
)
def test_an_auditor_draws_the_same_sample_from_leaves_alone(seed_: bytes, units: dict[str, set[int]]) -> None:
    drawn = draw(seed_, units)
    for unit, indexes in units.items():
        lots = sorted((sha256(b"anpr-audit/sample/v1\0" + seed_ + i.to_bytes(8, "big")).digest(), i) for i in indexes)
        assert drawn[unit] == sorted(index for _, index in lots[:5])


def test_every_look_up_is_drawn_as_often_as_any_other() -> None:
    drawn = [draw(sha256(bytes([n % 256, n // 256])).digest(), {"a": range(20)})["a"] for n in range(2000)]
    counts = [sum(index in one for one in drawn) for index in range(20)]
    assert all(400 < count < 600 for count in counts), counts


def test_the_lot_of_a_look_up_depends_on_nothing_but_seed_and_index() -> None:
    assert score(bytes(32), 7).hex() == sha256(b"anpr-audit/sample/v1\0" + bytes(32) + bytes(7) + b"\7").hexdigest()
    assert weeks.OF_EACH_UNIT == 5
