"""Tables of the user, in CSV or JSON Lines files: reading their columns, counting nulls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from keras_mtl.data.datasets.table_arguments import TableRequest
from keras_mtl.data.datasets.table_columns import LabelColumn, TextColumn
from keras_mtl.data.datasets.text_files import FilePath, existing_file

# Reads some columns of a file row by row: the line a row starts in, and its values.
RowReader = Callable[[Path, Sequence[str]], Generator[tuple[int, list[Any]], None, None]]


class NullCounts(TypedDict):
    """What became of the missing values of a file.

    `dropped` counts rows left out, `unlabelled` the rows that were kept without a label, for
    each label column.
    """

    dropped: int
    unlabelled: dict[str, int]


@dataclass(frozen=True)
class Tables:
    """What was read from the files of a dataset.

    Args:
        splits: The columns of train, validation and test, as far as there are files.
        labels: Label column to its names, in class order.
        nulls: What became of missing values, for each file.
    """

    splits: Mapping[str, Mapping[str, list[Any]]]
    labels: Mapping[str, tuple[str, ...]]
    nulls: Mapping[str, NullCounts]


def read_tables(
    request: TableRequest, files: Mapping[str, FilePath | None], rows: RowReader
) -> Tables:
    """Read the splits of a dataset, a file for each.

    Args:
        request: Which columns are wanted, and what becomes of nulls.
        files: The files of train, validation and test, `None` where there is none.
        rows: Reads a file.

    Raises:
        ValueError: If a file, or a text or label in it, is not as it must be; the message names
            file and line.
        FileNotFoundError: If a file is not there.
    """
    # All of them before the first is read: reading may take minutes.
    paths = {
        split: existing_file(path, f"`{split}` of dataset {request.name!r}")
        for split, path in files.items()
        if path is not None or split == "train"
    }
    spaces = {column: names for column, names in request.labels.items() if names is not None}
    splits: dict[str, dict[str, list[Any]]] = {}
    nulls: dict[str, NullCounts] = {}
    for split, path in paths.items():
        texts = [TextColumn(column, target, path) for target, column in request.texts.items()]
        labels = [
            LabelColumn(column, path, spaces.get(column), names is not None, request.nulls)
            for column, names in request.labels.items()
        ]
        columns: list[TextColumn | LabelColumn] = [*texts, *labels]
        dropped = _read_file(path, columns, rows, request.nulls == "drop")
        for label in labels:
            # Train is the first of them: it names the classes of the others.
            if label.column not in spaces:
                spaces[label.column] = label.label_space()
        splits[split] = {column.target: column.values for column in columns}
        unlabelled = {label.column: label.unlabelled for label in labels}
        nulls[split] = {"dropped": dropped, "unlabelled": unlabelled}
    return Tables(splits, {column: spaces[column] for column in request.labels}, nulls)


def _read_file(
    path: Path, columns: Sequence[TextColumn | LabelColumn], rows: RowReader, drop: bool
) -> int:
    """Add the rows of a file to its columns, and return how many were dropped."""
    dropped = 0
    with closing(rows(path, [column.column for column in columns])) as read:
        for line, values in read:
            null = [column.is_null(v) for column, v in zip(columns, values, strict=True)]
            if drop and any(null):
                dropped += 1
                continue
            for column, value, empty in zip(columns, values, null, strict=True):
                if empty:
                    column.add_null(value, line)
                else:
                    column.add(value, line)
    if not columns[0].values:
        raise ValueError(
            f"'{path}' must hold a row without a missing value, with nulls='drop'. Received: "
            f"{dropped} rows, each with a text or label missing. Check what the columns hold, or "
            "pass nulls='unlabelled' to keep rows without a label."
        )
    return dropped
