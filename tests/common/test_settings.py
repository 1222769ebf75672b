"""Settings from the environment."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from services.common import settings
from services.common.settings import SettingsProblem


@dataclass(frozen=True, slots=True)
class Example:
    listen: str
    key_file: Path
    workers: int = 2
    late: bool = False
    wait_s: float = 0.5


def test_every_field_comes_from_its_variable(tmp_path: Path) -> None:
    environment = {
        "ANPR_LISTEN": "127.0.0.1:0",
        "ANPR_KEY_FILE": str(tmp_path),
        "ANPR_WORKERS": "3",
        "ANPR_LATE": "true",
        "ANPR_WAIT_S": "2",
        "HOME": "/nowhere",
    }
    assert settings.load(Example, environment) == Example("127.0.0.1:0", tmp_path, 3, late=True, wait_s=2.0)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    environment = {
        "ANPR_KEY_FILE": str(tmp_path / "gone"),
        "ANPR_WORKERS": "many",
        "ANPR_LATE": "yes",
        "ANPR_LISTN": "x",
    }
    with pytest.raises(SettingsProblem) as problem:
        settings.load(Example, environment)
    named = {line.split()[0].rstrip(":") for line in str(problem.value).splitlines()}
    assert named == {"ANPR_LISTEN", "ANPR_KEY_FILE", "ANPR_WORKERS", "ANPR_LATE", "ANPR_LISTN"}


def test_a_key_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"k" * 31)
    with pytest.raises(SettingsProblem):
        settings.key(file)


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("\n")
    with pytest.raises(SettingsProblem):
        settings.secret(file)
