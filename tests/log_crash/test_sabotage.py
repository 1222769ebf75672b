"""Every sabotage still fits the code it disables."""

import ast
import shutil
from pathlib import Path

import pytest

from tests.chaos import sabotage
from tests.log_crash import counting
from tests.log_crash.sabotage import SAFEGUARDS
from tests.log_crash.test_counting import FOUND, KEYS, MEMORY


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_its_lines_occur_exactly_once_and_what_replaces_them_is_python(name: str, tmp_path: Path) -> None:
    for line in SAFEGUARDS[name].lines:
        copy = tmp_path / line.file
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            shutil.copy(sabotage.ROOT / line.file, copy)
        sabotage.disable(line, tmp_path)
        ast.parse(copy.read_text())


def test_it_names_rows_of_the_table() -> None:
    rows = counting.count(MEMORY, FOUND, KEYS)
    named = {row for one in SAFEGUARDS.values() for row in one.rows}
    assert named <= {row.what for row in rows}
