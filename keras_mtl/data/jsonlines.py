"""Reading JSON Lines files, plain or gzip-compressed."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SUFFIXES = (".jsonl.gz", ".jsonl")


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
    for number, line in _lines(path):
        row = _parse(line, number, path)
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
    if not any(read.values()):
        raise ValueError(
            f"'{path}' must hold one JSON object per line. Received: no line. "
            "Fetch or write the file again."
        )
    return read


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        # A byte order mark at the start, as some editors write it, is no part of the data.
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"'{path}' must be a whole gzip file. Received: one that is damaged or cut short after "
            f"line {number} ({error}). Fetch the file again."
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(
            f"'{path}' must be UTF-8 text. Received: other bytes after line {number} ({error}). "
            "Convert the file to UTF-8, or name it .jsonl.gz if it is compressed."
        ) from error


def _parse(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
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
