"""What a killed supervisor left is ended; what only looks like it is not."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.local import orphans, process
from services.local.errors import LocalError
from services.local.orphans import Register
from services.local.process import Child, Program
from tests.local.test_process import await_gone, await_line, is_gone

TWO = "sleep 600 & echo $!; wait"


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """A child with a child of its own, and a file that it would leave."""
    litter = (tmp_path / "socket",)
    child = process.spawn(Program("pair", ("/bin/sh", "-c", TWO), tmp_path, tmp_path / "pair.log", litter=litter))
    await_line(tmp_path / "pair.log")
    litter[0].touch()
    yield child
    process.kill(child)


def grandchild(folder: Path) -> int:
    return int(await_line(folder / "pair.log"))


def rewrite(folder: Path, **changes: object) -> None:
    record = json.loads((folder / "children.json").read_text())
    record["children"][0].update(changes)
    (folder / "children.json").write_text(json.dumps(record))


def test_children_and_what_they_started_are_ended(tmp_path: Path, child: Child) -> None:
    Register(tmp_path).add(child)
    assert orphans.end_left_over(tmp_path) == ["pair"]
    await_gone(child.pid, grandchild(tmp_path))
    assert not (tmp_path / "socket").exists()
    assert not (tmp_path / "children.json").exists()


def test_what_a_dead_child_started_is_ended(tmp_path: Path, child: Child) -> None:
    Register(tmp_path).add(child)
    child.popen.kill()
    child.popen.wait()
    assert not is_gone(grandchild(tmp_path))
    assert orphans.end_left_over(tmp_path) == ["pair"]
    await_gone(grandchild(tmp_path))


def test_a_process_that_only_has_the_number_is_left_alone(tmp_path: Path, child: Child) -> None:
    Register(tmp_path).add(child)
    rewrite(tmp_path, started=1)
    assert orphans.end_left_over(tmp_path) == []
    assert child.is_running()


def test_numbers_of_another_boot_mean_nothing(tmp_path: Path, child: Child) -> None:
    Register(tmp_path).add(child)
    record = json.loads((tmp_path / "children.json").read_text())
    (tmp_path / "children.json").write_text(json.dumps({**record, "boot": "another"}))
    assert orphans.end_left_over(tmp_path) == []
    assert child.is_running()


def test_a_child_that_was_removed_is_left_alone(tmp_path: Path, child: Child) -> None:
    register = Register(tmp_path)
    register.add(child)
    register.remove(child)
    assert orphans.end_left_over(tmp_path) == []
    assert child.is_running()


def test_a_damaged_record_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "children.json").write_text('{"boot": "x"}')
    with pytest.raises(LocalError, match=r"children\.json cannot be read"):
        orphans.end_left_over(tmp_path)


def test_we_are_not_our_own_orphan(tmp_path: Path) -> None:
    assert orphans.end_left_over(tmp_path) == []
    assert not is_gone(os.getpid())
