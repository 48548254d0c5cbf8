"""Length classes in which each stream meets the classes in an order of its own."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Every way of a stream through its classes is tried: more classes than this take too long.
_MOST_CLASSES = 6
# Lengths that a pass is tried with.
_MOST_LENGTHS = 32
# Widths that move from one class to another at once.
_WIDTHS = (1, 2, 3)


class Layout(NamedTuple):
    """Classes of two passes each, and the pass that every stream takes.

    Args:
        cost: Padded tokens of a step, on average.
        widths: Parts of the rows in each class, `(classes,)`; they sum to the grid.
        passes: Padded length of the short pass, 0 for none, and of the long one, `(classes, 2)`.
        chosen: 1 where a stream takes the long pass of a class, `(streams, classes)`.
    """

    cost: float
    widths: np.ndarray
    passes: np.ndarray
    chosen: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Padded length of each stream in each class, `(streams, classes)`."""
        return self.passes[np.arange(len(self.widths)), self.chosen]


def cheapest_layout(
    curves: np.ndarray, rows: Sequence[int], pass_cost: int, starts: Sequence[Sequence[int]]
) -> Layout | None:
    """The cheapest layout found from some starts.

    A class has a short and a long pass, and each stream takes one of them. Its shortest rows are
    in the class where its pass is shortest, and so on: a stream of long texts need not have short
    ones where others do. Each of its rows is still in one class.

    Args:
        curves: Longest row among the shortest 1/grid, 2/grid ... of each stream, padded,
            `(streams, grid)`.
        rows: Rows of each stream in a step.
        pass_cost: What a pass costs beside its rows, in rows.
        starts: Ends of classes on the grid, from 1 to the grid, to begin at.

    Returns:
        The best of the layouts that no single move makes cheaper, or `None` if there is nothing
        to search: one stream or one class, or too many classes.
    """
    starts = [ends for ends in starts if 1 < len(ends) <= _MOST_CLASSES]
    if len(curves) < 2 or not starts:
        return None
    found = [_Search(curves, rows, pass_cost, len(ends)).descend(ends) for ends in starts]
    return min(found, key=lambda layout: layout.cost)


class _Search:
    """Steepest descent; candidates are widths `(N, K)` and passes `(N, K, 2)`."""

    def __init__(
        self, curves: np.ndarray, rows: Sequence[int], pass_cost: int, classes: int
    ) -> None:
        self.curves = curves
        self.rows = np.asarray(rows)
        self.pass_cost = pass_cost
        self.ways = np.array(list(itertools.product((0, 1), repeat=classes)))
        lengths = np.unique(curves)
        places = np.linspace(0, len(lengths) - 1, min(len(lengths), _MOST_LENGTHS))
        self.lengths = lengths[np.rint(places).astype(int)]

    def descend(self, ends: Sequence[int]) -> Layout:
        """From classes of one pass to a layout that no move makes cheaper."""
        longest = self.curves[:, np.array(ends) - 1].max(axis=0)
        passes = np.stack([np.zeros_like(longest), longest], axis=1)
        best = self._cheapest(np.diff([0, *ends])[None], passes[None])
        while True:
            found = self._cheapest(*self._moves(best))
            if found.cost >= best.cost * (1 - 1e-9):
                return best
            best = self._cheapest(found.widths[None], self._needed(found, found.widths[None]))

    def _cheapest(self, widths: np.ndarray, passes: np.ndarray) -> Layout:
        """The cheapest candidate, each stream going its cheapest way."""
        places = np.arange(widths.shape[1])
        lengths = passes[:, places, self.ways]  # (N, ways, K)
        # Parts of a stream's rows in classes up to each one, in the order of their lengths.
        ends = sum((lengths[..., k, None] <= lengths) * widths[:, None, k, None] for k in places)
        tokens = (lengths * widths[:, None]).sum(axis=-1)
        there = (lengths > 0).all(axis=-1)
        total = self.pass_cost * (widths * passes.sum(axis=-1)).sum(axis=-1).astype(float)
        chosen = np.empty((len(self.curves), len(widths)), int)
        for number, curve in enumerate(self.curves):
            fits = there & (curve[ends - 1] <= lengths).all(axis=-1)
            of_ways = np.where(fits, tokens, np.inf)
            chosen[number] = of_ways.argmin(axis=-1)
            total += self.rows[number] * of_ways.min(axis=-1)
        best = int(total.argmin())
        cost = float(total[best] / self.curves.shape[1])
        return Layout(cost, widths[best], passes[best], self.ways[chosen[:, best]])

    def _moves(self, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
        """Layouts with other widths, lengths as then needed; and with one other length."""
        classes = len(layout.widths)
        widths = []
        for (a, b), width in itertools.product(itertools.permutations(range(classes), 2), _WIDTHS):
            if layout.widths[a] > width:
                widths.append(layout.widths.copy())
                widths[-1][[a, b]] += (-width, width)
        passes = []
        for k, which, length in itertools.product(range(classes), (0, 1), (0, *self.lengths)):
            passes.append(layout.passes.copy())
            passes[-1][k, which] = length
        moved = np.array([*widths, *[layout.widths] * len(passes)])
        needed = [self._needed(layout, np.array(widths))] if widths else []
        return moved, np.sort(np.concatenate([*needed, np.array(passes)]), axis=-1)

    def _needed(self, layout: Layout, widths: np.ndarray) -> np.ndarray:
        """Passes `(N, K, 2)` that hold the rows of all streams, which keep their ways."""
        order = np.argsort(layout.lengths, axis=1, kind="stable")  # (streams, K)
        ends = np.cumsum(widths[:, order], axis=-1)  # (N, streams, K)
        streams = np.arange(len(self.curves))[:, None]
        needed = np.empty_like(ends)
        needed[:, streams, order] = self.curves[streams, ends - 1]
        of_passes = [np.where(layout.chosen == which, needed, 0).max(axis=1) for which in (0, 1)]
        return np.sort(np.stack(of_passes, axis=-1), axis=-1)
