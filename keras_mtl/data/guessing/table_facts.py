"""Looking at every row of a table, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from keras_mtl.data.guessing.column_facts import ColumnFacts
from keras_mtl.data.guessing.guess_format import is_jsonl
from keras_mtl.data.tables.csv_rows import csv_columns, csv_rows
from keras_mtl.data.tables.jsonlines import MOST_FIELDS, json_objects, json_rows
from keras_mtl.data.tables.table_columns import is_empty
from keras_mtl.data.tables.tables import RowReader

MOST_DESCRIBED = 20  # columns written out in an error


@dataclass(frozen=True)
class TableFacts:
    """What is seen in a file.

    Args:
        path: The file.
        rows: How many there are.
        columns: What is seen in each column, by its name.
        reader: Reads columns of the file.
    """

    path: Path
    rows: int
    columns: Mapping[str, ColumnFacts]
    reader: RowReader

    def has(self, column: str) -> bool:
        """Tell whether a column has a value in any row."""
        return column in self.columns and self.columns[column].values > 0

    def missing(self, column: str) -> int:
        """Count the rows without a value in a column."""
        return self.rows - self.columns[column].values if column in self.columns else self.rows

    def values(self, columns: Sequence[str]) -> Iterator[list[Any]]:
        """Read columns row by row, `None` for what is missing."""
        with closing(self.reader(self.path, columns)) as rows:
            for _, values in rows:
                yield [None if is_empty(value) else value for value in values]

    def describe(self, faults: Mapping[str, str]) -> str:
        """List the columns for a message, a line for each: what is in it, what is wrong with it."""
        lines = [
            f"\n  - {facts.describe(self.rows)}: {faults[name] or 'might do'}"
            for name, facts in list(self.columns.items())[:MOST_DESCRIBED]
        ]
        rest = len(self.columns) - len(lines)
        return "".join(lines) + (f"\n  - and {rest} more" if rest > 0 else "")


def look(path: Path, encoding: str, delimiter: str | None) -> TableFacts:
    """Look at every row of a file.

    Args:
        path: A CSV, TSV or JSON Lines file.
        encoding: Its encoding.
        delimiter: What stands between cells; not for JSON Lines.

    Raises:
        ValueError: If it is no such table; the message names file and line.
    """
    if is_jsonl(path):
        objects = (row.items() for _, row in json_objects(path, encoding))
        return _facts(path, objects, (), partial(json_rows, encoding=encoding))
    columns = csv_columns(path, encoding, delimiter)
    reader = partial(csv_rows, encoding=encoding, delimiter=delimiter)
    with closing(reader(path, columns)) as cells:
        rows = (zip(columns, values, strict=True) for _, values in cells)
        return _facts(path, rows, columns, reader)


def _facts(
    path: Path,
    rows: Iterable[Iterable[tuple[str, Any]]],
    columns: Iterable[str],
    reader: RowReader,
) -> TableFacts:
    found = {column: ColumnFacts(column) for column in columns}
    count = 0
    for row in rows:
        count += 1
        for column, value in row:
            # In a file whose fields are data, they have no end.
            if column not in found and len(found) < MOST_FIELDS:
                found[column] = ColumnFacts(column)
            if column in found:
                found[column].add(value)
    return TableFacts(path, count, found, reader)
