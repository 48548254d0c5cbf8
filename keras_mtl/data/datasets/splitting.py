"""Cutting a validation part off the training rows, and counting texts that occur twice."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

DuplicateCounts = dict[tuple[str, str], int]


def check_fraction(fraction: float, whose: str) -> None:
    """Check a split fraction.

    Raises:
        ValueError: If it is not a number in `[0, 1)`.
    """
    number = isinstance(fraction, int | float | np.floating) and not isinstance(fraction, bool)
    if not number or not 0 <= fraction < 1:
        raise ValueError(
            f"`validation_fraction` of {whose} must be at least 0 and below 1. Received: "
            f"validation_fraction={fraction!r}. Write 0.1 for a tenth, 0 for no validation split."
        )


def holdout(
    count: int,
    fraction: float,
    seed: int,
    labels: Sequence[Hashable] | None = None,
    whose: str = "the dataset",
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the rows of a validation part at random.

    With labels, `round(fraction * n)` rows of each class of `n` rows are held out (half to
    even, as Python rounds), so the size of the part is the sum of these; rows labelled `None`
    count as a class of their own. Without labels it is `round(fraction * count)`.

    Args:
        count: Number of rows.
        fraction: The share to hold out, between 0 and 1.
        seed: The same seed chooses the same rows on every platform.
        labels: The class of each row, or `None` for a split regardless of class.
        whose: Name of the dataset, for messages.

    Returns:
        The rows kept and the rows held out, each ascending; together every row once.

    Raises:
        ValueError: If a class, or the whole, would have no row in one of the two parts.

    Example:
        >>> kept, held = holdout(6, 1 / 3, seed=0, labels=["a", "b", "a", "b", "a", "b"])
        >>> len(kept), len(held)
        (4, 2)
    """
    classes: Sequence[Hashable] = [True] * count if labels is None else labels
    counts = Counter(classes)
    quota = {name: round(fraction * rows) for name, rows in counts.items()}
    if labels is None:
        _check_whole(count, quota.get(True, 0), fraction, whose)
    else:
        _check_classes(counts, quota, fraction, whose)
    held = np.zeros(count, dtype=bool)
    for row in np.random.default_rng(seed).permutation(count).tolist():
        if quota[classes[row]]:
            quota[classes[row]] -= 1
            held[row] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def _check_whole(count: int, quota: int, fraction: float, whose: str) -> None:
    if not 0 < quota < count:
        raise ValueError(
            f"`validation_fraction` of {whose} must leave rows in train and in validation. "
            f"Received: validation_fraction={fraction!r} for {count} rows. Use another fraction, "
            "or 0 for no validation split."
        )


def _check_classes(
    counts: Mapping[Hashable, int], quota: Mapping[Hashable, int], fraction: float, whose: str
) -> None:
    labelled = {name: rows for name, rows in counts.items() if name is not None}
    empty = [name for name, rows in labelled.items() if not 0 < quota[name] < rows]
    if not empty:
        return
    worst = min(empty, key=lambda name: labelled[name])
    others = f" ({len(empty) - 1} more classes likewise)" if len(empty) > 1 else ""
    raise ValueError(
        f"`validation_fraction` of {whose} must leave every class rows in train and in "
        f"validation. Received: validation_fraction={fraction!r}, which puts {quota[worst]} of "
        f"the {labelled[worst]} rows of class {worst!r} into validation{others}. "
        f"{_fractions_that_work(min(labelled.values()))}"
    )


def _fractions_that_work(smallest: int) -> str:
    # Half a row rounds to none, so the bounds lie strictly inside (1 / 2n, 1 - 1 / 2n).
    lowest = math.floor(0.5 / smallest * 1e4 + 1) / 1e4
    otherwise = "stratify=None for a split regardless of class, or pass a validation split."
    if smallest < 2:
        return f"No fraction splits a class of one row: use {otherwise}"
    return f"Use a fraction from {lowest:.4f} to {1 - lowest:.4f}, {otherwise}"


def count_duplicates(texts: Mapping[str, Sequence[Hashable]]) -> DuplicateCounts:
    """Count the texts that occur twice, within each split and across splits.

    Args:
        texts: The texts of each split, in the order train, validation, test.

    Returns:
        For `(a, a)` the rows of `a` whose text occurred earlier in `a`; for `(a, b)` the rows
        of `b` whose text occurs in `a`.

    Example:
        >>> count_duplicates({"train": ["x", "y", "x"], "test": ["x", "z"]})
        {('train', 'train'): 1, ('train', 'test'): 1, ('test', 'test'): 0}
    """
    unique = {split: set(rows) for split, rows in texts.items()}
    counts: DuplicateCounts = {}
    names = list(texts)
    for position, first in enumerate(names):
        counts[first, first] = len(texts[first]) - len(unique[first])
        for second in names[position + 1 :]:
            counts[first, second] = sum(text in unique[first] for text in texts[second])
    return counts
