from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import seal
from services.audit.seal import SealBroken

SECRET, KEY, ID = bytes(range(32)), bytes(range(32, 64)), UUID("0197f000-0000-7000-8000-000000000001")


@given(payload=st.binary(max_size=200))
def test_what_is_sealed_can_be_read_with_its_secret_and_leaf_only(payload: bytes) -> None:
    sealed = seal.seal(SECRET, b"leaf" * 8, payload)
    assert seal.unseal(SECRET, b"leaf" * 8, sealed) == payload
    for secret, leaf in ((KEY, b"leaf" * 8), (SECRET, b"Leaf" * 8)):
        with pytest.raises(SealBroken):
            seal.unseal(secret, leaf, sealed)


def test_a_secret_is_bound_to_its_entry_and_epoch() -> None:
    wrapped = seal.wrap(KEY, ID, SECRET)
    assert (len(wrapped), seal.unwrap(KEY, ID, wrapped)) == (60, SECRET)
    for key, entry_id in ((SECRET, ID), (KEY, UUID(int=ID.int + 1))):
        with pytest.raises(SealBroken):
            seal.unwrap(key, entry_id, wrapped)


@given(data=st.data())
def test_any_changed_or_missing_byte_is_noticed(data: st.DataObject) -> None:
    sealed = seal.seal(SECRET, b"leaf" * 8, b"payload")
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    for wrong in (changed, sealed[:at], sealed + b"\0"):
        with pytest.raises(SealBroken):
            seal.unseal(SECRET, b"leaf" * 8, wrong)


def test_equal_payloads_look_different() -> None:
    assert seal.seal(SECRET, bytes(32), b"x") != seal.seal(SECRET, bytes(32), b"x")
