"""Contact sheets of samples, to be looked at: `python -m services.recognition.training.render.sheet OUT.png`."""

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from services.common.raster import Pixels
from services.recognition.alphabet import BLANK, CHARACTERS
from services.recognition.training.render import columns, crop

STRIP_PX, CAPTION_PX, GAP_PX = 12, 14, 6
INK, FAINT, GROUND = (20, 20, 20), (190, 190, 190), (255, 255, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX


def sheet(samples: Sequence[crop.ReaderSample], across: int = 6, zoom: int = 2) -> Pixels:
    """The samples in rows, each above its columns' classes and its text."""
    cells = [cell(sample, zoom) for sample in samples]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % across)
    rows = [np.hstack(cells[start : start + across]) for start in range(0, len(cells), across)]
    return np.vstack(rows)


def cell(sample: crop.ReaderSample, zoom: int = 2) -> Pixels:
    """One sample, enlarged: columns that name a character have its letter, those that are not supervised are grey."""
    crop_px = cv2.resize(sample.pixels, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
    strip = np.full((STRIP_PX, crop_px.shape[1], 3), GROUND, np.uint8)
    for place, label in enumerate(sample.columns.tolist()):
        left = place * columns.COLUMN_PX * zoom
        if label == columns.NOT_SUPERVISED:
            strip[2:-2, left : left + columns.COLUMN_PX * zoom] = FAINT
        elif label != BLANK:
            letter = CHARACTERS[label] if label < 36 else "aou"[label - 36]
            cv2.putText(strip, letter, (left, STRIP_PX - 2), FONT, 0.33, INK, 1, cv2.LINE_AA)
    words = f"{sample.text} {sample.kind} {sample.country} {'WRONG' if sample.is_fed_wrong else ''}"
    caption = np.full((CAPTION_PX, crop_px.shape[1], 3), GROUND, np.uint8)
    cv2.putText(caption, words, (2, CAPTION_PX - 4), FONT, 0.36, INK, 1, cv2.LINE_AA)
    whole = np.vstack([crop_px, strip, caption])
    return np.asarray(cv2.copyMakeBorder(whole, 0, GAP_PX, 0, GAP_PX, cv2.BORDER_CONSTANT, value=GROUND), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=72)
    parser.add_argument("--hardness", type=float, default=1.0)
    parser.add_argument("--kind")
    parser.add_argument("--zoom", type=int, default=2)
    wanted = parser.parse_args()
    samples = crop.samples(np.random.default_rng(wanted.seed), wanted.hardness, wanted.kind)
    cv2.imwrite(str(wanted.out), sheet(list(islice(samples, wanted.count)), zoom=wanted.zoom))


if __name__ == "__main__":
    main()
