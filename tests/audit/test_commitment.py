import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import commitment, jcs
from services.audit.jcs import JcsInvalid
from tests.audit.test_jcs import keys, values

SECRET = bytes(range(32))
# A known answer of another field set than ours: the commitment takes any.
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


def salt(name: str, secret: bytes = SECRET) -> bytes:
    """As the specification writes it."""
    return hmac.digest(secret, b"anpr-audit/salt/v1\0" + name.encode(), "sha256")


def commit(fields: dict[str, Any], secret: bytes = SECRET) -> bytes:
    return commitment.commit(commitment.encode(fields), secret)


def field_hash(name: str, value: Any) -> bytes:
    return commitment.field_hash(salt(name), name, jcs.encode(value))


def test_the_known_answer() -> None:
    assert salt("actor").hex() == "3b09a580411b4eb834337985daf95c4d62fba8759ce49f9232497bf308213bc5"
    assert field_hash("actor", "badge:4711").hex() == (
        "6d8f02fb29b7e29664fc586a2a5b146d9102eec9ef57ab76b9220e6faf542595"
    )
    assert commit(FIELDS).hex() == "fc6be98f6556b143f960ed12b717881843dae598b9e8f2be822027dcf4a6b580"


@given(secret=st.binary(min_size=32, max_size=32), name=keys)
def test_salts_are_hmacs(secret: bytes, name: str) -> None:
    salts = commitment.Salts(secret)
    assert [salts.of(name), salts.of("other")] == [salt(name, secret), salt("other", secret)]


@given(name=keys, value=values)
def test_a_field_is_hashed_as_canonical_json(name: str, value: Any) -> None:
    expected = hashlib.sha256(b"anpr-audit/field/v1\0" + salt(name) + jcs.encode([name, value])).digest()
    assert field_hash(name, value) == expected


@given(fields=st.dictionaries(keys, values, min_size=1, max_size=6), hidden=st.data())
def test_some_fields_can_be_shown_and_the_rest_hidden(fields: dict[str, Any], hidden: st.DataObject) -> None:
    shown = hidden.draw(st.sets(st.sampled_from(sorted(fields))))
    redacted = {name: field_hash(name, fields[name]) for name in fields.keys() - shown}
    disclosed = {name: field_hash(name, fields[name]) for name in shown}
    assert commitment.combine({**redacted, **disclosed}) == commit(fields)


@given(fields=st.dictionaries(keys, st.text("ab", max_size=2), min_size=1, max_size=4), name=keys, value=st.text("ab"))
def test_another_field_gives_another_commitment(fields: dict[str, str], name: str, value: str) -> None:
    changed = {**fields, name: value}
    assert (commit(changed) == commit(fields)) == (changed == fields)


def test_the_secret_hides_the_fields() -> None:
    assert commit(FIELDS) != commit(FIELDS, bytes(32))


def test_the_order_of_fields_does_not_matter() -> None:
    assert commit(dict(reversed(FIELDS.items()))) == commit(FIELDS)


def test_what_is_outside_the_profile_is_refused() -> None:
    with pytest.raises(JcsInvalid):
        commit({"speed": 1.5})
    with pytest.raises(ValueError, match="32 bytes"):
        commit(FIELDS, bytes(31))
