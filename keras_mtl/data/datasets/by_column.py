"""A dataset cut into one for each value of a column, such as the domain of a review."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.data.datasets.split import TEXT_COLUMNS, Split
from keras_mtl.missing import is_missing
from keras_mtl.names import is_task_name

# A step has a row of each task at least; more values than this were never meant as tasks.
MOST_VALUES = 200
# One row alone could be learned by heart, and nothing be cut from it.
_LEAST_ROWS = 2

Parts = dict[str, dict[str, Split]]


def parts_by_value(splits: Mapping[str, Split], column: str, dataset: str) -> Parts:
    """Rows by value of a column.

    Args:
        splits: Split name to rows; `"train"` is there.
        column: The column.
        dataset: Name of the dataset, for messages and for the names of the parts.

    Returns:
        Name of the part, such as a task may have, to its splits by name. Parts are in the order of
        their values; one has no split in which its value does not occur.

    Raises:
        ValueError: If the column is one of texts, or not there, or its values are not as they must
            be: one per row, none missing, at most 200, each with two rows of train or more, all
            of them known from train, each with a name of its own.
    """
    whose = f"Column {column!r} of dataset {dataset!r}, by which it is cut into tasks,"
    if column in TEXT_COLUMNS:
        raise ValueError(
            f"{whose} must not be one of texts ({', '.join(TEXT_COLUMNS)}). Received: {column!r}. "
            "Name the column with the domain, source or language of a row."
        )
    rows = {part: _rows(split, column, whose) for part, split in splits.items()}
    train = rows["train"]
    if len(train) > MOST_VALUES:
        raise ValueError(
            f"{whose} must have at most {MOST_VALUES} different values. Received: {len(train)} in "
            f"{len(splits['train'])} rows of train, such as {next(iter(train))!r:.60}. Name a "
            "column of kinds, not of texts or numbers; or put rare values together in one."
        )
    _check_counts(rows, whose)
    names = _names(sorted(train), column, whose)
    return {
        name: {
            part: splits[part].select(found[value], f"{dataset}/{value}/{part}")
            for part, found in rows.items()
            if value in found
        }
        for value, name in names.items()
    }


def _rows(split: Split, column: str, whose: str) -> dict[str, np.ndarray]:
    """Row numbers by value."""
    values = split[column]
    for row, value in enumerate(values):
        if is_missing(value) or not isinstance(value, Hashable) or isinstance(value, tuple):
            missing = sum(map(is_missing, values))
            more = f" (missing in {missing} rows)" if missing else ""
            raise ValueError(
                f"{whose} must have one value in every row. Received: {value!r:.60} in row {row} "
                f"of {split.name!r}{more}. Give the row a value, or leave it out: "
                "split.select(rows)."
            )
    found: dict[str, list[int]] = {}
    for row, value in enumerate(values):
        found.setdefault(str(value), []).append(row)
    return {value: np.array(numbers) for value, numbers in found.items()}


def _check_counts(rows: Mapping[str, Mapping[str, np.ndarray]], whose: str) -> None:
    train = rows["train"]
    few = {value: len(found) for value, found in train.items() if len(found) < _LEAST_ROWS}
    if few:
        raise ValueError(
            f"{whose} must have at least {_LEAST_ROWS} rows of train for each value. Received: one "
            f"row for {listed(map(repr, few))}. Add rows, leave the value out, or put rare values "
            "together in one, such as 'other'."
        )
    for part, found in rows.items():
        unknown = [value for value in found if value not in train]
        if unknown:
            raise ValueError(
                f"{whose} must have no values but those of train ({listed(train)}). Received: "
                f"{listed(map(repr, unknown))} in {part}. {nearest(unknown[0], train)}Mend the "
                "rows, or leave them out: nothing was learned for them."
            )


def _names(values: Sequence[str], column: str, whose: str) -> dict[str, str]:
    """A name for each value: its own as far as a task may be named so, else the column before."""
    names = {value: _name(value, number, column) for number, value in enumerate(values, 1)}
    by_name: dict[str, list[str]] = {}
    for value, name in names.items():
        by_name.setdefault(name, []).append(value)
    shared = {name: found for name, found in by_name.items() if len(found) > 1}
    if shared:
        raise ValueError(
            f"{whose} must have values that differ in their English letters and digits, of which "
            f"tasks are named. Received: {shared}, task to values. Rename one of the values."
        )
    return names


def _name(value: str, number: int, column: str) -> str:
    plain = _plain(value)
    before = _plain(column)
    # Of a value in another script nothing is left; its place among the values tells it apart.
    candidates = (plain, f"{before}_{plain or number}", f"part_{plain or number}")
    return next(name for name in candidates if is_task_name(name))


def _plain(text: Any) -> str:
    """English letters, digits and `_`; accents are taken off."""
    ascii_only = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", ascii_only).strip("_")
