"""Scores given as numbers: which are some, and what is usual among them."""

import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from keras_mtl.missing import is_missing

Bounds = tuple[float, float]


def expected(bounds: Bounds | None) -> str:
    """What a score is, to be said behind "must be".

    Example:
        >>> expected((1.0, 5.0)), expected(None)
        ('a number from 1 to 5', 'a finite number')
    """
    return "a finite number" if bounds is None else f"a number from {bounds[0]:g} to {bounds[1]:g}"


def checked_scores(
    values: Sequence[Any], bounds: Bounds | None, whose: str, where: str
) -> list[float | None]:
    """Scores as floats, `None` where one is missing.

    Args:
        values: Numbers; `None`, NaN and `""` are missing.
        bounds: The lowest and the highest score there is, or `None`.
        whose: What they are, for messages.
        where: Where they stand, for messages.

    Raises:
        ValueError: If a value is no finite number, or outside the bounds.
    """
    found: list[float | None] = []
    for row, value in enumerate(values):
        if is_missing(value):
            found.append(None)
            continue
        score = _number(value)
        if score is None or not _inside(score, bounds):
            raise ValueError(
                f"{whose} must be {expected(bounds)}, or None. Received: {value!r:.80} "
                f"({type(value).__name__}) in row {row} of {where}. {_hint(value, bounds)}"
            )
        found.append(score)
    return found


def checked_bounds(name: str, bounds: Any) -> Bounds | None:
    """The range of a task's scores as two floats, the lower first. Raises `ValueError`."""
    if bounds is None:
        return None
    ends = [_number(one) for one in bounds] if isinstance(bounds, list | tuple) else []
    match ends:
        case [float(low), float(high)] if low < high:
            return low, high
    raise ValueError(
        f"`range` of task {name!r} must be the lowest and the highest score, as in range=(1, 5), "
        f"or None. Received: range={bounds!r:.80}."
    )


def mean_and_std(
    name: str,
    values: Iterable[Any] | None,
    bounds: Bounds | None,
    mean: float | None,
    std: float | None,
) -> tuple[float | None, float | None]:
    """The mean and the standard deviation of training labels, as far as they are not given.

    Raises:
        ValueError: If a label is no score, none is there, or all are the same.
    """
    if values is None or (mean is not None and std is not None):
        return mean, std
    labels = checked_scores(list(values), bounds, f"Each score of task {name!r}", "`values`")
    known = [label for label in labels if label is not None]
    if not known:
        raise ValueError(
            f"`values` of task {name!r} must hold at least one score that is not None. Received: "
            "none. Give the labels of the training rows, or `mean` and `std`."
        )
    if std is None and min(known) == max(known):
        raise ValueError(
            f"`values` of task {name!r} must hold different scores, for their standard deviation. "
            f"Received: {known[0]:g} in every row. Give more rows, or `std`."
        )
    return (
        float(np.mean(known)) if mean is None else mean,
        float(np.std(known)) if std is None else std,
    )


def checked_unit(name: str, bounds: Bounds | None, mean: Any, std: Any) -> tuple[float, float]:
    """The mean and the standard deviation of a task's scores, or what stands for them.

    That is the middle of the range and a quarter of its width, or 0 and 1.

    Raises:
        ValueError: If `mean` is no number of the range, or `std` none above 0.
    """
    low, high = bounds or (-2.0, 2.0)
    center = (low + high) / 2 if mean is None else _number(mean)
    if center is None or not _inside(center, bounds):
        raise ValueError(
            f"`mean` of task {name!r} must be {expected(bounds)}. Received: mean={mean!r:.80}."
        )
    width = (high - low) / 4 if std is None else _number(std)
    if width is None or width <= 0:
        raise ValueError(
            f"`std` of task {name!r} must be a number above 0. Received: std={std!r:.80}."
        )
    return center, width


def _number(value: Any) -> float | None:
    """A finite number as a float; `None` for all else. True and False are no scores."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def _inside(score: float, bounds: Bounds | None) -> bool:
    return bounds is None or bounds[0] <= score <= bounds[1]


def _hint(value: Any, bounds: Bounds | None) -> str:
    if isinstance(value, str):
        return "Text is no score, even if it reads as a number: turn the column into floats first."
    if _number(value) is None:
        return "Give numbers, None for a row without a score."
    return "Mend the row, or declare a wider `range` with the task."
