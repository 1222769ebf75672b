"""Shards: whole or not there, and found again after a stop."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from services.recognition.training import shards
from services.recognition.training.render.crop import ReaderSample


def drawn(rng: np.random.Generator) -> Iterator[ReaderSample]:
    while True:
        yield ReaderSample(
            pixels=rng.integers(0, 256, (48, 160, 3)).astype(np.uint8),
            text="".join(rng.choice(list("ABC123ÄÖ"), int(rng.integers(0, 8)))),
            columns=rng.integers(-1, 40, 40).astype(np.int8),
            country=int(rng.integers(28)),
            layout=int(rng.integers(2)),
            is_fed_wrong=bool(rng.random() < 0.5),
            kind="no series",
        )


def fill(folder: Path, count: int, keep: int = 0) -> None:
    shards.filled(folder, drawn, seed=3, count=count, keep=keep, stop_after_s=60, samples=7)


def same(one: shards.Shard, other: shards.Shard) -> bool:
    arrays = ("pixels", "columns", "country", "layout", "is_fed_wrong")
    alike = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
    return alike and one.texts == other.texts and one.kinds == other.kinds


def test_a_shard_is_read_as_it_was_rendered(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    first, second = (shards.read(path) for path in shards.kept(tmp_path))
    assert same(first, shards.rendered(drawn, 3, 0, 7))
    assert same(second, shards.rendered(drawn, 3, 1, 7))
    assert not same(first, second)


def test_a_second_start_goes_on_with_the_next_shard(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    before = [path.stat().st_mtime_ns for path in shards.kept(tmp_path)]
    fill(tmp_path, 3)
    assert [path.stat().st_mtime_ns for path in shards.kept(tmp_path)][:2] == before
    assert same(shards.read(shards.kept(tmp_path)[2]), shards.rendered(drawn, 3, 2, 7))


def test_a_shard_whose_writing_was_interrupted_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(file: object, **arrays: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(np, "savez", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fill(tmp_path, 1)
    assert shards.kept(tmp_path) == []
    fill(tmp_path, 1)
    assert same(shards.read(shards.kept(tmp_path)[0]), shards.rendered(drawn, 3, 0, 7))


def test_only_the_newest_are_kept_and_numbers_go_on(tmp_path: Path) -> None:
    fill(tmp_path, 5, keep=2)
    assert [path.stem for path in shards.kept(tmp_path)] == ["samples-00000003", "samples-00000004"]
    fill(tmp_path, 6, keep=2)
    assert [path.stem for path in shards.kept(tmp_path)] == ["samples-00000004", "samples-00000005"]
