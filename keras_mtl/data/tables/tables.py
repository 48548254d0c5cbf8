"""Tables of the user, in files or elsewhere: reading their columns, counting nulls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from keras_mtl.data.tables.score_column import ScoreColumn
from keras_mtl.data.tables.table_arguments import TableRequest
from keras_mtl.data.tables.table_columns import KeptColumn, LabelColumn, Place, TextColumn
from keras_mtl.data.tables.text_files import FilePath, existing_file

# The line or number of a row, and its values.
Rows = Generator[tuple[int, list[Any]], None, None]
# Reads some columns of a file row by row.
RowReader = Callable[[Path, Sequence[str]], Rows]
Columns = Sequence[TextColumn | LabelColumn | ScoreColumn | KeptColumn]


@dataclass(frozen=True)
class Table:
    """The rows of a split, before they are read.

    Args:
        place: Where they come from, for messages.
        read: Reads some of their columns row by row.
    """

    place: Place
    read: Callable[[Sequence[str]], Rows]


class NullCounts(TypedDict):
    """What became of the missing values of a table.

    `dropped` counts rows left out, `unlabelled` the rows that were kept without a label or score,
    for each column of them. Where rows are lists of words, `untagged` counts the words without a
    tag in rows that have tags.
    """

    dropped: int
    unlabelled: dict[str, int]
    untagged: NotRequired[dict[str, int]]


@dataclass(frozen=True)
class Tables:
    """What was read from the tables of a dataset.

    Args:
        splits: The columns of train, validation and test, as far as there are tables.
        labels: Label column to its names, in class order.
        nulls: What became of missing values, for each table.
    """

    splits: Mapping[str, Mapping[str, list[Any]]]
    labels: Mapping[str, tuple[str, ...]]
    nulls: Mapping[str, NullCounts]


def read_files(
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
    tables = {split: Table(Place(str(path)), partial(rows, path)) for split, path in paths.items()}
    return read_tables(request, tables)


def read_tables(request: TableRequest, tables: Mapping[str, Table]) -> Tables:
    """Read the splits of a dataset, a table for each, train first.

    Raises:
        ValueError: If a text or label is not as it must be; the message names place and row.
    """
    spaces = {column: names for column, names in request.labels.items() if names is not None}
    splits: dict[str, dict[str, list[Any]]] = {}
    nulls: dict[str, NullCounts] = {}
    for split, table in tables.items():
        texts = [TextColumn(column, to, table.place) for to, column in request.texts.items()]
        words = next((text for text in texts if text.target == "tokens"), None)
        labels = [
            LabelColumn(
                column, table.place, spaces.get(column), names is not None, request.nulls, words
            )
            for column, names in request.labels.items()
        ]
        scores = [ScoreColumn(column, table.place, request.nulls) for column in request.scores]
        columns: Columns = [
            *texts,
            *labels,
            *scores,
            *(KeptColumn(column, to) for to, column in request.kept.items()),
        ]
        most = len(texts) + len(labels) + len(scores)
        needed = {"error": 0, "unlabelled": len(texts), "drop": most}[request.nulls]
        dropped = _read_table(table, columns, needed, request.nulls)
        for label in labels:
            # Train is the first of them: it names the classes of the others.
            if label.column not in spaces:
                spaces[label.column] = label.label_space()
        splits[split] = {column.target: column.values for column in columns}
        counted: list[LabelColumn | ScoreColumn] = [*labels, *scores]
        unlabelled = {one.column: one.unlabelled for one in counted}
        nulls[split] = {"dropped": dropped, "unlabelled": unlabelled}
        if words is not None:
            nulls[split]["untagged"] = {label.column: label.untagged for label in labels}
    return Tables(splits, {column: spaces[column] for column in request.labels}, nulls)


def _read_table(table: Table, columns: Columns, needed: int, nulls: str) -> int:
    """Add the rows of a table to its columns, and return how many were dropped.

    Args:
        table: The rows.
        columns: The texts, then labels and scores, then what is kept as it is.
        needed: Of the first columns, how many a row needs a value in so as not to be dropped.
        nulls: What was asked to become of nulls, for messages.
    """
    dropped = 0
    with closing(table.read([column.column for column in columns])) as read:
        for line, values in read:
            null = [column.is_null(v) for column, v in zip(columns, values, strict=True)]
            if any(null[:needed]):
                dropped += 1
                continue
            for column, value, empty in zip(columns, values, null, strict=True):
                if empty:
                    column.add_null(value, line)
                else:
                    column.add(value, line)
    if not columns[0].values:
        raise ValueError(
            f"'{table.place.name}' must hold a row {_whole(nulls)}, with nulls={nulls!r}. "
            f"Received: {dropped} rows, none of them such. Check what the columns hold"
            f"{_less_needed(nulls, table.place)}."
        )
    return dropped


def _whole(nulls: str) -> str:
    return "without a missing value" if nulls == "drop" else "with a text"


def _less_needed(nulls: str, place: Place) -> str:
    if nulls != "drop":
        return ""
    return f", or pass nulls='unlabelled' to keep rows without a label{place.without_label}"
