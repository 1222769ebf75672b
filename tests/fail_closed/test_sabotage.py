"""The tests of this folder can fail: without one of the lines that make calls fail closed, they do."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos import sabotage
from tests.fail_closed.sabotage import SABOTAGES

TESTS = "tests/fail_closed/test_fail_closed.py"


@pytest.mark.parametrize("name", SABOTAGES)
def test_the_line_of_every_sabotage_occurs_exactly_once_and_its_replacement_is_python(name: str) -> None:
    one = SABOTAGES[name]
    number = sabotage.verify(one)
    lines = (sabotage.ROOT / one.file).read_text().splitlines()
    lines[number] = lines[number].replace(one.line, one.instead)
    ast.parse("\n".join(lines))


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_suite_without_it_gives_something_away(name: str, tmp_path: Path) -> None:
    """The suite and its tests run from a copy of the services, which comes first on the path."""
    one = SABOTAGES[name]
    sabotage.copy(tmp_path)
    sabotage.disable(one, tmp_path)
    path = os.pathsep.join(map(str, (tmp_path, sabotage.ROOT, sabotage.ROOT / "protos" / "gen")))
    words = ["--import-mode=append", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'run'}", TESTS]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", *words],
        cwd=sabotage.ROOT,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 1, done.stdout
    assert f"FAILED {TESTS}::{one.row}" in done.stdout, done.stdout
