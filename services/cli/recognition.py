"""`anpr recognition`: measure recognition on pictures of one's own, and train its networks."""

import json
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli import show
from services.cli.session import AsJson

if TYPE_CHECKING:
    from services.recognition.training.evaluate import Evaluation
    from services.recognition.training.labels import Sample
    from services.recognition.training.scores import Figures, Share

app = typer.Typer(no_args_is_help=True, help="Measure and train recognition.")
AS_IT_COMES = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
WRONG_CALL = 2


class Golden(StrEnum):
    """Sizes of the rendered golden set, as words of the command line."""

    SMALL = "small"
    LARGE = "large"


@app.command()
def evaluate(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Pictures with labels.csv or labels.jsonl beside them.")
    ] = None,
    golden: Annotated[Golden | None, typer.Option(help="The rendered golden set, instead of DIR.")] = None,
    models: Annotated[Path | None, typer.Option(help="Folder with detector.onnx and reader.onnx.")] = None,
    country: Annotated[str, typer.Option(help="Where the cameras stand; Belgium when empty.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for figures, diagrams, all reads and a sheet of the errors.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read pictures of which it is known what they show, and say how good the reads are.

    labels.csv begins with a header line that names its columns: file and text, and any of country, layout (one-line or
    two-lines), x, y, w and h (all four, pixels). In labels.jsonl these are the keys of each line's object. One line
    stands for one plate in one picture; an empty text says that the picture has no plate.

    The second reader is not asked. What is written to --out holds plates: keep it like them.
    """
    from services.common.errors import Refusal
    from services.recognition import environment
    from services.recognition.network import NetworkBroken
    from services.recognition.training import evaluate as evaluation
    from services.recognition.training import results

    if (directory is None) == (golden is None):
        raise typer.BadParameter("either DIR or --golden is needed")
    try:
        product = evaluation.networks(models or environment.MODELS, country)
        done = evaluation.evaluated(_samples(directory, golden), product)
        if out:
            results.save(done, out)
    except Refusal as refusal:
        raise SystemExit(_complain(refusal.words)) from refusal
    except (NetworkBroken, OSError) as cause:
        raise SystemExit(_complain(str(cause))) from cause
    if as_json:
        sys.stdout.write(json.dumps(results.as_object(done)) + "\n")
    else:
        _show(done)


@app.command(context_settings=AS_IT_COMES)
def train(arguments: typer.Context) -> None:
    """Train the detector or the reader, in the environment that has PyTorch; `anpr recognition train --help` says how."""
    from services.recognition.install_training import FOLDER, ROOT

    python = FOLDER / "bin" / "python"
    if not python.exists():
        words = "the training environment is not installed: run python -m services.recognition.install_training"
        raise SystemExit(_complain(words))
    os.environ["PYTHONPATH"] = str(ROOT)
    module = ("-m", "services.recognition.training.train")
    os.execv(python, (str(python), *module, *arguments.args))  # noqa: S606 - the caller's own words, and no shell


def _samples(directory: Path | None, golden: Golden | None) -> "Iterator[Sample]":
    from services.recognition.training import labels

    if directory is not None:
        yield from labels.folder(directory)
    elif golden is not None:
        from services.recognition.training.golden import Size, pictures

        for picture in pictures(Size(golden.value)):
            yield picture.sample()


def _show(done: "Evaluation") -> None:
    figures = done.figures
    headings = ("", "plates", "found %", "exact %", "strict %", "CER %")
    show.table(f"{done.engine.name}, {done.engine.version}", headings, [_row("all", figures.all)])
    show.table("By width of the plate, pixels", headings, [_row(name, share) for name, share in figures.by_width])
    for kind in dict.fromkeys(kind for kind, _, _ in figures.by_group):
        rows = [_row(name, share) for other, name, share in figures.by_group if other == kind]
        show.table(f"By {kind}", headings, rows)
    rows = [(f"{bin_.claimed:.1%}", f"{bin_.right:.1%}", bin_.count) for bin_ in figures.reliability]
    show.table("Reliability", ("claimed", "right", "plates"), rows)
    show.console.print(_summary(figures))
    for name, words in done.refused:
        sys.stderr.write(f"{name}: {words}\n")


def _row(name: str, share: "Share") -> tuple[object, ...]:
    parts = (share.found, share.exact, share.strict, share.character_errors)
    return (name, share.count, *(f"{100 * part:.1f}" for part in parts))


def _summary(figures: "Figures") -> str:
    precision = ", ".join(f"{right:.2%} at {coverage:.0%} coverage" for coverage, right in figures.precision)
    return (
        f"calibration error {figures.calibration_error:.2%} ({figures.calibration_error_equal_width:.2%} in bins of equal"
        f" width), precision {precision}\nfalse plates per frame {figures.false_per_frame:.3f} in {figures.frames} frames,"
        f" {figures.cpu_ms_per_frame:.1f} ms of processor time per frame"
    )


def _complain(words: str) -> int:
    sys.stderr.write(f"anpr recognition: {words}\n")
    return WRONG_CALL
