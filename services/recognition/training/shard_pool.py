"""Rendered samples on disk as training takes them: a folder that another process keeps filling is read again and again."""

from pathlib import Path

import numpy as np

from services.recognition.training import shards
from services.recognition.training.shards import Shard


class ShardPool:
    """The newest shards of a folder, in memory."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most
        self._shards: dict[Path, Shard] = {}

    def refresh(self) -> None:
        """Loads what is new and forgets what is gone or too old. Raises FileNotFoundError when nothing is there at all."""
        newest = shards.kept(self._folder)[-self._most :]
        if not newest:
            raise FileNotFoundError(f"no shards in {self._folder}")
        self._shards = {file: self._shards.get(file) or shards.read(file) for file in newest}

    def draw(self, random: np.random.Generator, count: int, from_shards: int = 8) -> Shard:
        """Samples of a batch, some from each of a few shards, with equal chances over the time of training."""
        loaded = list(self._shards.values())
        picked = random.choice(len(loaded), size=min(from_shards, count))
        parts = np.array_split(np.arange(count), len(picked))
        return shards.joined(
            [
                loaded[index].chosen(random.integers(0, len(loaded[index].texts), len(part)))
                for index, part in zip(picked, parts, strict=True)
            ]
        )
