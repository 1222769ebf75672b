"""Tokens: what we made opens, and nothing else does."""

import pytest
from hypothesis import assume, given
from hypothesis.strategies import binary, integers, text

from services.matching.seal import Broken, Seal

SEAL = Seal(bytes(range(32)))
purposes = text(max_size=8)


@given(content=binary(min_size=1, max_size=64), purpose=purposes, scope=purposes)
def test_what_was_closed_opens_with_the_same_content(content: bytes, purpose: str, scope: str) -> None:
    token = SEAL.close(purpose, scope, content)
    assert SEAL.open(purpose, scope, token, len(content)) == content


@given(content=binary(min_size=1, max_size=40), at=integers(min_value=0), letter=integers(0, 63))
def test_no_letter_can_be_changed(content: bytes, at: int, letter: int) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = SEAL.close("purpose", "scope", content)
    place = at % len(token)
    altered = token[:place] + letters[letter] + token[place + 1 :]
    assume(altered != token)
    with pytest.raises(Broken):
        SEAL.open("purpose", "scope", altered, len(content))


@given(purpose=purposes, scope=purposes, other_purpose=purposes, other_scope=purposes)
def test_a_token_is_good_for_one_purpose_and_scope(
    purpose: str, scope: str, other_purpose: str, other_scope: str
) -> None:
    assume((purpose, scope) != (other_purpose, other_scope))
    with pytest.raises(Broken):
        SEAL.open(other_purpose, other_scope, SEAL.close(purpose, scope, b"content!"), 8)


@given(token=text(max_size=80))
def test_anything_else_is_broken(token: str) -> None:
    with pytest.raises(Broken):
        SEAL.open("purpose", "scope", token, 8)


def test_the_size_must_be_the_expected_one() -> None:
    with pytest.raises(Broken):
        SEAL.open("purpose", "scope", SEAL.close("purpose", "scope", b"12345678"), 9)


def test_a_seal_does_not_print_its_key() -> None:
    assert "key" not in repr(SEAL)
