"""Settings from `ANPR_*` variables, read once, in `__main__`."""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

PREFIX = "ANPR_"
Kind = TypeVar("Kind")


class SettingsProblem(ValueError):
    """The environment cannot be used; the text lists every problem, one a line."""


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.exists():
        raise ValueError("names a file or folder that does not exist")
    return path


READERS: Mapping[object, Callable[[str], object]] = {
    str: str,
    int: int,
    float: float,
    bool: _flag,
    Path: _existing,
    Path | None: _existing,
}


def load(kind: type[Kind], environment: Mapping[str, str]) -> Kind:
    """An instance of the frozen dataclass `kind`: field `listen` comes from ANPR_LISTEN, and so on.

    Fields are str, int, float, bool or Path (which must exist); one without a default is required. A variable with our
    prefix that no field asks for is a problem too: it is a misspelt setting. Raises SettingsProblem with all problems at once.
    """
    fields = {PREFIX + field.name.upper(): field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    types = typing.get_type_hints(kind)
    problems = [f"{name} is not a setting of this service" for name in environment if _is_foreign(name, fields)]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in environment:
            if field.default is dataclasses.MISSING:
                problems.append(f"{name} is missing")
            continue
        try:
            values[field.name] = READERS[types[field.name]](environment[name])
        except ValueError as cause:
            problems.append(f"{name}: {cause}")
    if problems:
        raise SettingsProblem("\n".join(sorted(problems)))
    try:
        return kind(**values)
    except ValueError as cause:
        raise SettingsProblem(str(cause)) from cause


def _is_foreign(name: str, fields: Mapping[str, object]) -> bool:
    return name.startswith(PREFIX) and name not in fields


def secret(path: Path) -> str:
    """The one line of a secret file. Raises SettingsProblem when it is empty."""
    text = path.read_text().strip()
    if not text:
        raise SettingsProblem("a secret file is empty")
    return text


def key(path: Path, size_bytes: int = 32) -> bytes:
    """The raw bytes of a key file. Raises SettingsProblem when it does not hold exactly `size_bytes`."""
    value = path.read_bytes()
    if len(value) != size_bytes:
        raise SettingsProblem(f"a key file does not hold {size_bytes} bytes")
    return value
