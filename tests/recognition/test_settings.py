"""Settings of recognition."""

from pathlib import Path

import pytest

from services.common.settings import SettingsProblem, load
from services.recognition.environment import EngineMissing, worker_command
from services.recognition.settings import Settings

LISTEN = {"ANPR_LISTEN": "127.0.0.1:0"}


def test_the_address_is_all_that_is_needed() -> None:
    assert load(Settings, LISTEN) == Settings("127.0.0.1:0")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ANPR_ENGINE": "tesseract"},
        {"ANPR_WORKERS": "0"},
        {"ANPR_WORKERS": "many"},
        {"ANPR_WAITING": "0"},
        {"ANPR_PICTURE_TIMEOUT_S": "0"},
        {"ANPR_DRAIN_S": "-1"},
        {"ANPR_MODELS_DIR": "/nowhere/at/all"},
        {"ANPR_PROVIDER": "tpu"},
        {"ANPR_SECOND_READER": "networks"},
        {"ANPR_ENGINE": "paddleocr-reader"},
        {"ANPR_SECOND_TIMEOUT_S": "0"},
        {"ANPR_MODEL_DIR": "."},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsProblem):
        load(Settings, LISTEN | wrong)


def test_an_engine_that_is_not_installed_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="make setup"):
        worker_command("paddleocr", paddle_python=tmp_path / "python", paddle_models=tmp_path)
    with pytest.raises(EngineMissing, match=r"detector\.onnx"):
        worker_command("networks", models=tmp_path)
    with pytest.raises(ValueError, match="engine is one of"):
        worker_command("tesseract")
