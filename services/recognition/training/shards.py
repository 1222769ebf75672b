"""Renders samples for the reader into a folder, a shard at a time, beside a training that reads them.

`python -m services.recognition.training.shards --out DIR --seed 1 --count 200`. A shard that is there is whole: it is
written under another name first. A second start goes on after the shards that are there.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.training import frames, shown
from services.recognition.training.render import crop

SAMPLES = 2000
BACKGROUNDS = 80
PATTERN = "samples-*.npz"
UNFINISHED = ".unfinished"
NICENESS = 5

# Samples without end.
Draw = Callable[[np.random.Generator], Iterator[crop.ReaderSample]]


@dataclass(frozen=True, slots=True)
class Shard:
    """Samples one above the other."""

    pixels: Pixels  # (N, 48, 160, 3), BGR
    columns: NDArray[np.int8]  # (N, 40)
    texts: tuple[str, ...]
    country: NDArray[np.uint8]
    layout: NDArray[np.uint8]
    is_fed_wrong: NDArray[np.bool_]
    kinds: tuple[str, ...]

    def chosen(self, places: Sequence[int] | NDArray[np.int64]) -> "Shard":
        """The samples at these places."""
        kept = np.asarray(places)
        return Shard(
            pixels=self.pixels[kept],
            columns=self.columns[kept],
            texts=tuple(self.texts[place] for place in kept),
            country=self.country[kept],
            layout=self.layout[kept],
            is_fed_wrong=self.is_fed_wrong[kept],
            kinds=tuple(self.kinds[place] for place in kept),
        )


def plate_free(data: Path, seed: int) -> list[Pixels]:
    """Some frames that training may see, with every plate taken out."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(np.array(frames.of_part(data, "training"), object))[:BACKGROUNDS]
    return [shown.without_plates(rng, picture) for picture in shown.whole(chosen.tolist())]


def rendered(draw: Draw, seed: int, number: int, samples: int) -> Shard:
    """The shard of this number: the same one for the same seed."""
    return stacked(list(islice(draw(np.random.default_rng([seed, number])), samples)))


def stacked(samples: Sequence[crop.ReaderSample]) -> Shard:
    return Shard(
        pixels=np.stack([sample.pixels for sample in samples]),
        columns=np.stack([sample.columns for sample in samples]),
        texts=tuple(sample.text for sample in samples),
        country=np.array([sample.country for sample in samples], np.uint8),
        layout=np.array([sample.layout for sample in samples], np.uint8),
        is_fed_wrong=np.array([sample.is_fed_wrong for sample in samples], np.bool_),
        kinds=tuple(sample.kind for sample in samples),
    )


def joined(parts: Sequence[Shard]) -> Shard:
    """All samples in one."""
    return Shard(
        pixels=np.concatenate([part.pixels for part in parts]),
        columns=np.concatenate([part.columns for part in parts]),
        texts=tuple(text for part in parts for text in part.texts),
        country=np.concatenate([part.country for part in parts]),
        layout=np.concatenate([part.layout for part in parts]),
        is_fed_wrong=np.concatenate([part.is_fed_wrong for part in parts]),
        kinds=tuple(kind for part in parts for kind in part.kinds),
    )


def written(shard: Shard, path: Path) -> None:
    """The file at once and whole, or not at all."""
    unfinished = path.with_name(path.name + UNFINISHED)
    with unfinished.open("wb") as file:
        np.savez(
            file,
            pixels=shard.pixels,
            columns=shard.columns,
            texts=np.array("\n".join(shard.texts)),
            country=shard.country,
            layout=shard.layout,
            is_fed_wrong=shard.is_fed_wrong,
            kinds=np.array("\n".join(shard.kinds)),
        )
    unfinished.replace(path)


def read(path: Path) -> Shard:
    with np.load(path) as arrays:
        return Shard(
            pixels=arrays["pixels"],
            columns=arrays["columns"],
            texts=tuple(str(arrays["texts"]).split("\n")),
            country=arrays["country"],
            layout=arrays["layout"],
            is_fed_wrong=arrays["is_fed_wrong"],
            kinds=tuple(str(arrays["kinds"]).split("\n")),
        )


def kept(folder: Path) -> list[Path]:
    """The whole shards of a folder, oldest first."""
    return sorted(folder.glob(PATTERN))


def filled(folder: Path, draw: Draw, *, seed: int, count: int, keep: int, stop_after_s: float, samples: int) -> None:
    """Writes shards until there are `count`, for ever if 0; never more than `keep` stay, all if 0."""
    folder.mkdir(parents=True, exist_ok=True)
    started_s = time.monotonic()
    done = kept(folder)
    number = int(done[-1].stem.split("-")[-1]) + 1 if done else 0
    while (not count or number < count) and time.monotonic() - started_s < stop_after_s:
        written(rendered(draw, seed, number, samples), folder / f"samples-{number:08}.npz")
        number += 1
        for old in kept(folder)[: -keep if keep else 0]:
            old.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=0, help="shards; 0 renders until it is stopped")
    parser.add_argument("--keep", type=int, default=0, help="how many shards stay, the newest; 0 keeps all")
    parser.add_argument("--stop-after-s", type=float, default=float("inf"))
    parser.add_argument("--samples", type=int, default=SAMPLES, help="in each shard")
    parser.add_argument("--hardness", type=float, default=1.0)
    parser.add_argument("--shots", type=int, default=2, help="samples of every drawn plate")
    parser.add_argument("--data", type=Path, default=None, help="licensed frames, for what is seen around plates")
    wanted = parser.parse_args()
    os.nice(NICENESS)
    cv2.setNumThreads(1)
    backgrounds = plate_free(wanted.data, wanted.seed) if wanted.data else ()
    filled(
        wanted.out,
        partial(crop.samples, hardness=wanted.hardness, backgrounds=backgrounds, shots=wanted.shots),
        seed=wanted.seed,
        count=wanted.count,
        keep=wanted.keep,
        stop_after_s=wanted.stop_after_s,
        samples=wanted.samples,
    )


if __name__ == "__main__":
    main()
