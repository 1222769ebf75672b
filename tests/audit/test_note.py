import json
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, data, integers

from services.common import note
from services.common.note import COSIGNATURE, Note, NoteInvalid, VerifierKey
from tests.audit.keyring import signer
from tests.audit.vectors import SUNLIGHT, needs_vectors

ALICE, BOB, EVE = signer("alice.example/log"), signer("bob.example"), signer("eve.example")
KEYS = [ALICE.verifier, BOB.verifier]
TEXT = "an origin\n42\nsome more\n"
SIGNED = note.sign(TEXT, ALICE, BOB)

# The example in the C2SP signed-note specification.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(texts=st.lists(lines, min_size=1, max_size=5))
def test_what_is_signed_is_verified(texts: list[str]) -> None:
    text = "".join(f"{line}\n" for line in texts)
    parsed = note.parse(note.sign(text, ALICE, BOB))
    assert parsed.text == text
    assert note.verify(parsed, KEYS) == tuple(KEYS)
    assert note.parse(parsed.encode()) == parsed


@given(data=data())
def test_a_note_with_any_letter_changed_is_refused(data: DataObject) -> None:
    at = data.draw(integers(0, len(SIGNED) - 1))
    letter = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda one: one != SIGNED[at]))
    changed = SIGNED[:at] + letter + SIGNED[at + 1 :]
    try:
        signed_by = note.verify(note.parse(changed), KEYS)
    except NoteInvalid:
        return
    # The name or the id of one signer was changed, which makes him unknown; the other's signature holds.
    assert note.parse(changed).text == TEXT
    assert len(signed_by) == 1


def test_a_key_names_itself() -> None:
    for key in (*KEYS, VerifierKey("witness.example", bytes(32), COSIGNATURE)):
        assert note.parse_key(key.encode()) == key
    assert note.parse_key(EXAMPLE_KEY).encode() == EXAMPLE_KEY


def bad_keys() -> list[str]:
    name, key_id, encoded = ALICE.verifier.encode().split("+", 2)
    typed = b64decode(encoded)
    return [
        "",
        name,
        f"{name}+{key_id}",
        f"{name}+{key_id}+",
        f"{name}+{key_id.upper()}+{encoded}",
        f"{name}+00000000+{encoded}",
        f"other+{key_id}+{encoded}",
        f"+{key_id}+{encoded}",
        f"{name}+{key_id}+{b64encode(typed[:-1]).decode()}",
        f"{name}+{key_id}+{b64encode(b'x' + typed[1:]).decode()}",
        f"{name}+{key_id}+{encoded}=",
        f"{name}+{key_id}+{encoded} ",
        f"a name+{key_id}+{encoded}",
    ]


@pytest.mark.parametrize("vkey", bad_keys())
def test_a_key_that_is_not_well_formed_is_refused(vkey: str) -> None:
    with pytest.raises(NoteInvalid):
        note.parse_key(vkey)


def line(signer_name: str = "x", encoded: str = "AAAAAAA=") -> str:
    return f"\u2014 {signer_name} {encoded}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        f"text\n{line()}",
        f"text\n\n{line()[:-1]}",
        f"text\n\n{line()}\n",
        f"text\n\n{line()}rest\n",
        f"text\r\n\r\n{line()}",
        f"te\x00xt\n\n{line()}",
        f"te\txt\n\n{line()}",
        f"te\ud800xt\n\n{line()}",
        f"text\n\n{line('')}",
        f"text\n\n{line('a+b')}",
        "text\n\n" + line("a\u00a0b"),
        f"text\n\n{line('x', '')}",
        f"text\n\n{line('x', 'AAAA')}",
        f"text\n\n{line('x', 'AAAAAAA')}",
        f"text\n\n{line('x', 'AAAAAAB=')}",
        f"text\n\n{line('x', 'AAAA AAA=')}",
        f"text\n\n{line('x', 'AAAAAA_=')}",
        "text\n\n- x AAAAAAA=\n",
        f"text\n\n{line() * 101}",
        f"{'x' * 1_000_000}\n\n{line()}",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        note.parse(text)


def test_a_note_is_split_at_the_last_empty_line() -> None:
    parsed = note.parse(f"a\n\nb\n\n{line()}")
    assert (parsed.text, len(parsed.signatures)) == ("a\n\nb\n", 1)
    assert note.parse(f"\n\n{line()}").text == "\n"


def test_unknown_keys_are_ignored_and_one_known_is_needed() -> None:
    signed = note.parse(note.sign(TEXT, EVE, ALICE))
    assert note.verify(signed, KEYS) == (ALICE.verifier,)
    with pytest.raises(NoteInvalid, match="none of the known keys"):
        note.verify(note.parse(note.sign(TEXT, EVE)), KEYS)
    with pytest.raises(NoteInvalid, match="none of the known keys"):
        note.verify(signed, [])


def test_a_broken_line_of_a_known_key_refuses_the_note() -> None:
    good, other = note.parse(note.sign(TEXT, ALICE)), note.parse(note.sign("x\n", BOB))
    with pytest.raises(NoteInvalid, match=r"bob\.example"):
        note.verify(Note(TEXT, (*good.signatures, *other.signatures)), KEYS)


def test_a_key_of_the_same_name_is_another_key() -> None:
    impostor = signer("impostor")
    key = VerifierKey(ALICE.verifier.name, impostor.verifier.public_key)
    with pytest.raises(NoteInvalid):
        note.verify(note.parse(SIGNED), [key])


def test_a_text_without_a_final_line_feed_is_not_signed() -> None:
    with pytest.raises(NoteInvalid):
        note.sign("text", ALICE)


@needs_vectors
@pytest.mark.parametrize("folder", ["witness", "witness2"])
def test_cosignatures_of_sunlight_verify(folder: str) -> None:
    (vkey,) = json.loads((SUNLIGHT / folder / "witness.v0.json").read_text())["verifier_keys"]
    key = note.parse_key(vkey)
    checked = 0
    for file in (SUNLIGHT / folder).glob("[0-9a-f]" * 64 + "/checkpoint"):
        parsed = note.parse(file.read_text())
        assert key.algorithm == COSIGNATURE
        assert note.verify(parsed, [key]) == (key,)
        (mine,) = (one for one in parsed.signatures if one.name == key.name)
        assert note.cosigned_at(mine.data) == 1767139200
        with pytest.raises(NoteInvalid):
            key.verify(parsed.text, (1767139201).to_bytes(8, "big") + mine.data[8:])
        checked += 1
    assert checked
