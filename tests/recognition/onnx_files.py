"""ONNX files of a few bytes, written by hand: the product's environment has no library that writes them.

Field numbers are those of onnx.proto3.
"""

from collections.abc import Iterator

FLOAT, EXTERNAL = 1, 1


def network(metadata: str | None = None, weights_in: str | None = None) -> bytes:
    """A network that answers its four weights. metadata: ours, as JSON; weights_in: another file that is to hold the weights."""
    weights = _number(1, 4) + _number(2, FLOAT) + _part(8, b"w")
    if weights_in is None:
        weights += _part(9, bytes(16))
    else:
        weights += _part(13, _part(1, b"location") + _part(2, weights_in.encode())) + _number(14, EXTERNAL)
    node = _part(1, b"w") + _part(2, b"y") + _part(4, b"Identity")
    shape = _part(2, _part(1, _number(1, 4)))
    output = _part(1, b"y") + _part(2, _part(1, _number(1, FLOAT) + shape))
    graph = _part(1, node) + _part(2, b"g") + _part(5, weights) + _part(12, output)
    told = b"" if metadata is None else _part(14, _part(1, b"anpr") + _part(2, metadata.encode()))
    return _number(1, 8) + _part(7, graph) + _part(8, _number(2, 17)) + told


def _number(field: int, value: int) -> bytes:
    return bytes((*_digits(field << 3), *_digits(value)))


def _part(field: int, content: bytes) -> bytes:
    return bytes((*_digits(field << 3 | 2), *_digits(len(content)))) + content


def _digits(value: int) -> Iterator[int]:
    """Seven bits each, the lowest first."""
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value
