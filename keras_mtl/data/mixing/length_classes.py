"""Which lengths a run compiles, and which streams share a pass through the trunk."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from keras_mtl.data.mixing.own_order import Layout, cheapest_layout

# Lengths are multiples of this: accelerators like it, and it costs a token or two.
_MULTIPLE = 8
# Shares of a stream at which a class may end.
_GRID = 20
# More passes than this were never worth it.
_MAX_GROUPS = 3
# A pass through a recurrent trunk costs as much again as at most this many rows: on two cores it
# was 0 to 10 of them (LSTM, 4 to 64 rows of 200 tokens).
_PASS_COST = 16
# Streams keep orders of their own where that saves a tenth: it compiles more passes.
_WORTH = 0.9


@dataclasses.dataclass(frozen=True)
class LengthPlan:
    """Length classes and groups of a mixture.

    Class `k` holds the same share of the rows of every stream: a step of class `k` takes rows of
    class `k` from each, so all streams run through their rows evenly. A stream's shortest rows are
    in the class where it is padded to the least, its longest where it is padded to the most.

    Args:
        shares: Share of the rows in each class, shortest class first; they sum to 1.
        groups: Stream numbers that are padded alike in every class.
        lengths: Padded length of each group in each class, `(groups, classes)`. Groups of one
            length share a pass through the trunk.
    """

    shares: tuple[float, ...]
    groups: tuple[tuple[int, ...], ...]
    lengths: tuple[tuple[int, ...], ...]

    @property
    def classes(self) -> int:
        """How many length classes, and so compiled steps, there are."""
        return len(self.shares)

    @property
    def passes(self) -> float:
        """Passes through the trunk of a step, on average."""
        counts = [len(set(lengths)) for lengths in zip(*self.lengths, strict=True)]
        return round(float(np.dot(self.shares, counts)), 9)

    def length(self, stream: int, length_class: int) -> int:
        """Padded length of a stream in a class."""
        return self._of_stream(stream)[length_class]

    def rows(self, stream: int, lengths: np.ndarray, length_class: int) -> np.ndarray:
        """Row numbers, ascending, of a stream with these row `lengths` that are in a class."""
        order = np.argsort(self._of_stream(stream), kind="stable").tolist()
        ends = np.round(np.cumsum((0.0, *(self.shares[number] for number in order))), 9)
        place = order.index(length_class)
        first, last = (_rank(len(lengths), ends[place + side]) for side in (0, 1))
        if last <= first:  # A stream with fewer rows than classes lends its nearest shorter row.
            first, last = max(last - 1, 0), max(last, 1)
        return np.sort(np.argsort(lengths, kind="stable")[first:last])

    def _of_stream(self, stream: int) -> tuple[int, ...]:
        for group, lengths in zip(self.groups, self.lengths, strict=True):
            if stream in group:
                return lengths
        raise ValueError(f"There is no stream number {stream} in the groups {self.groups}.")


def plan_lengths(
    lengths: Sequence[np.ndarray], rows_per_step: Sequence[int], max_classes: int
) -> LengthPlan:
    """The classes and groups that cost the fewest padded tokens per step.

    Args:
        lengths: For each stream, the tokens of each of its rows.
        rows_per_step: For each stream, how many of its rows are in a step.
        max_classes: The most length classes there may be.

    Returns:
        The best plan in which all streams are shortest in the same class: shares of classes by
        exact dynamic programming, groups as runs of streams in order of their mean length. Or,
        where a descent finds one that is cheaper by a tenth, a plan in which streams are not.

    Raises:
        ValueError: If there is no stream.
    """
    if not lengths:
        raise ValueError("`lengths` of a length plan must have a stream or more. Received: none.")
    curves = np.stack([_curve(one) for one in lengths])  # (streams, grid): longest row up to there
    order = sorted(range(len(lengths)), key=lambda stream: (curves[stream].mean(), stream))
    counts = [rows_per_step[stream] for stream in order]
    partitions = _partitions(len(order))
    costs = _costs(curves[order], counts, partitions)
    least = _least_costs(costs, max_classes)
    best = int(np.argmin(least))
    ends = _cheapest_ends(costs[best], max_classes)
    even = sorted({-(-_GRID * part // max_classes) for part in range(1, max_classes + 1)})
    layout = cheapest_layout(curves, rows_per_step, _PASS_COST, (ends, even))
    if layout is not None and layout.cost < _WORTH * least[best] / _GRID:
        return _plan_of(layout)
    groups = tuple(tuple(sorted(order[a:b])) for a, b in partitions[best])
    tallest = np.stack([curves[list(group)].max(axis=0) for group in groups])
    shares = np.diff([0, *ends]) / _GRID
    padded = tallest[:, np.array(ends) - 1]
    return LengthPlan(tuple(shares.tolist()), groups, tuple(map(tuple, padded.tolist())))


def _plan_of(layout: Layout) -> LengthPlan:
    """A layout as a plan: classes that are alike as one, the shortest first."""
    shares: dict[tuple[int, ...], float] = {}
    for width, lengths in zip(layout.widths.tolist(), layout.lengths.T.tolist(), strict=True):
        shares[tuple(lengths)] = shares.get(tuple(lengths), 0.0) + width / _GRID
    classes = sorted(shares, key=lambda lengths: (max(lengths), sum(lengths)))
    groups: dict[tuple[int, ...], list[int]] = {}
    for stream, of_stream in enumerate(zip(*classes, strict=True)):
        groups.setdefault(of_stream, []).append(stream)
    lengths = sorted(groups, key=lambda of_group: (sum(of_group), of_group))
    return LengthPlan(
        tuple(shares[one] for one in classes),
        tuple(tuple(groups[of_group]) for of_group in lengths),
        tuple(lengths),
    )


def _rank(rows: int, share: float) -> int:
    return int(np.ceil(rows * share - 1e-6))


def _curve(lengths: np.ndarray) -> np.ndarray:
    """Longest row among the shortest 1/20, 2/20 ... of the rows, in multiples of 8."""
    ranks = [max(_rank(len(lengths), part / _GRID), 1) - 1 for part in range(1, _GRID + 1)]
    longest = max(int(lengths.max()), 1)
    padded = -(-np.maximum(np.sort(lengths)[ranks], 1) // _MULTIPLE) * _MULTIPLE
    return np.minimum(padded, longest)


def _partitions(streams: int) -> list[list[tuple[int, int]]]:
    """The ways to cut so many streams, in order, into groups: first and last (not included)."""
    found = []
    for cuts in range(min(_MAX_GROUPS, streams)):
        for at in itertools.combinations(range(1, streams), cuts):
            found.append(list(itertools.pairwise((0, *at, streams))))
    return found


def _costs(
    curves: np.ndarray, rows: Sequence[int], partitions: Sequence[Sequence[tuple[int, int]]]
) -> np.ndarray:
    """Padded tokens of a step that ends at each place of the grid, `(partitions, grid)`.

    `curves` and `rows` are those of the streams in order.
    """
    run: dict[tuple[int, int], np.ndarray] = {}
    for begin in range(len(curves)):
        tallest = np.maximum.accumulate(curves[begin:], axis=0)
        passes = np.cumsum(rows[begin:]) + _PASS_COST
        run |= {(begin, begin + n + 1): one for n, one in enumerate(passes[:, None] * tallest)}
    return np.stack([np.sum([run[group] for group in groups], axis=0) for groups in partitions])


def _least_costs(costs: np.ndarray, max_classes: int) -> np.ndarray:
    """What `_cheapest_ends` of each row of costs `(N, grid)` comes to, `(N,)`."""
    reached = np.full((len(costs), _GRID + 1), np.inf)
    reached[:, 0] = 0.0
    least = np.full(len(costs), np.inf)
    for _ in range(max_classes):
        further = np.full_like(reached, np.inf)
        for end in range(1, _GRID + 1):
            widths = end - np.arange(end)
            further[:, end] = (reached[:, :end] + widths * costs[:, end - 1, None]).min(axis=1)
        reached = further
        least = np.minimum(least, reached[:, _GRID])
    return least


def _cheapest_ends(cost_at: np.ndarray, max_classes: int) -> list[int]:
    """Ends of classes on the grid that minimise sum(width * cost of its longest)."""
    best: list[dict[int, tuple[float, list[int]]]] = [{0: (0.0, [])}]
    for _ in range(max_classes):
        layer: dict[int, tuple[float, list[int]]] = {}
        for begin, (cost, ends) in best[-1].items():
            for end in range(begin + 1, _GRID + 1):
                total = cost + (end - begin) * float(cost_at[end - 1])
                if end not in layer or total < layer[end][0]:
                    layer[end] = total, [*ends, end]
        best.append(layer)
    whole = [layer[_GRID] for layer in best[1:] if _GRID in layer]
    return min(whole, key=lambda found: found[0])[1]
