"""`anpr recognition`: what cannot be done is said in one line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.__main__ import app
from services.recognition import install_training


def said(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["recognition", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_an_evaluation_needs_one_set_of_pictures() -> None:
    for words in (("evaluate",), ("evaluate", ".", "--golden", "small"), ("evaluate", "--golden", "huge")):
        code, output = said(*words)
        assert code == 2
        assert "Traceback" not in output


def test_an_evaluation_without_models_says_so(tmp_path: Path) -> None:
    assert said("evaluate", str(tmp_path), "--models", str(tmp_path)) == (
        2,
        "anpr recognition: no detector.onnx and reader.onnx can be read in the folder of the models\n",
    )


def test_training_without_its_environment_says_how_to_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_training, "FOLDER", tmp_path / "nowhere")
    code, output = said("train", "reader", "--help")
    assert code == 2
    assert "python -m services.recognition.install_training" in output
