"""Changes of protobuf messages: fields that hold what they may not, too often or too deep, and bytes that are no message."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.fuzz import bytewise, oddities

DEEPEST = 6
COUNTS = (1, 2, 17, 33, 129, 257, 1001)
RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(2**31), 2**31 - 1),
}


def mutate(dice: Random, message: Message) -> bytes:
    """The message with a few fields changed, or its bytes after that."""
    changed = type(message)()
    changed.CopyFrom(message)
    for _ in range(dice.choice((0, 1, 1, 2, 4))):
        _change(dice, changed, 0)
    content = changed.SerializeToString()
    return dice.choice(RAW)(dice, content) if not dice.randrange(4) else content


def _change(dice: Random, message: Message, depth: int) -> None:
    fields: Sequence[Any] = message.DESCRIPTOR.fields
    if not fields:
        return
    field = dice.choice(fields)
    if field.is_repeated:
        _change_repeated(dice, message, field, depth)
    elif field.message_type is not None:
        _change_inner(dice, message, field, depth)
    else:
        setattr(message, field.name, _scalar(dice, message, field))


def _change_inner(dice: Random, message: Message, field: FieldDescriptor, depth: int) -> None:
    inner: Message = getattr(message, field.name)
    if not dice.randrange(5):
        message.ClearField(field.name)
    else:
        inner.SetInParent()
        if depth < DEEPEST:
            _change(dice, inner, depth + 1)


def _change_repeated(dice: Random, message: Message, field: FieldDescriptor, depth: int) -> None:
    values: Any = getattr(message, field.name)
    if not dice.randrange(4):
        message.ClearField(field.name)
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        return
    elif field.message_type is not None:
        if values and dice.randrange(2):
            _change(dice, dice.choice(values), depth + 1)
        else:
            _multiply(values, list(values) or [values.add()], _count(dice))
    else:
        _multiply(values, [*values, _scalar(dice, message, field)], _count(dice))


def _multiply(values: Any, pattern: list[Any], count: int) -> None:
    values.extend(pattern[number % len(pattern)] for number in range(count))


def _count(dice: Random) -> int:
    return 10_000 if not dice.randrange(100) else dice.choice(COUNTS)


def _scalar(dice: Random, message: Message, field: FieldDescriptor) -> Any:
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return oddities.content(dice) if field.type == FieldDescriptor.TYPE_BYTES else oddities.text(dice)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return bool(dice.randrange(2))
    if kind in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return oddities.fraction(dice)
    if field.enum_type is not None and dice.randrange(3):
        return dice.choice(field.enum_type.values).number
    if message.DESCRIPTOR.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration") and dice.randrange(4):
        return dice.choice(oddities.SECONDS if field.name == "seconds" else oddities.NANOS)
    return oddities.number(dice, *RANGES[kind])


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _tag(dice: Random, wire_type: int) -> bytes:
    return _varint(dice.choice((1, 2, 3, 4, 15, 16, 99, 18_999, 2**29 - 1)) << 3 | wire_type)


def _groups(dice: Random, content: bytes) -> bytes:
    """Groups of a number that no message has, one in another, ended or not."""
    depth = dice.choice((1, 10, 99, 100, 101, 1000, 10_000))
    begin, end = b"\xbb\x3f", b"\xbc\x3f"  # 1015
    return content + begin * depth + end * dice.choice((depth, depth - 1, 0))


def _nested(dice: Random, content: bytes) -> bytes:
    """A field in a field in a field, each of the same number."""
    number = dice.choice((1, 2, 10))
    for _ in range(dice.choice((2, 50, 99, 101, 200))):
        content = _varint(number << 3 | 2) + _varint(len(content)) + content
    return content


def _announced(dice: Random, content: bytes) -> bytes:
    """A length that is not there."""
    return content + _tag(dice, 2) + _varint(dice.choice((1, 127, 2**20, 2**31 - 1, 2**31, 2**32, 2**63, 2**64 - 1)))


def _wrong_type(dice: Random, content: bytes) -> bytes:
    return content + _tag(dice, dice.randrange(8)) + dice.randbytes(dice.randrange(12))


def _long_varint(dice: Random, content: bytes) -> bytes:
    return content + _tag(dice, 0) + b"\xff" * dice.choice((9, 10, 11, 100)) + b"\1"


def _not_text(dice: Random, content: bytes) -> bytes:
    bad = dice.choice((b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"a\xe2\x82"))
    return content + _tag(dice, 2) + _varint(len(bad)) + bad


def _twice(_dice: Random, content: bytes) -> bytes:
    return content + content


def _bytes(dice: Random, content: bytes) -> bytes:
    return bytewise.mutate(dice, content)


def _noise(dice: Random, _content: bytes) -> bytes:
    return dice.randbytes(dice.choice((0, 1, 2, 8, 64, 500)))


RAW: tuple[Callable[[Random, bytes], bytes], ...] = (
    _groups, _nested, _announced, _wrong_type, _long_varint, _not_text, _twice, _bytes, _bytes, _noise,
)  # fmt: skip
