"""The course of a training: one JSON line for each look, and a plot of it."""

import json
from pathlib import Path

import cv2
import numpy as np

COURSE, PLOT = "curves.jsonl", "curves.png"
WIDTH_PX, HEIGHT_PX, MARGIN_PX = 900, 220, 48
INK, GRID = (60, 40, 20), (225, 225, 225)


class Curves:
    """Appends to the folder of a run."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._course, self._plot = folder / COURSE, folder / PLOT

    def add(self, step: int, values: dict[str, float]) -> None:
        """Values of one look, finite numbers by name."""
        with self._course.open("a") as out:
            out.write(json.dumps({"step": step, **{name: round(value, 5) for name, value in values.items()}}) + "\n")
        self.draw()

    def draw(self) -> None:
        """One panel for each value, all looks of the run from left to right."""
        rows = [json.loads(line) for line in self._course.read_text().splitlines()]
        names = [name for name in rows[-1] if name != "step"]
        panels = [_panel(name, [(row["step"], row[name]) for row in rows if name in row]) for name in names]
        cv2.imwrite(str(self._plot), np.vstack(panels))


def _panel(name: str, points: list[tuple[int, float]]) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    panel = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    steps, values = np.array([step for step, _ in points], float), np.array([value for _, value in points])
    low, high = float(values.min()), float(values.max())
    across = MARGIN_PX + (steps - steps.min()) / max(float(np.ptp(steps)), 1.0) * (WIDTH_PX - 2 * MARGIN_PX)
    down = HEIGHT_PX - MARGIN_PX - (values - low) / max(high - low, 1e-9) * (HEIGHT_PX - 2 * MARGIN_PX)
    for level in (MARGIN_PX, HEIGHT_PX - MARGIN_PX):
        cv2.line(panel, (MARGIN_PX, level), (WIDTH_PX - MARGIN_PX, level), GRID, 1)
    cv2.polylines(panel, [np.stack([across, down], 1).round().astype(np.int32)], False, INK, 1, cv2.LINE_AA)
    words = f"{name}: last {values[-1]:.4g}, least {low:.4g}, most {high:.4g}; to step {int(steps[-1])}"
    cv2.putText(panel, words, (MARGIN_PX, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return panel
