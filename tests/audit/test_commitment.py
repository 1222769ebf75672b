from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import commitment
from services.audit.jcs import JcsInvalid
from tests.audit.test_jcs import keys, values

SECRET = bytes(range(32))
# The worked example of docs/audit-format.md.
FIELDS: dict[str, Any] = {
    "actor": "badge:4711",
    "auth": "mfa",
    "case": "2026-CR-000123",
    "count": 3,
    "org": "pd-north",
    "plate": "1ABC234",
    "purpose": "theft",
    "query": {"from": 1790000000000, "to": 1790003600000},
}


def test_the_known_answer() -> None:
    salt = commitment.salt(SECRET, "actor")
    assert salt.hex() == "3b09a580411b4eb834337985daf95c4d62fba8759ce49f9232497bf308213bc5"
    assert commitment.field_hash(salt, "actor", "badge:4711").hex() == (
        "6d8f02fb29b7e29664fc586a2a5b146d9102eec9ef57ab76b9220e6faf542595"
    )
    assert commitment.commit(FIELDS, SECRET).hex() == (
        "fc6be98f6556b143f960ed12b717881843dae598b9e8f2be822027dcf4a6b580"
    )


@given(fields=st.dictionaries(keys, values, min_size=1, max_size=6), hidden=st.data())
def test_some_fields_can_be_shown_and_the_rest_hidden(fields: dict[str, Any], hidden: st.DataObject) -> None:
    shown = hidden.draw(st.sets(st.sampled_from(sorted(fields))))
    salts = {name: commitment.salt(SECRET, name) for name in fields}
    redacted = {name: commitment.field_hash(salts[name], name, fields[name]) for name in fields.keys() - shown}
    disclosed = {name: commitment.field_hash(salts[name], name, fields[name]) for name in shown}
    assert commitment.combine({**redacted, **disclosed}) == commitment.commit(fields, SECRET)


@given(fields=st.dictionaries(keys, st.text("ab", max_size=2), min_size=1, max_size=4), name=keys, value=st.text("ab"))
def test_another_field_gives_another_commitment(fields: dict[str, str], name: str, value: str) -> None:
    changed = {**fields, name: value}
    is_same = commitment.commit(changed, SECRET) == commitment.commit(fields, SECRET)
    assert is_same == (changed == fields)


def test_the_secret_hides_the_fields() -> None:
    assert commitment.commit(FIELDS, SECRET) != commitment.commit(FIELDS, bytes(32))


def test_the_order_of_fields_does_not_matter() -> None:
    assert commitment.commit(dict(reversed(FIELDS.items())), SECRET) == commitment.commit(FIELDS, SECRET)


def test_a_value_outside_the_profile_is_refused() -> None:
    with pytest.raises(JcsInvalid):
        commitment.commit({"speed": 1.5}, SECRET)  # type: ignore[dict-item]
