"""Every sabotage still fits the code it disables."""

import ast
from pathlib import Path

import pytest

from tests.chaos import counting, sabotage
from tests.chaos.sabotage import SABOTAGES, Sabotage, SabotageRotten
from tests.chaos.test_counting import FOUND, REMEMBERED


@pytest.mark.parametrize("name", SABOTAGES)
def test_the_line_of_every_sabotage_occurs_exactly_once_and_its_replacement_is_python(name: str) -> None:
    one = SABOTAGES[name]
    number = sabotage.verify(one)
    lines = (sabotage.ROOT / one.file).read_text().splitlines()
    lines[number] = lines[number].replace(one.line, one.instead)
    ast.parse("\n".join(lines))


@pytest.mark.parametrize("content", ["pass\n", "await go()\nawait go()\n"])
def test_a_line_that_is_gone_or_not_alone_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "some.py").write_text(content)
    with pytest.raises(SabotageRotten):
        sabotage.verify(Sabotage("some.py", "await go()", "pass", "", ""), tmp_path)


def test_every_sabotage_names_a_row_of_the_table() -> None:
    rows = {row.what for row in counting.count(REMEMBERED, FOUND, exact_engine=True)}
    assert {one.row for one in SABOTAGES.values()} <= rows
