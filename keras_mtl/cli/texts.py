"""The texts that `keras-mtl predict` is given."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from keras_mtl.data.tables.csv_rows import csv_rows
from keras_mtl.data.tables.jsonlines import json_rows
from keras_mtl.data.tables.tables import RowReader
from keras_mtl.data.tables.text_files import existing_file, text_lines
from keras_mtl.data.text.compared import READS

_TABLES: dict[str, RowReader] = {
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".tab": csv_rows,
    ".jsonl": json_rows,
}


def texts_of(
    texts: tuple[str, ...], file: str | None, column: str, reads: str = "text"
) -> Iterator[Any]:
    """Texts from arguments, a file, or standard input.

    Args:
        texts: The arguments.
        file: A table with a column of texts, or (in JSON Lines) of lists of words; or a file with a
            text on each line.
        column: The column of a table.
        reads: What each row has: a text; or a `"pair"` or `"candidates"` in columns of `READS`, of
            a table.

    Raises:
        ValueError: If there are both arguments and a file, or the file is not as it must be.
        FileNotFoundError: If the file is not there.
    """
    if texts and file:
        raise ValueError(
            "`predict` must be given texts or --file. Received: both. Leave one of them out."
        )
    if reads != "text" and file is None:
        raise ValueError(
            f"`--reads {reads}` of predict must come with --file, a table with the columns "
            f"{' and '.join(READS[reads])}. Received: none. Write the rows as JSON Lines (.jsonl), "
            "or pairs as .csv."
        )
    if texts:
        return iter(texts)
    if file is None:
        return _lines(sys.stdin.buffer)
    path = existing_file(file, "`--file` of predict")
    rows = _TABLES.get(Path(path.name.lower().removesuffix(".gz")).suffix)
    if rows is not None and reads != "text":
        names = READS[reads]
        return (dict(zip(names, values, strict=True)) for _, values in rows(path, list(names)))
    if reads != "text":
        raise ValueError(
            f"`--file` of predict must be a table where --reads is {reads}. Received: '{path}'. "
            "Write the rows as JSON Lines (.jsonl), or pairs as .csv."
        )
    if rows is None:
        return (line.rstrip("\r\n") for line in text_lines(path, "utf-8"))
    return (_text(values[0], path, line) for line, values in rows(path, [column]))


def _lines(stream: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(stream, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"Line {number} of standard input must be text in UTF-8. Received: byte "
                f"{line[error.start]:#04x}. Convert it first, as by iconv."
            ) from error
        yield text.rstrip("\r\n")


def _text(value: object, path: Path, line: int) -> Any:
    words = isinstance(value, list) and all(isinstance(word, str) for word in value)
    if not isinstance(value, str) and not words:
        raise ValueError(
            f"'{path}', line {line}, must hold a text, or a list of words. Received: "
            f"{value!r:.60}. Fill in the text, or remove the line."
        )
    return value
