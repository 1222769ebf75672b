"""The model card, made from measured figures: no number in it is typed by hand.

    python -m services.recognition.training.model_card measure [--data DIR]
                                                                 evaluate the models, write figures.json and the card
    python -m services.recognition.training.model_card render    write the card anew from figures.json

`measure` takes minutes; `--only small` leaves the large set's figures as they were, and the street frames are measured where
`--data` names their folder (see `frames`): figures of other models are dropped. A test holds the models to what is recorded.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from services.recognition import environment
from services.recognition.calibration import Bin
from services.recognition.network import Network
from services.recognition.training import evaluate, frame_figures, golden, results
from services.recognition.training.golden import Size

CARD = "README.md"
REPORTED = (Size.SMALL, Size.LARGE)
TEMPLATE = Path(__file__).with_name("model_card.md")
FILES = {"detector": environment.DETECTOR, "reader": environment.READER}
# Facts of a model file that are for programs.
FOR_PROGRAMS = frozenset({"kind", "version", "characters", "countries", "calibration", "strides", "unit"})
NAMES = {
    "BE_STD_2010": "ordinary since 2010", "BE_STD_2010_SQUARE": "the same on two lines", "BE_MOTO": "motorcycle",
    "BE_STD_2010_REV": "ordinary, digits first", "BE_STD_INDEX_LAST": "ordinary, index last", "BE_1973": "1973 to 2008",
    "BE_2008": "2008 to 2010", "BE_1962": "before 1973", "BE_MOPED": "moped", "BE_MOPED_SMALL": "moped, small",
    "BE_OLDTIMER": "oldtimer", "BE_TAXI": "taxi", "BE_VVB": "hire with driver", "BE_TRAILER": "trailer",
    "BE_AGRI": "tractor", "BE_COMM": "commercial, green", "BE_TEMP_SHORT": "short-term, white on red",
    "BE_NATIONAL": "national, 20 days", "BE_INTL": "international", "BE_CD": "diplomatic", "BE_EUR": "EUR",
    "BE_COURT": "court, parliament", "BE_PERS_2010": "personalised 2010 to 2014", "BE_PERS": "personalised",
    "rest": "rest of Europe", "random": "random texts", "foreign": "layouts of nowhere",
}  # fmt: skip


def render(figures: Mapping[str, Any]) -> str:
    """The card as Markdown. figures: what `measured` gives, as read from figures.json."""
    size, large = _reported(figures)
    return Template(TEMPLATE.read_text()).substitute(
        size=size,
        files=_files(figures["models"]),
        facts=_facts(figures["models"]),
        frames=large["frames"],
        plates=large["all"]["count"],
        all=_table("plates", [("all", large["all"])]),
        groups=_table("plate", _of_kind(large, "group")),
        conditions=_table("condition", _of_kind(large, "condition")),
        layouts=_table("layout", _of_kind(large, "layout")),
        widths=_table("width, px", [(name, share) for name, share in large["by_width"]]),
        calibration_error=_percent(large["calibration_error"]),
        calibration_error_equal_width=_percent(large["calibration_error_equal_width"]),
        reliability=_reliability(large["reliability"]),
        precision=", ".join(f"{_percent(right)} at {coverage:.0%} coverage" for coverage, right in large["precision"]),
        false_per_frame=f"{large['false_per_frame']:.4f}",
        cpu_ms=f"{large['cpu_ms_per_frame']:.1f}",
        frames_measured=_frames(figures.get("frames", {})),
    )


def measured(models: Path, sizes: Iterable[Size], before: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of the models in a folder. before: what was recorded, kept where it is not measured anew."""
    found = {size: results.as_object(evaluated(models, size)) for size in sizes}
    described = {kind: _model(models / name) for kind, name in FILES.items()}
    kept = before if _digests(before.get("models", {})) == _digests(described) else {}
    return {**kept, "models": described, "golden": {**kept.get("golden", {}), **found}}


def evaluated(models: Path, size: Size) -> evaluate.Evaluation:
    """The models of a folder on a golden set."""
    samples = (picture.sample() for picture in golden.pictures(size))
    return evaluate.evaluated(samples, evaluate.networks(models))


def main(arguments: Sequence[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(prog="model_card", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=("measure", "render"))
    parser.add_argument("--models", type=Path, default=environment.MODELS)
    parser.add_argument("--only", choices=[str(size) for size in REPORTED], default=None)
    parser.add_argument(
        "--data", type=Path, default=None, help="folder of licensed street frames, to measure on them too"
    )
    options = parser.parse_args(arguments)
    file: Path = options.models / results.FIGURES
    figures: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    if options.what == "measure":
        figures = measured(options.models, [Size(options.only)] if options.only else REPORTED, figures)
        if options.data:
            detector, reader = (Network.load(options.models / name) for name in FILES.values())
            figures["frames"] = frame_figures.measured(detector, reader, options.data)
        file.write_text(json.dumps(figures, indent=1) + "\n")
    (options.models / CARD).write_text(render(figures))
    results.save_diagrams(_bins(_reported(figures)[1]["reliability"]), options.models)
    return 0


def _reported(figures: Mapping[str, Any]) -> tuple[Size, Mapping[str, Any]]:
    """The large set's figures; the small one's as long as nobody has measured those."""
    size = Size.LARGE if Size.LARGE in figures["golden"] else Size.SMALL
    return size, figures["golden"][size]


def _model(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    network = Network(content)
    facts = {name: value for name, value in network.metadata.items() if name not in FOR_PROGRAMS}
    digest = hashlib.sha256(content).hexdigest()
    return {"file": file.name, "version": network.version, "bytes": len(content), "sha256": digest, "facts": facts}


def _digests(models: Mapping[str, Any]) -> dict[str, str]:
    return {kind: one["sha256"] for kind, one in models.items()}


def _files(models: Mapping[str, Any]) -> str:
    rows = [
        (one["file"], one["version"], f"{one['bytes'] / 1e6:.2f} MB", f"`{one['sha256']}`") for one in models.values()
    ]
    return _markdown(("file", "version", "size", "SHA-256"), rows)


def _facts(models: Mapping[str, Any]) -> str:
    rows = [(kind, name, value) for kind, one in models.items() for name, value in sorted(one["facts"].items())]
    return _markdown(("model", "fact", "value"), rows) if rows else "The files carry no facts about their training."


def _of_kind(evaluation: Mapping[str, Any], kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, share) for other, name, share in evaluation["by_group"] if other == kind]


def _table(what: str, shares: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    parts = ("found", "exact", "strict", "character_errors")
    rows = [(_named(name), share["count"], *(_percent(share[part]) for part in parts)) for name, share in shares]
    return _markdown((what, "count", "found", "exact", "strict", "character errors"), rows)


def _named(name: str) -> str:
    return f"{name} ({NAMES[name]})" if name in NAMES else name


def _reliability(table: Sequence[Mapping[str, Any]]) -> str:
    rows = [(one.count, _percent(one.claimed), _percent(one.right)) for one in _bins(table)]
    return _markdown(("answers", "claimed", "right"), rows)


def _bins(table: Sequence[Mapping[str, Any]]) -> tuple[Bin, ...]:
    return tuple(Bin(**one) for one in table)


def _frames(frames: Mapping[str, Any]) -> str:
    """What was measured on licensed street frames, which are not part of the tree: names and values as recorded."""
    rows = list(frames.items())
    return _markdown(("figure", "value"), rows) if rows else "Not recorded."


def _markdown(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
