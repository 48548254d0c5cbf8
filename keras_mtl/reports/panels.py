"""One small plot: a figure by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from keras_mtl.reports import svg
from keras_mtl.reports.results import Series

WIDTH, HEIGHT = 264, 150
# Where the values are drawn; beside it stand ticks and names, below it epochs.
_LEFT, _RIGHT, _TOP, _BOTTOM, _FOOT = 42, 226, 8, 126, 142
# What the ends of the lines are called, beside them.
_NAMES = {svg.TRAIN: "train", svg.VALIDATION: "val"}
# Lines of text closer than this many pixels would touch.
_APART = 14
# So many pixels a number below the plot needs for itself.
_FREE = 16


def panel(
    epochs: Sequence[int],
    train: Series,
    validation: Series,
    best: int | None,
    title: str,
    named: bool = True,
) -> Markup | None:
    """Draw training and validation by epoch, with the best epoch marked.

    Args:
        epochs: `(E,)` numbers of the epochs, ascending, two or more.
        train: `(E,)` values, `None` where there is none.
        validation: Likewise.
        best: The epoch to mark, or `None`.
        title: What is drawn, for a screen reader.
        named: Whether to write what each line is beside its end, and to mark its best value.
            Without, the plot begins at 0, as suits a speed.

    Returns:
        The SVG, or `None` if there is no value at all.
    """
    values = [value for value in train + validation if value is not None]
    if not values:
        return None
    plot = _Plot(epochs, values, from_zero=not named)
    plot.grid()
    plot.best_epoch(best)
    lines = {svg.TRAIN: train, svg.VALIDATION: validation}
    for colour, line in lines.items():
        plot.line(line, colour)
    if named:
        plot.names(lines)
        dotted = svg.VALIDATION if any(value is not None for value in validation) else svg.TRAIN
        plot.dot(lines[dotted], best, dotted)
    return plot.canvas.svg(title)


class _Plot:
    """A canvas with epochs across and values upwards."""

    def __init__(self, epochs: Sequence[int], values: Sequence[float], from_zero: bool) -> None:
        self.canvas = svg.Canvas(WIDTH, HEIGHT)
        self.epochs = list(epochs)
        low, high = min(values), max(values)
        if from_zero:
            low = min(low, 0.0)
        margin = (high - low) * 0.05 or abs(high) * 0.1 or 0.1
        self.low = low if from_zero else low - margin
        self.high = high + margin
        self.flat = high if low == high else None

    def x(self, epoch: float) -> float:
        first, last = self.epochs[0], self.epochs[-1]
        return _LEFT + (epoch - first) / (last - first) * (_RIGHT - _LEFT)

    def y(self, value: float) -> float:
        return _BOTTOM - (value - self.low) / (self.high - self.low) * (_BOTTOM - _TOP)

    def grid(self) -> None:
        from matplotlib.ticker import MaxNLocator

        round_ones = MaxNLocator(3).tick_values(self.low, self.high)
        inside = [float(tick) for tick in round_ones if self.low <= tick <= self.high]
        ticks = inside if self.flat is None else [self.flat]
        for tick, text in zip(ticks, _ticks(ticks), strict=True):
            height = self.y(tick)
            self.canvas.line((_LEFT, _RIGHT), (height, height), svg.LINE, lw=1)
            self.canvas.text(_LEFT - 6, height, text, svg.QUIET, "right")
        for epoch in (self.epochs[0], self.epochs[-1]):
            self.canvas.text(self.x(epoch), _FOOT, str(epoch), svg.QUIET)

    def best_epoch(self, best: int | None) -> None:
        if best not in self.epochs:
            return
        x = self.x(best)
        self.canvas.line((x, x), (_TOP, _BOTTOM), svg.QUIET, lw=1, ls=(0, (1, 2.5)))
        # Its number, unless that would touch those at the ends.
        if x - _LEFT > _FREE < _RIGHT - x:
            self.canvas.text(x, _FOOT, str(best), svg.INK)

    def line(self, line: Series, colour: str) -> None:
        places = [self.x(epoch) for epoch in self.epochs]
        heights = [math.nan if value is None else self.y(value) for value in line]
        self.canvas.line(places, heights, colour, lw=1.75)
        gaps = [None, *line, None]
        for place, height in enumerate(heights):
            # A value between two gaps has no line to be seen by.
            if gaps[place] is None and gaps[place + 2] is None and not math.isnan(height):
                self.canvas.line([places[place]], [height], colour, ls="", marker="o", ms=5, mew=0)

    def names(self, lines: Mapping[str, Series]) -> None:
        """What each line is, beside its end, the two names kept apart."""
        ends = {
            colour: self.y(next(value for value in reversed(line) if value is not None))
            for colour, line in lines.items()
            if any(value is not None for value in line)
        }
        upper, lower = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
        if upper == lower and len(ends) == 2:
            upper, lower = ends
        missing = max(0.0, _APART - abs(ends[lower] - ends[upper])) / 2 if len(ends) == 2 else 0.0
        ends[upper] -= missing
        ends[lower] += missing
        for colour, height in ends.items():
            self.canvas.text(_RIGHT + 7, height, _NAMES[colour], colour, "left")

    def dot(self, line: Series, best: int | None, colour: str) -> None:
        if best not in self.epochs or (value := line[self.epochs.index(best)]) is None:
            return
        # A rim of the page's colour sets the dot off from the line.
        style = {"ls": "", "marker": "o", "ms": 8, "mew": 1.5, "mec": svg.PAGE}
        self.canvas.line([self.x(best)], [self.y(value)], colour, **style)


def _ticks(ticks: Sequence[float]) -> list[str]:
    """The shortest texts that tell the ticks apart."""
    texts = [f"{tick:.3g}" for tick in ticks]
    for digits in range(4):
        same = [f"{tick:.{digits}f}" for tick in ticks]
        exact = all(math.isclose(float(t), v) for t, v in zip(same, ticks, strict=True))
        if exact and max(map(len, same)) < 6:
            return same
    return texts
