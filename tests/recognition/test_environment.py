"""Model files that must not be read, or not as a whole."""

import os
from pathlib import Path

import pytest

from services.recognition.environment import DETECTOR, READER, EngineMissing, model_files
from services.recognition.pipe import MAX_MESSAGE_BYTES


def huge(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(MAX_MESSAGE_BYTES + 1)


def endless(file: Path) -> None:
    file.symlink_to("/dev/zero")


@pytest.mark.parametrize("made", [huge, endless, os.mkfifo, os.mkdir, lambda _: None])
def test_what_is_no_file_of_a_model_is_refused_at_once(tmp_path: Path, made: "object") -> None:
    assert callable(made)
    (tmp_path / DETECTOR).write_bytes(b"detector")
    made(tmp_path / READER)
    with pytest.raises(EngineMissing, match=READER):
        model_files(tmp_path)


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    for name in (DETECTOR, READER):
        (tmp_path / "v1" / name).write_text(name)
        (tmp_path / name).symlink_to(Path("v1") / name)
    assert model_files(tmp_path) == (DETECTOR.encode(), READER.encode())
