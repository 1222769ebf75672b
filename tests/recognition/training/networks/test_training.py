"""A short training of each network: it learns, it goes on after a stop, and what it exports answers alike."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from services.recognition.training import checkpoint, export, shards, train
from services.recognition.training.blocks import centred
from services.recognition.training.curves import COURSE, PLOT
from services.recognition.training.detector_network import DetectorNetwork
from services.recognition.training.reader_network import ReaderNetwork
from services.recognition.training.render import crop


def course(run: Path) -> "list[dict[str, float]]":
    return [json.loads(line) for line in (run / COURSE).read_text().splitlines()]


def rendered(folder: Path, seed: int, count: int, samples: int) -> None:
    shards.filled(
        folder,
        lambda rng: crop.samples(rng, 0.0, "BE_STD_2010"),
        seed=seed,
        count=count,
        keep=0,
        stop_after_s=600,
        samples=samples,
    )


def reader_options(tmp_path: Path, steps: int) -> list[str]:
    folders = ["--run", tmp_path / "run", "--shards", tmp_path / "shards", "--validation", tmp_path / "unseen"]
    return ["reader", *map(str, folders), "--steps", str(steps), "--batch", "32", "--look-every", "40"]


def test_the_reader_learns_to_read_clean_plates_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    rendered(tmp_path / "shards", seed=1, count=4, samples=160)
    rendered(tmp_path / "unseen", seed=2, count=1, samples=60)
    train.main(reader_options(tmp_path, 120))
    half = torch.load(tmp_path / "run" / checkpoint.LATEST, weights_only=True)
    train.main(reader_options(tmp_path, 320))
    whole = course(tmp_path / "run")
    assert half["step"] == 120
    assert [row["step"] for row in whole] == list(range(40, 321, 40))
    assert whole[-1]["column"] < 0.3 * whole[0]["column"]
    assert whole[-1]["exact"] >= 0.5
    assert (tmp_path / "run" / PLOT).stat().st_size > 1000


def test_the_detector_learns_from_drawn_scenes(tmp_path: Path) -> None:
    run = tmp_path / "run"
    sizes = ["--width", "160", "--height", "96", "--batch", "8", "--look-every", "60", "--feeders", "0"]
    train.main(["detector", "--run", str(run), "--steps", "240", *sizes])
    first, *_, last = course(run)
    assert last["box"] < 0.8 * first["box"]
    assert last["validation_corner"] < first["validation_corner"]


def test_an_exported_reader_answers_as_the_network_does(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network, file = ReaderNetwork().eval(), tmp_path / "reader.onnx"
    export.export_reader(network.state_dict(), file, {"version": "test"})
    pixels = np.random.default_rng(3).integers(0, 256, (3, 48, 160, 3), np.uint8)
    answers = onnxruntime.InferenceSession(str(file)).run(None, {"pixels": pixels})
    with torch.inference_mode():
        expected = network(centred(torch.from_numpy(pixels)))
    for answer, wanted in zip(answers, expected, strict=True):
        np.testing.assert_allclose(answer, wanted.numpy(), atol=1e-4)
    facts = {entry.key: json.loads(entry.value) for entry in onnx.load(str(file)).metadata_props}
    assert facts["anpr"]["version"] == "test"
    assert len(facts["anpr"]["characters"]) == 39


def test_an_exported_detector_takes_pictures_of_any_size(tmp_path: Path) -> None:
    file = tmp_path / "detector.onnx"
    export.export_detector(DetectorNetwork().state_dict(), file, {"version": "test"})
    session = onnxruntime.InferenceSession(str(file))
    for height, width in ((96, 160), (384, 640), (736, 1280)):
        fine, coarse = session.run(None, {"pixels": np.zeros((1, height, width, 3), np.uint8)})
        assert fine.shape == (1, 9, height // 8, width // 8)
        assert coarse.shape == (1, 9, height // 16, width // 16)
