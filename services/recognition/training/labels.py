"""What a folder of pictures is known to show: `labels.csv` or `labels.jsonl` beside them, one line for each plate.

Columns, or keys: file, text, and as far as known country (ISO 3166-1 alpha-2), layout (one-line, two-lines) and the box
x, y, w, h in pixels. A picture without a plate has one line with an empty text.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.common import plate
from services.common.errors import Invalid
from services.recognition.reading import Box

FILES = ("labels.csv", "labels.jsonl")
BOX = ("x", "y", "w", "h")
MAX_LABELS_BYTES = 64 * 1024 * 1024


class LabelsInvalid(Invalid):
    """The labels file is missing, or a line of it says nothing that can be used."""


@dataclass(frozen=True, slots=True)
class Label:
    """One plate in a picture. text: normal form. groups: what its read counts under, beside width.

    is_counted: false for one that nobody can read; whatever is answered there is neither right nor wrong.
    """

    text: str = field(repr=False)
    box: Box | None = None
    groups: tuple[tuple[str, str], ...] = ()
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture and its plates. content: its bytes, made when they are asked for."""

    name: str
    content: Callable[[], bytes] = field(repr=False)
    labels: tuple[Label, ...]


def folder(directory: Path) -> tuple[Sample, ...]:
    """The labelled pictures of a folder, by name. Raises LabelsInvalid naming the line."""
    file = next((directory / name for name in FILES if (directory / name).is_file()), None)
    if file is None:
        raise LabelsInvalid(f"no {' or '.join(FILES)} in this folder")
    if file.stat().st_size > MAX_LABELS_BYTES:
        raise LabelsInvalid(f"{file.name} has more than {MAX_LABELS_BYTES} bytes")
    rows = _csv_rows if file.suffix == ".csv" else _json_rows
    found: dict[str, list[Label]] = {}
    try:
        for number, row in rows(file.read_text("utf-8-sig").splitlines()):
            found.setdefault(_name(row, number, directory), []).extend(_labels(row, number))
    except UnicodeDecodeError as cause:
        raise LabelsInvalid(f"{file.name} is not UTF-8") from cause
    return tuple(Sample(name, (directory / name).read_bytes, tuple(labels)) for name, labels in sorted(found.items()))


def _csv_rows(lines: list[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    rows = csv.DictReader(lines, skipinitialspace=True)
    if not {"file", "text"} <= set(rows.fieldnames or ()):
        raise LabelsInvalid("line 1 names the columns, file and text among them")
    for row in rows:
        yield rows.line_num, {key: value.strip() for key, value in row.items() if key and isinstance(value, str)}


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as cause:
            raise LabelsInvalid(f"line {number} is no JSON") from cause
        if not isinstance(row, dict):
            raise LabelsInvalid(f"line {number} is no JSON object")
        yield number, {key: str(value) for key, value in row.items() if value is not None}


def _name(row: Mapping[str, str], number: int, directory: Path) -> str:
    name = row.get("file", "")
    if not name or not (directory / name).resolve().is_relative_to(directory.resolve()):
        raise LabelsInvalid(f"line {number} names no file in this folder")
    if not (directory / name).is_file():
        raise LabelsInvalid(f"line {number}: there is no picture of that name")
    return name


def _labels(row: Mapping[str, str], number: int) -> Iterator[Label]:
    """The one label of a line, or none where it says that there is no plate."""
    if not row.get("text"):
        return
    try:
        text = plate.normalise(row["text"])
        sides = [round(float(row[side])) for side in BOX] if all(row.get(side) for side in BOX) else []
    except (Invalid, ValueError, OverflowError) as cause:
        raise LabelsInvalid(f"line {number}: text, x, y, w or h is not usable") from cause
    if sides and min(sides[2:]) < 1:
        raise LabelsInvalid(f"line {number}: w and h are at least one pixel")
    groups = tuple((kind, row[kind]) for kind in ("country", "layout") if row.get(kind))
    yield Label(text, Box(*sides) if sides else None, groups)
