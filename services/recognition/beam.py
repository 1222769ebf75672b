"""The texts that a CTC reader's columns may mean, and how probable each of them is, all ways to spell it out summed.

Texts are tuples of classes. Columns: probabilities, columns x classes, every row of sum 1.
"""

import heapq
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[np.float64]
Text = tuple[int, ...]

# Texts that are kept from one column to the next, and classes that are tried in one.
WIDTH, BRANCHES = 6, 4
# Classes below this probability in a column are not tried there.
LEAST = 1e-3
NEGLIGIBLE = 1e-10


@dataclass(frozen=True, slots=True)
class Belief:
    """A text and the probability of it as a whole."""

    text: Text
    probability: float


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> Columns:
    """Probabilities along the last axis."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    np.exp(scaled, out=scaled)
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True))


def greedy(columns: Columns, blank: int) -> Text:
    """The text of the best class in every column."""
    best = columns.argmax(axis=1)
    return tuple(int(best[start]) for start, _ in runs(best, blank))


def probability(columns: Columns, text: Text, blank: int) -> float:
    """Of a text as a whole, by the forward algorithm (Graves et al. 2006, section 4.1); what is NEGLIGIBLE may count as none."""
    states = _states(text, blank)
    may_skip = [False, False, *((states[2:] != blank) & (states[2:] != states[:-2])).tolist()]
    first, *others = columns[:, states].tolist()
    ways = [*first[:2], *[0.0] * (len(states) - 2)]
    low, high = 0, len(first[:2]) - 1  # of a sharp reader only two or three states at a time are worth the while
    for row in others:
        high = min(high + 2, len(states) - 1)
        for state in range(high, low, -1):
            reached = ways[state] + ways[state - 1] + (ways[state - 2] if may_skip[state] else 0.0)
            ways[state] = reached * row[state]
        ways[low] *= row[low]
        while low < high and ways[low] < NEGLIGIBLE:
            ways[low], low = 0.0, low + 1
        while low < high and ways[high] < NEGLIGIBLE:
            ways[high], high = 0.0, high - 1
    return float(sum(ways[-2:]))


def search(columns: Columns, blank: int, width: int = WIDTH) -> tuple[Belief, ...]:
    """The most probable texts, best first, by prefix beam search: a little less than the whole probability of each."""
    beams: dict[Text, tuple[float, float]] = {(): (1.0, 0.0)}  # ending in a blank, ending in the last class
    likeliest = np.argsort(-columns, axis=1)[:, :BRANCHES].tolist()
    # Plain numbers: a search of hundreds of small steps is several times slower with numpy's.
    for row, classes in zip(columns.tolist(), likeliest, strict=True):
        tried = [one for one in classes if row[one] >= LEAST and one != blank]
        nexts: dict[Text, tuple[float, float]] = {}
        for text, (in_blank, in_class) in beams.items():
            _add(nexts, text, (in_blank + in_class) * row[blank], in_class * row[text[-1]] if text else 0.0)
            for one in tried:
                from_before = in_blank if text and text[-1] == one else in_blank + in_class
                if from_before:
                    _add(nexts, (*text, one), 0.0, from_before * row[one])
        beams = nexts if len(nexts) <= width else dict(heapq.nlargest(width, nexts.items(), key=_whole))
    ranked = sorted(beams.items(), key=_whole, reverse=True)
    return tuple(Belief(text, in_blank + in_class) for text, (in_blank, in_class) in ranked)


def alternatives(columns: Columns, text: Text, blank: int) -> Columns:
    """What else may stand at each place of a text: probabilities, places x classes, the blank left out.

    Taken from the column in which the class of the text is surest, on the best way to spell the text out.
    """
    best = columns.argmax(axis=1)
    places = runs(best, blank)
    if tuple(int(best[start]) for start, _ in places) != text:
        places = _aligned(columns, text, blank)
    surest = [int(start + columns[start:end, one].argmax()) for (start, end), one in zip(places, text, strict=True)]
    chosen = columns[surest].copy() if text else np.zeros((0, columns.shape[1]))
    chosen[:, blank] = 0.0
    return np.asarray(chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1e-12))


def runs(best: NDArray[np.intp], blank: int) -> list[tuple[int, int]]:
    """From where to where one class is the best (columns,), and not the blank."""
    edges = [0, *(np.flatnonzero(best[1:] != best[:-1]) + 1).tolist(), len(best)]
    return [(start, end) for start, end in itertools.pairwise(edges) if start < end and best[start] != blank]


def _whole(item: tuple[Text, tuple[float, float]]) -> float:
    """The probability of a text, however it ends."""
    in_blank, in_class = item[1]
    return in_blank + in_class


def _add(nexts: dict[Text, tuple[float, float]], text: Text, in_blank: float, in_class: float) -> None:
    before = nexts.get(text, (0.0, 0.0))
    nexts[text] = (before[0] + in_blank, before[1] + in_class)


def _states(text: Text, blank: int) -> NDArray[np.intp]:
    """The text with a blank before, between and behind its classes."""
    states = np.full(2 * len(text) + 1, blank, np.intp)
    states[1::2] = text
    return states


def _aligned(columns: Columns, text: Text, blank: int) -> list[tuple[int, int]]:
    """The columns of each class of the text, from and to, on the best way to spell it out (Viterbi)."""
    states = _states(text, blank)
    emitted = np.log(np.maximum(columns[:, states], 1e-30))
    never = -1e30
    bars = np.full(len(states), never)
    bars[2:][(states[2:] != blank) & (states[2:] != states[:-2])] = 0.0
    scores = np.full(len(states), never)
    scores[:2] = emitted[0, :2]
    came_from = np.zeros(emitted.shape, np.intp)
    for place in range(1, len(columns)):
        padded = np.concatenate(((never, never), scores))
        options = np.stack((scores, padded[1:-1], padded[:-2] + bars))
        came_from[place] = options.argmax(axis=0)
        scores = options.max(axis=0) + emitted[place]
    state = len(states) - 1 if len(states) == 1 or scores[-1] >= scores[-2] else len(states) - 2
    visited = []
    for place in range(len(columns) - 1, -1, -1):
        visited.append(state)
        state -= int(came_from[place, state])
    path = np.array(visited[::-1])
    spans = []
    for index in range(len(text)):
        inside = np.flatnonzero(path == 2 * index + 1)
        spans.append((int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, len(columns)))
    return spans
