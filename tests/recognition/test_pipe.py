"""The protocol between the service and its workers."""

import io

import pytest
from hypothesis import given
from hypothesis.strategies import (
    SearchStrategy,
    binary,
    booleans,
    builds,
    floats,
    integers,
    lists,
    one_of,
    sampled_from,
    text,
    tuples,
)

from services.recognition import pipe
from services.recognition.engine import EngineIdentity
from services.recognition.pipe import Answer, Failed, Garbled, Ready, Rejected
from services.recognition.reading import Choice, Colour, Layout, Seen, TextBox

POINT = tuples(floats(-1e6, 1e6), floats(-1e6, 1e6))
CHOICES = lists(builds(Choice, character=text(max_size=2), probability=floats(0, 1)), min_size=1, max_size=3).map(tuple)
BOX = builds(
    TextBox,
    raw=text(max_size=20),
    positions=lists(CHOICES, max_size=4).map(tuple),
    corners=tuples(POINT, POINT, POINT, POINT),
    colour=sampled_from(Colour),
    layout=sampled_from(Layout),
    is_plate=booleans(),
)
ANSWER: SearchStrategy[Answer] = one_of(
    builds(Ready, builds(EngineIdentity, text(), text(), text())),
    builds(Seen, integers(1, 9999), integers(1, 9999), lists(BOX, max_size=3).map(tuple)),
    builds(Rejected, text(), booleans()),
    builds(Failed, text()),
)


@given(answer=ANSWER)
def test_an_answer_survives_the_way(answer: Answer) -> None:
    assert pipe.decode(pipe.encode(answer)) == answer


@given(messages=lists(binary(max_size=100), max_size=4))
def test_messages_arrive_whole_and_in_order_and_then_comes_the_end(messages: list[bytes]) -> None:
    stream = io.BytesIO()
    for message in messages:
        pipe.send(stream, message)
    stream.seek(0)
    assert [pipe.receive(stream) for _ in messages] == messages
    with pytest.raises(EOFError):
        pipe.receive(stream)


def test_a_message_that_breaks_off_is_the_end() -> None:
    with pytest.raises(EOFError):
        pipe.receive(io.BytesIO(pipe.frame(b"hello")[:-1]))


def test_an_absurd_length_is_no_reason_to_wait_for_it() -> None:
    with pytest.raises(Garbled):
        pipe.receive(io.BytesIO(b"HTTP/1.1 200 OK"))
    with pytest.raises(Garbled):
        pipe.frame(bytes(pipe.MAX_MESSAGE_BYTES + 1))


@given(message=binary(max_size=80))
def test_noise_is_no_answer(message: bytes) -> None:
    with pytest.raises(Garbled):
        pipe.decode(message)


@pytest.mark.parametrize(
    "message",
    [
        b"null",
        b"[]",
        b"{}",
        b'{"kind":"seen"}',
        b'{"kind":"other"}',
        b'{"kind":"seen","size":[1],"boxes":[]}',
        b'{"kind":"seen","size":[1,1],"boxes":[["A",[[]],[[0,0],[1,0],[1,1],[0,1]],"unknown","one-line",false]]}',
        b'{"kind":"seen","size":[1,1],"boxes":[["A",[],[[0,0],[1,0],[1,1]],"unknown","one-line",false]]}',
        b'{"kind":"seen","size":[1,1],"boxes":[["A",[],[[0,0],[1,0],[1,1],[0,1]],"pink","one-line",false]]}',
        b"[" * 100_000,
    ],
)
def test_an_answer_of_another_shape_is_refused(message: bytes) -> None:
    with pytest.raises(Garbled):
        pipe.decode(message)


def test_what_is_no_number_is_refused() -> None:
    box = TextBox("A", (), ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    whole = pipe.encode(Seen(1, 1, (box,)))
    assert pipe.decode(whole) == Seen(1, 1, (box,))
    with pytest.raises(Garbled):
        pipe.decode(whole.replace(b"[1.0,0.0]", b"[Infinity,0.0]"))
