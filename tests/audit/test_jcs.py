import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import jcs
from services.audit.jcs import JcsInvalid

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.from_regex(r"[a-z][a-z0-9_.]{0,8}", fullmatch=True)
integers = st.integers(-(2**53) + 1, 2**53 - 1)
values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(value=values)
def test_what_is_encoded_is_decoded(value: Any) -> None:
    assert jcs.decode(jcs.encode(value)) == value


@given(value=st.dictionaries(keys, values, max_size=4))
def test_keys_are_sorted_and_nothing_is_between(value: dict[str, Any]) -> None:
    text = jcs.encode(value).decode()
    assert list(json.loads(text)) == sorted(value)
    assert text == jcs.encode(dict(reversed(value.items()))).decode()


def test_strings_are_escaped_as_rfc_8785_says() -> None:
    assert jcs.encode('\u20ac$\x0f\nA\'B"\\\\"/\b\t\r\f\x7f\u2028\U0001f600').decode() == (
        '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\\b\\t\\r\\f\x7f\u2028\U0001f600"'
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b'{"a":null}',
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"A":1}',
        b'{"":1}',
        b'{"\xc3\xa9":1}',
        b'"\\u0041"',
        b'"\\ud800"',
        b'"\\/"',
        b'"\xff"',
        b'\xef\xbb\xbf"a"',
        b"[" * 100_000,
        b"[" * 20 + b"]" * 20,
        b"1" * 5000,
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(JcsInvalid):
        jcs.decode(data)


@pytest.mark.parametrize("value", [None, 1.5, float("nan"), {"A": 1}, {1: 2}, {"a": None}, 2**53, "\ud800", b"a", {1}])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(JcsInvalid):
        jcs.encode(value)


def test_an_object_is_told_from_other_values() -> None:
    assert jcs.decode_object(b'{"a":true}') == {"a": True}
    with pytest.raises(JcsInvalid, match="object"):
        jcs.decode_object(b"[1]")


@given(members=st.dictionaries(keys, values, max_size=4))
def test_an_object_can_be_made_of_encoded_members(members: dict[str, Any]) -> None:
    assert jcs.encode_members({name: jcs.encode(value) for name, value in members.items()}) == jcs.encode(members)


def test_a_member_of_another_name_is_refused() -> None:
    with pytest.raises(JcsInvalid):
        jcs.encode_members({'a":1,"b': b"1"})
