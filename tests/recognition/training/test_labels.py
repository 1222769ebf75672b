"""What a folder of pictures is known to show."""

import json
from pathlib import Path

import pytest

from services.recognition.reading import Box
from services.recognition.training import labels
from services.recognition.training.labels import Label, LabelsInvalid


def folder(path: Path, name: str, content: str, pictures: tuple[str, ...] = ("a.jpg", "b.jpg")) -> Path:
    for picture in pictures:
        (path / picture).write_bytes(picture.encode())
    (path / name).write_text(content)
    return path


def test_a_csv_names_files_and_texts(tmp_path: Path) -> None:
    content = "file,text,country,layout,x,y,w,h\nb.jpg,1-abc-123,BE,one-line,10,20.4,100,30\na.jpg,,,,,,,\n"
    first, second = labels.folder(folder(tmp_path, "labels.csv", content))
    assert (first.name, first.labels, first.content()) == ("a.jpg", (), b"a.jpg")
    groups = (("country", "BE"), ("layout", "one-line"))
    assert second.labels == (Label("1ABC123", Box(10, 20, 100, 30), groups),)


def test_a_jsonl_says_the_same_in_other_words(tmp_path: Path) -> None:
    lines = [
        {"file": "a.jpg", "text": "AB-123-C"},
        {"file": "a.jpg", "text": "12 ABC 3", "x": 1, "y": 2, "w": 3, "h": 4},
    ]
    content = "\n".join(map(json.dumps, lines)) + "\n\n"
    (sample,) = labels.folder(folder(tmp_path, "labels.jsonl", content))
    assert sample.labels == (Label("AB123C"), Label("12ABC3", Box(1, 2, 3, 4)))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("labels.csv", "picture,text\na.jpg,1ABC123\n", "line 1"),
        ("labels.csv", "file,text\n../a.jpg,1ABC123\n", "line 2"),
        ("labels.csv", "file,text\nc.jpg,1ABC123\n", "line 2"),
        ("labels.csv", "file,text\na.jpg,---\n", "line 2"),
        ("labels.csv", "file,text,x,y,w,h\na.jpg,1ABC123,1,2,nan,4\n", "line 2"),
        ("labels.csv", "file,text,x,y,w,h\na.jpg,1ABC123,1,2,0,4\n", "line 2"),
        ("labels.jsonl", '{"file": "a.jpg"', "line 1"),
        ("labels.jsonl", "[]", "line 1"),
        ("other.csv", "file,text\n", "labels.csv"),
    ],
)
def test_labels_that_say_nothing_usable_are_refused(tmp_path: Path, name: str, content: str, words: str) -> None:
    with pytest.raises(LabelsInvalid, match=words):
        labels.folder(folder(tmp_path, name, content))
