"""A column of scores: numbers, in tables that may hold text alone."""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import Any

from keras_mtl.data.tables.table_columns import Place, is_empty, received

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class ScoreColumn:
    """A column of numbers, read as floats; or of lists of them, one for each candidate.

    Args:
        column: What the file and the split call it.
        place: The table, for messages.
        nulls: What becomes of a missing score, `"error"` or `"unlabelled"`.
    """

    def __init__(self, column: str, place: Place, nulls: str) -> None:
        self.column = self.target = column
        self.values: list[float | tuple[float, ...] | None] = []
        self.unlabelled = 0
        self._nulls = nulls
        self._where, self._unit = f"Column {column!r} of '{place.name}'", place.unit
        self._without_label = place.without_label

    def is_null(self, value: Any) -> bool:
        """Tell whether a value is no score."""
        return is_empty(value)

    def add_null(self, value: Any, line: int) -> None:
        """Take a row without a score.

        Raises:
            ValueError: If every row must have one.
        """
        if self._nulls == "error":
            raise ValueError(
                f"{self._where} must have a score in every row. Received: {received(value)} in "
                f"{self._unit} {line}. Pass nulls='drop' to leave such rows out, "
                f"nulls='unlabelled' to keep them without this score{self._without_label}."
            )
        self.unlabelled += 1
        self.values.append(None)

    def add(self, value: Any, line: int) -> None:
        """Take the score of a row: a number, or its text as CSV has it.

        Raises:
            ValueError: If it is no finite number.
        """
        score = _numbers(value) if isinstance(value, list) else _number(value)
        if score is None:
            raise ValueError(
                f"{self._where} must hold finite numbers. Received: {value!r:.60} "
                f"({type(value).__name__}) in {self._unit} {line}. Write a score as 3.5: with a "
                "point, without a unit or separators; names of classes go to `labels`."
            )
        self.values.append(score)


def _numbers(values: list[Any]) -> tuple[float, ...] | None:
    found = [_number(value) for value in values]
    return None if None in found else tuple(one for one in found if one is not None)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        # `float` would take more than that, "1_0" and "nan" for two.
        text = value.strip()
        found = float(text) if _NUMBER.fullmatch(text) else math.nan
    elif isinstance(value, Real) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:
            return None
    else:
        return None
    return found if math.isfinite(found) else None
