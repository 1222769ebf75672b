"""Canonical JSON: RFC 8785 (JCS) cut down to values that every language writes alike.

Objects with lower-case ASCII keys, arrays, strings without lone surrogates, integers below 2^53, booleans. No null, no
fraction, no duplicate key. In this profile Python's sorted, compact JSON is RFC 8785 byte for byte (docs/audit-format.md).
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import NoReturn

Value = str | int | bool | Sequence["Value"] | Mapping[str, "Value"]

LIMIT = 1 << 53
MAX_DEPTH = 16
KEY = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class JcsInvalid(ValueError):
    """The value is outside the profile, or the bytes are not its canonical form."""


def encode(value: Value) -> bytes:
    """The canonical bytes. Raises JcsInvalid for a value outside the profile."""
    try:
        if isinstance(value, str):  # the most frequent values by far, in a fifth of the time
            return encode_basestring(value).encode()
        if type(value) is int and -LIMIT < value < LIMIT:
            return b"%d" % value
        _verify(value, MAX_DEPTH)
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError as cause:
        raise JcsInvalid("a string holds a lone surrogate") from cause


def decode(data: bytes) -> Value:
    """The value behind canonical bytes. Raises JcsInvalid unless encoding it again gives exactly these bytes."""
    try:
        value: Value = json.loads(data, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as cause:
        raise JcsInvalid("the bytes are no JSON of this profile") from cause
    if encode(value) != data:
        raise JcsInvalid("the bytes are not in canonical form")
    return value


def decode_object(data: bytes) -> Mapping[str, Value]:
    """As `decode`, for an object."""
    value = decode(data)
    if not isinstance(value, Mapping):
        raise JcsInvalid("the bytes are no JSON object")
    return value


def encode_members(members: Mapping[str, bytes]) -> bytes:
    """The canonical bytes of an object whose values are canonical bytes already."""
    return b"{" + b",".join(_named(name) + members[name] for name in sorted(members)) + b"}"


@lru_cache(maxsize=256)
def _named(name: str) -> bytes:
    if not KEY.fullmatch(name):
        raise JcsInvalid("a key is not lower-case ASCII")
    return f'"{name}":'.encode()


def _verify(value: object, depth: int) -> None:
    if isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        if not -LIMIT < value < LIMIT:
            raise JcsInvalid("an integer is 2^53 or more")
    elif depth == 0:
        raise JcsInvalid("the value is nested too deeply")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not (isinstance(key, str) and KEY.fullmatch(key)):
                raise JcsInvalid("a key is not lower-case ASCII")
            _verify(inner, depth - 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _verify(inner, depth - 1)
    else:
        raise JcsInvalid("the value is no string, integer, boolean, array or object")


def _refuse(_: str) -> NoReturn:
    raise JcsInvalid("fractions are not in the profile")
