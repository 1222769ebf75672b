"""Makes the model folders that PaddleOCR wants, from the models in the rapidocr wheel. Runs in the Paddle environment.

    python -m services.recognition.paddle_models UNPACKED_WHEEL MODELS

PaddleOCR reads an `inference.yml` beside each model, which the wheel does not have: pre-processing and post-processing
follow the wheel's own configuration, and the reader's characters are in the metadata of its ONNX file.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime
import yaml

DETECTOR_FILE, READER_FILE = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"

DETECTOR: Mapping[str, Any] = {
    "Global": {"model_name": "PP-OCRv6_small_det"},
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"img_mode": "BGR", "channel_first": False}},
            {"DetResizeForTest": {"limit_side_len": 736, "limit_type": "min"}},
            {"NormalizeImage": {"mean": [0.5] * 3, "std": [0.5] * 3, "scale": "1./255.", "order": "hwc"}},
            {"ToCHWImage": None},
            {"KeepKeys": {"keep_keys": ["image", "shape"]}},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.5,
        "max_candidates": 1000,
        "unclip_ratio": 1.6,
    },
}


def reader(characters: list[str]) -> Mapping[str, Any]:
    """The reader's configuration for its characters, the blank and the space left out."""
    return {
        "Global": {"model_name": "PP-OCRv6_small_rec"},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"img_mode": "BGR", "channel_first": False}},
                {"RecResizeImg": {"image_shape": [3, 48, 320]}},
                {"KeepKeys": {"keep_keys": ["image"]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": characters},
    }


def main(wheel: Path, models: Path) -> None:
    """Writes `models`/det and `models`/rec."""
    source = wheel / "rapidocr" / "models"
    session = onnxruntime.InferenceSession(source / READER_FILE, providers=["CPUExecutionProvider"])
    characters = session.get_modelmeta().custom_metadata_map["character"].rstrip("\n").split("\n")
    _write(models / "det", source / DETECTOR_FILE, DETECTOR)
    _write(models / "rec", source / READER_FILE, reader(characters))


def _write(folder: Path, model: Path, configuration: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(model, folder / "inference.onnx")
    text = yaml.safe_dump(dict(configuration), allow_unicode=True, sort_keys=False)
    (folder / "inference.yml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
