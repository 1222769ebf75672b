"""Training as a command, resumable: the same command again goes on from the last checkpoint.

    python -m services.recognition.training.train reader   --run DIR --shards DIR --validation DIR --steps N
    python -m services.recognition.training.train detector --run DIR --data DIR --steps N

Curves and checkpoints go to the folder of the run; `export` makes the file that the product loads.
"""

import argparse
import math
import os
import sys
from pathlib import Path

import cv2
import torch

from services.recognition.training import train_detector, train_reader


def main(arguments: list[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(prog="train", description="Trains the detector or the reader.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    for name, module, rate, batch in (("reader", train_reader, 2e-3, 96), ("detector", train_detector, 3e-3, 16)):
        kind = kinds.add_parser(name, help=(module.__doc__ or "").splitlines()[0])
        _add_common(kind, rate, batch)
        module.add_options(kind)
        kind.set_defaults(main=module.main)
    options = parser.parse_args(arguments)
    # More threads than one wait for each other longer than they work, at these sizes.
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    os.nice(options.nice)
    options.main(options)
    return 0


def _add_common(parser: argparse.ArgumentParser, rate: float, batch: int) -> None:
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoints and curves")
    parser.add_argument("--steps", type=int, required=True, help="in all, those of earlier calls included")
    parser.add_argument("--decay-steps", type=int, default=0, help="how many of them, at the end, slow down")
    parser.add_argument("--rate", type=float, default=rate, help="learning rate of the plateau")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--look-every", type=int, default=500, help="steps between evaluations and checkpoints")
    parser.add_argument("--stop-after-s", type=float, default=math.inf, help="stop after this time, to go on later")
    parser.add_argument("--nice", type=int, default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
