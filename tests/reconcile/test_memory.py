"""What the reconciler remembers."""

from pathlib import Path
from uuid import uuid4

import pytest

from services.reconcile.memory import Memory, MemoryInUse


def test_a_look_that_fails_leaves_nothing(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state")
    with pytest.raises(ZeroDivisionError), memory.look():  # noqa: PT012
        memory.keep("log.size", 7)
        memory.add_gaps([1, 2], 0.0, 0)
        raise ZeroDivisionError
    assert memory.fact("log.size") is None
    assert memory.gaps() == {}
    memory.close()


def test_what_was_kept_is_there_after_another_start(tmp_path: Path) -> None:
    intent = uuid4()
    memory = Memory(tmp_path / "state")
    with memory.look():
        memory.add_intents([intent])
        memory.add_outcomes([intent, uuid4()])
    memory.close()
    again = Memory(tmp_path / "state")
    assert again.standing(intent) == (1, 0)
    again.close()


def test_a_second_reconciler_on_the_same_file_is_refused(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state")
    with pytest.raises(MemoryInUse):
        Memory(tmp_path / "state")
    memory.close()


def test_a_file_that_is_no_memory_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text("something else" * 100)
    with pytest.raises(MemoryInUse):
        Memory(file)
    assert file.read_text() == "something else" * 100


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state")
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    memory.close()
