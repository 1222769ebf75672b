"""Rendered samples on disk as training takes them: a folder that another process keeps filling is read again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.recognition.training import shards


@dataclass(frozen=True, slots=True)
class Shard:
    """Samples of one file. pixels: uint8 N x 48 x 160 x 3. columns: int8 N x 40. The rest: N."""

    pixels: NDArray[np.uint8]
    columns: NDArray[np.int8]
    texts: tuple[str, ...]
    countries: NDArray[np.int64]
    layouts: NDArray[np.int64]
    is_readable: NDArray[np.bool_]

    @classmethod
    def load(cls, file: Path) -> "Shard":
        stored = shards.read(file)
        countries, layouts = stored.country.astype(np.int64), stored.layout.astype(np.int64)
        return cls(stored.pixels, stored.columns, stored.texts, countries, layouts, ~stored.is_fed_wrong)

    def chosen(self, places: Sequence[int] | NDArray[np.int64]) -> "Shard":
        """The samples at these places."""
        kept = np.asarray(places)
        texts = tuple(self.texts[place] for place in kept)
        return Shard(
            self.pixels[kept],
            self.columns[kept],
            texts,
            self.countries[kept],
            self.layouts[kept],
            self.is_readable[kept],
        )


def joined(shards: Sequence[Shard]) -> Shard:
    """All samples in one."""
    return Shard(
        np.concatenate([shard.pixels for shard in shards]),
        np.concatenate([shard.columns for shard in shards]),
        tuple(text for shard in shards for text in shard.texts),
        np.concatenate([shard.countries for shard in shards]),
        np.concatenate([shard.layouts for shard in shards]),
        np.concatenate([shard.is_readable for shard in shards]),
    )


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
        self._shards = {file: self._shards.get(file) or Shard.load(file) for file in newest}

    def draw(self, random: np.random.Generator, count: int, from_shards: int = 8) -> Shard:
        """Samples of a batch, some from each of a few shards, with equal chances over the time of training."""
        loaded = list(self._shards.values())
        picked = random.choice(len(loaded), size=min(from_shards, count))
        parts = np.array_split(np.arange(count), len(picked))
        return joined(
            [
                loaded[index].chosen(random.integers(0, len(loaded[index].texts), len(part)))
                for index, part in zip(picked, parts, strict=True)
            ]
        )
