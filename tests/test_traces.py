"""What is planted is found, in every form and wherever it begins."""

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary, sampled_from

from tests import traces

WORD = "officer-1"


@given(before=binary(max_size=20), after=binary(max_size=20), encoding=sampled_from(traces.ENCODINGS))
def test_a_word_is_found_in_every_form(before: bytes, after: bytes, encoding: str) -> None:
    raw = WORD.encode(encoding)
    for planted in (raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode()):
        assert traces.find({"place": before + planted + after}, [WORD])
    assert traces.find({"place": b64encode(before + raw + after)}, [WORD])


def test_what_is_not_there_is_not_found() -> None:
    assert traces.find({"place": b"officer-2" + bytes(range(256)) * 1000}, [WORD]) == []


def test_a_word_that_chance_would_find_is_not_looked_for() -> None:
    with pytest.raises(ValueError, match="by chance"):
        traces.forms("ab")


def test_files_are_read_however_deep(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "file").write_text(WORD)
    assert traces.find(dict(traces.files(tmp_path)), [WORD]) == ["a/b/file: officer-1 in utf-8"]
