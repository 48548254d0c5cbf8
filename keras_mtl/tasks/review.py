"""What a task's predictions look like beside its labels: the numbers a report is made of."""

import dataclasses
from typing import NamedTuple

import numpy as np

# What a cell of a table holds: a name, a count, a figure, or nothing where none is defined.
Cell = str | int | float | None


@dataclasses.dataclass(frozen=True)
class Table:
    """Figures by label (or by whatever a kind of task is made of).

    Args:
        columns: Names of the columns, the first that of the row names.
        rows: The rows, each with a cell for every column; `None` where a figure is not defined,
            such as the precision of a label that was never predicted.

    Raises:
        ValueError: If a row has more or fewer cells than there are columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"Each row of a review's table needs {len(self.columns)} cells, one for each "
                    f"of {list(self.columns)}. Received: {len(row)} in row {number}."
                )


@dataclasses.dataclass(frozen=True, eq=False)
class Matrix:
    """How often each label was taken for which.

    Args:
        names: The `C` label names in class order.
        counts: `(C, C)`, rows of the true label (down) that were predicted as (across).

    Raises:
        ValueError: If the shape does not fit the names.
    """

    names: tuple[str, ...]
    counts: np.ndarray

    def __post_init__(self) -> None:
        size = len(self.names)
        if self.counts.shape != (size, size):
            raise ValueError(
                f"`counts` of a review's matrix of {size} names must have the shape "
                f"{(size, size)}. Received: shape {self.counts.shape}."
            )


class Mistake(NamedTuple):
    """A word of a text that was taken for another thing than it is.

    Args:
        word: Which word, from 0.
        expected: Its label, in words.
        predicted: What was predicted, in words; empty where nothing was.
    """

    word: int
    expected: str
    predicted: str


@dataclasses.dataclass(frozen=True, eq=False)
class Review:
    """The predictions of one task on the `N` rows of a split, beside the labels.

    Made by `Task.review`, for every kind of task alike: where a kind has no matrix or no
    probabilities, these are `None`.

    Args:
        rows: How many rows are labelled.
        table: Figures by label, in class order.
        matrix: What was taken for what, or `None`.
        badness: `(N,)`, at least 0 and finite; the higher, the more wrong. 0 for a row
            without a label.
        expected: `(N,)`, the label in words; empty without one.
        predicted: `(N,)`, the prediction in words.
        right: `(N,)` booleans; `False` for a row without a label.
        probabilities: `(N, 2)`, those given to what was expected and to what was predicted, in
            [0, 1] or NaN; or `None`.
        mistakes: `(N,)`, of a task of words: the words of each row that are wrong; or `None`.

    Raises:
        ValueError: If the lengths differ, or the badness is not finite or below 0.
    """

    rows: int
    table: Table
    matrix: Matrix | None
    badness: np.ndarray
    expected: tuple[str, ...]
    predicted: tuple[str, ...]
    right: np.ndarray
    probabilities: np.ndarray | None = None
    mistakes: tuple[tuple[Mistake, ...], ...] | None = None

    def __post_init__(self) -> None:
        lengths = {
            name: len(value)
            for name in (
                "badness",
                "expected",
                "predicted",
                "right",
                "probabilities",
                "mistakes",
            )
            if (value := getattr(self, name)) is not None
        }
        if len(set(lengths.values())) > 1:
            raise ValueError(f"A review's rows must be as many everywhere. Received: {lengths}.")
        if not (np.isfinite(self.badness) & (self.badness >= 0)).all():
            raise ValueError(
                "`badness` of a review must be finite and at least 0. Received: "
                f"badness={self.badness}."
            )
