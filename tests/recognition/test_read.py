"""`anpr read` as a process: answers on standard output, one line of complaint a bad file, bounded memory."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from services.common.marker import MarkedPlate, draw_marker
from services.recognition.worker_process import ROOT
from tests.common.test_picture import png
from tests.recognition.drawing import Drawn, bgr, encoded, frame

DRAWN = Drawn(("1-ABC-123",), 400, 300)
PLATE = MarkedPlate("1-ABC-123", "BE", (400, 300, 265, 56), ((400, 300), (665, 300), (665, 356), (400, 356)))
SCRIPT = """
import sys
from pathlib import Path
from services.recognition import environment, read
files, options = [Path(a) for a in sys.argv[1:] if not a.startswith("--")], sys.argv
folder = files.pop(0) if "--annotate" in options else None
command = None if "--networks" in options else environment.worker_command("standin")
if "--limit" in options:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
if "--missing" in options:
    command = None
    read.worker_command = lambda: environment.worker_command(models=Path("no"))
if "--broken" in options:
    command = read.WorkerCommand((sys.executable, "-c", "raise SystemExit('model file is damaged')"))
sys.exit(read.main(files, as_json="--json" in options, annotate=folder, command=command))
"""


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    answers: list[dict[str, object]]
    output: str
    complaints: list[str]


def anpr_read(*arguments: str | Path) -> Done:
    command = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    lines = done.stdout.splitlines() if "--json" in arguments else []
    return Done(done.returncode, [json.loads(line) for line in lines], done.stdout, done.stderr.splitlines())


@pytest.fixture
def street(tmp_path: Path) -> Path:
    marked = draw_marker(bgr(frame(DRAWN)), [PLATE])
    file = tmp_path / "street.jpg"
    file.write_bytes(encoded(Image.fromarray(marked[:, :, ::-1])))
    return file


@pytest.fixture
def bad(tmp_path: Path, street: Path) -> list[Path]:
    contents = {
        "text.txt": b"not a picture\n" * 50,
        "empty.jpg": b"",
        "truncated.jpg": street.read_bytes()[:-2000],
        "huge.png": png(30_000, 30_000, bytes(5000)),
        "many-bytes.jpg": bytes(17 * 2**20),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents]


def test_a_picture_gives_the_object_of_the_contract(street: Path) -> None:
    done = anpr_read("--json", street)
    assert (done.status, done.complaints) == (0, [])
    (answer,) = done.answers
    milliseconds = answer.pop("milliseconds")
    assert isinstance(milliseconds, float)
    assert answer == {
        "file": str(street),
        "width": 1280,
        "height": 720,
        "plates": [
            {
                "text": "1ABC123",
                "raw": "1-ABC-123",
                "country": "BE",
                "confidence": 0.9321,
                "characters": [[[character, 0.99]] for character in "1ABC123"],
                "box": [400, 300, 265, 56],
                "corners": [[400.0, 300.0], [665.0, 300.0], [665.0, 356.0], [400.0, 356.0]],
                "colour": "red-on-white",
                "layout": "one-line",
            }
        ],
    }


def test_bad_files_get_a_line_each_and_good_ones_are_read(street: Path, bad: list[Path]) -> None:
    missing, folder, odd = street.with_name("missing.jpg"), street.parent, street.with_name("new\nline.jpg")
    odd.write_bytes(b"text")
    done = anpr_read("--json", *bad, street, missing, folder, odd)
    assert done.status == 1
    assert [answer["file"] for answer in done.answers] == [str(street)]
    reasons = [
        "not a JPEG, PNG, WebP, BMP or TIFF picture",
        "the picture is empty",
        "the picture is damaged or truncated",
        "the picture has more than 40000000 pixels, or a side over 65535",
        "the picture has more than 16777216 bytes",
        "no such file",
        "not a file",
    ]
    assert done.complaints[:-1] == [
        f"{file}: {reason}" for file, reason in zip([*bad, missing, folder], reasons, strict=True)
    ]
    assert done.complaints[-1].endswith("new\\nline.jpg': not a JPEG, PNG, WebP, BMP or TIFF picture")


def test_bad_files_alone_need_neither_an_engine_nor_a_gibibyte(bad: list[Path]) -> None:
    done = anpr_read("--limit", "--networks", *bad)
    assert done.status == 1
    assert len(done.complaints) == len(bad)


def test_people_get_a_table_and_an_annotated_copy(street: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    for _ in range(2):
        done = anpr_read("--annotate", copies, street)
        assert (done.status, done.complaints) == (0, [])
        assert "1ABC123" in done.output
        assert "BE_STD_2010" in done.output
    assert sorted(file.name for file in copies.iterdir()) == ["street.plates-2.jpg", "street.plates.jpg"]
    with Image.open(copies / "street.plates.jpg") as copy, Image.open(street) as original:
        assert copy.size == original.size
        assert copy.crop((395, 295, 670, 360)).tobytes() != original.crop((395, 295, 670, 360)).tobytes()


def test_a_picture_without_plates_is_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "road.png"
    file.write_bytes(encoded(frame(), "PNG"))
    assert anpr_read("--json", file).answers[0]["plates"] == []
    assert "no plate" in anpr_read(file).output


@pytest.mark.parametrize(("option", "words"), [("--missing", "detector.onnx"), ("--broken", "model file is damaged")])
def test_an_engine_that_is_missing_or_broken_is_said_so(street: Path, option: str, words: str) -> None:
    done = anpr_read(option, street)
    assert done.status == 2
    assert words in " ".join(done.complaints)
    assert "Traceback" not in " ".join(done.complaints)


def test_a_copy_that_cannot_be_written_is_said_so(street: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = anpr_read("--annotate", tmp_path / "file", street)
    assert done.status == 1
    assert "annotated copy" in done.complaints[0]


@pytest.mark.model
def test_drawn_plates_are_read_by_the_installed_engine(tmp_path: Path) -> None:
    file = tmp_path / "cars.jpg"
    two_lines = Drawn(("2-XYZ", "987"), 820, 330, height=110, degrees=-2)
    file.write_bytes(encoded(frame(Drawn(("1-ABC-123",), 260, 420), two_lines), quality=85))
    done = anpr_read("--networks", "--json", file)
    assert (done.status, done.complaints) == (0, [])
    plates = {str(plate["text"]): plate for plate in done.answers[0]["plates"]}  # type: ignore[attr-defined]
    assert set(plates) == {"1ABC123", "2XYZ987"}
    assert (plates["1ABC123"]["country"], plates["1ABC123"]["layout"]) == ("BE", "one-line")
    assert (plates["2XYZ987"]["country"], plates["2XYZ987"]["layout"]) == ("BE", "two-lines")
    assert plates["1ABC123"]["confidence"] > 0.8
