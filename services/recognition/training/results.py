"""An evaluation's figures as JSON, and the files it leaves in a folder."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.recognition.calibration import Bin
from services.recognition.training import reliability
from services.recognition.training.evaluate import Evaluation
from services.recognition.training.scores import Outcome

FIGURES, DIAGRAM, SURE_DIAGRAM, ERRORS, READS = (
    "figures.json", "reliability.svg", "reliability-sure.svg", "errors.png", "reads.csv"
)  # fmt: skip
# Where the second diagram begins: most answers are above.
SURE = 0.8
DIGITS = 5


def as_object(evaluation: Evaluation) -> dict[str, Any]:
    """What is printed, and what figures.json of the models records. Without plates."""
    return {
        "engine": asdict(evaluation.engine),
        **_rounded(asdict(evaluation.figures)),
        "refused": [list(refused) for refused in evaluation.refused],
    }


def save(evaluation: Evaluation, folder: Path) -> None:
    """Writes figures, reliability diagrams, the contact sheet of the errors and all reads (plates!). Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FIGURES).write_text(json.dumps(as_object(evaluation), indent=1) + "\n")
    save_diagrams(evaluation.figures.reliability, folder)
    (folder / ERRORS).write_bytes(evaluation.sheet.png())
    (folder / READS).write_text(_reads(evaluation.outcomes))


def save_diagrams(table: Sequence[Bin], folder: Path) -> None:
    """Writes the reliability diagram, and its upper end larger. Raises OSError."""
    (folder / DIAGRAM).write_text(reliability.svg(table))
    (folder / SURE_DIAGRAM).write_text(reliability.svg(table, low=SURE))


def _reads(outcomes: tuple[Outcome, ...]) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("file", "text", "read", "confidence", "width_px", "exact", "strict"))
    for o in outcomes:
        rows.writerow((o.file, o.truth, o.read, f"{o.confidence:.4f}", f"{o.width_px:.0f}", o.is_exact, o.is_strict))
    return out.getvalue()


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, DIGITS)
        case dict():
            return {key: _rounded(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_rounded(inner) for inner in value]
    return value
