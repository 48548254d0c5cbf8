"""Reading JSON Lines files, plain or gzip-compressed."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_mtl.data.tables.text_files import missing_column, text_lines

SUFFIXES = (".jsonl.gz", ".jsonl")
# Fields remembered for a message: in a file whose fields are data, they have no end.
MOST_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Absent:
    """Stands for a field that a row does not have.

    Args:
        fields: The fields that the row has.
    """

    fields: tuple[str, ...]


def find_jsonl(folder: Path, split: str) -> Path | None:
    """Return `<split>.jsonl.gz` or `<split>.jsonl` in a folder, if one is there."""
    files = [folder / f"{split}{suffix}" for suffix in SUFFIXES]
    return next((file for file in files if file.is_file()), None)


def read_jsonl(path: Path, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Read some columns of a JSON Lines file.

    Values of the column `label` are interned: a name is kept once, not once per row.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        columns: The fields to keep; every row must have them.

    Raises:
        ValueError: If the file is empty, cut short or no JSON Lines file, or a row lacks a
            column; the message names file and line.
    """
    read: dict[str, list[Any]] = {column: [] for column in columns}
    for number, row in json_objects(path):
        missing = [column for column in columns if column not in row]
        if missing:
            raise ValueError(
                f"Every row of '{path}' must have the columns {', '.join(columns)}. Received: "
                f"line {number} with the columns {', '.join(row) or '(none)'}. "
                f"Add {missing[0]!r}, with null where it is not known."
            )
        for column in columns:
            value = row[column]
            interned = column == "label" and isinstance(value, str)
            read[column].append(sys.intern(value) if interned else value)
    return read


def json_rows(
    path: Path, columns: Sequence[str], encoding: str = "utf-8"
) -> Generator[tuple[int, list[Any]], None, None]:
    """Read some columns of a JSON Lines file, row by row.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        columns: The fields to read; one that a row lacks is `Absent` there.
        encoding: The encoding of the text.

    Yields:
        The line a row stands in, counted from 1, and its values in the order of `columns`.

    Raises:
        ValueError: As `json_objects`, and if no row at all has one of the columns.
    """
    unseen = dict.fromkeys(columns)
    seen: dict[str, None] = {}
    for number, row in json_objects(path, encoding):
        if unseen:
            unseen = {column: None for column in unseen if column not in row}
            seen.update(dict.fromkeys(row) if len(seen) < MOST_FIELDS else {})
        yield number, [row[name] if name in row else Absent(tuple(row)) for name in columns]
    if unseen:
        raise missing_column(path, next(iter(unseen)), seen)


def json_objects(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the objects of a JSON Lines file one by one; blank lines are passed over.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        encoding: The encoding of the text.

    Yields:
        The line an object stands in, counted from 1, and the object.

    Raises:
        ValueError: If the file is empty, cut short or no JSON Lines file; the message names
            file and line.
    """
    empty = True
    for number, line in enumerate(text_lines(path, encoding), start=1):
        if line.strip():
            empty = False
            yield number, _parse(line, number, path)
    if empty:
        raise ValueError(
            f"'{path}' must hold one JSON object per line. Received: no line. "
            "Fetch or write the file again."
        )


def _parse(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(line)
    # Brackets nested thousands deep are a RecursionError, in a file that is no data at all.
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"Every line of '{path}' must be a JSON object. Received: {line.strip()!r:.60} in "
            f"line {number} ({error}). Mend or remove the line."
        ) from error
    if not isinstance(row, dict):
        raise ValueError(
            f"Every line of '{path}' must be a JSON object. Received: {type(row).__name__} in "
            f'line {number}. Write {{"text": ..., "label": ...}} on each line.'
        )
    return row
