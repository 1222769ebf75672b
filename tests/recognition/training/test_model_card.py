"""The model card holds what was measured, and nothing else."""

import json
from pathlib import Path
from typing import Any

from services.recognition import environment
from services.recognition.engine import EngineIdentity
from services.recognition.training import model_card, results, scores
from services.recognition.training.error_sheet import ErrorSheet
from services.recognition.training.evaluate import Evaluation
from services.recognition.training.golden import Size
from services.recognition.training.scores import Outcome


def figures() -> dict[str, Any]:
    groups = (("group", "BE_MOTO"), ("condition", "rain"), ("layout", "two-lines"))
    outcomes = (
        Outcome("a", "MABC123", "MABC123", 0.97, 70, groups),
        Outcome("b", "MABD123", "MABD128", 0.61, 70, groups),
    )
    measured = scores.figures(outcomes, frames=2, false_plates=1, cpu_s=0.03)
    done = Evaluation(measured, outcomes, (), ErrorSheet(), EngineIdentity("networks", "1", "ab"))
    model = {"file": "x.onnx", "version": "7", "bytes": 1_940_000, "sha256": "f00d", "facts": {"seed": 11}}
    written = {"models": {"detector": model, "reader": model}, "golden": {Size.LARGE: results.as_object(done)}}
    read_back: dict[str, Any] = json.loads(json.dumps(written))
    return read_back


def test_figures_stand_in_the_card() -> None:
    card = model_card.render(figures())
    assert "| x.onnx | 7 | 1.94 MB | `f00d` |" in card
    assert "| reader | seed | 11 |" in card
    assert "| BE_MOTO (motorcycle) | 2 | 100.00 % | 50.00 % | 50.00 % | 7.14 % |" in card
    assert "0.5000. Processor time per frame (640 x 360, decoding included): 15.0 ms." in card
    assert "$" not in card


def test_what_was_measured_on_frames_is_told_as_recorded() -> None:
    card = model_card.render({**figures(), "frames": {"recall at 0.1 false boxes per frame": "93.1 %"}})
    assert "| recall at 0.1 false boxes per frame | 93.1 % |" in card


def test_colour_and_class_are_said_to_be_empty() -> None:
    assert "Left empty" in model_card.render(figures())


def test_what_was_measured_of_other_models_is_dropped(tmp_path: Path) -> None:
    for name in model_card.FILES.values():
        (tmp_path / name).write_bytes((environment.MODELS / name).read_bytes())
    now = model_card.measured(tmp_path, (), {})
    assert model_card.measured(tmp_path, (), {**now, "frames": {"recall": "1 %"}})["frames"] == {"recall": "1 %"}
    of_others = {**figures(), "frames": {"recall": "1 %"}}
    assert model_card.measured(tmp_path, (), of_others) == {"models": now["models"], "golden": {}}
