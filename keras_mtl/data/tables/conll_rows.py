"""Reading CoNLL files text by text: a word on each line, its tags in columns behind it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from keras_mtl.data.datasets.split import TEXT_COLUMNS
from keras_mtl.data.tables.text_files import text_lines

# Begins a document in the files of CoNLL-2003, on a line of its own, and is no word.
DOCUMENT = "-DOCSTART-"
# Not all white space of Unicode: a no-break space may be a word.
_SPACES = re.compile("[ \t]+")

Line = tuple[int, str]


def conll_rows(
    path: Path,
    columns: Sequence[str],
    numbers: Mapping[str, int],
    encoding: str = "utf-8",
    delimiter: str | None = None,
    comment: str | None = None,
    replace: bool = False,
) -> Generator[tuple[int, list[Any]], None, None]:
    """Read some columns of a CoNLL file, text by text.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        columns: The columns to read.
        numbers: Where each column stands in a line, counted from 0, or from -1 for the last.
        encoding: The encoding of the text.
        delimiter: What stands between two columns; `None` for spaces or tabs, however many.
        comment: Lines before the first word of a text that begin so are passed over.
        replace: Whether bytes that do not decode become U+FFFD; see `text_lines`.

    Yields:
        The line a text starts in, counted from 1, and for each of `columns` the list of what
        stands in it, word by word.

    Raises:
        ValueError: If the file has no text, a line has another number of columns than the first
            or an empty one, or two columns are the same; the message names file and line.
    """
    picker = None
    for text in _texts(text_lines(path, encoding, replace), comment):
        if picker is None:
            picker = _Picker(path, {name: numbers[name] for name in columns}, delimiter, text[0])
        words = [picker(number, line) for number, line in text]
        yield text[0][0], [list(column) for column in zip(*words, strict=True)]
    if picker is None:
        raise ValueError(
            f"'{path}' must hold texts, a word on each line. Received: none. "
            "Leave the split out (None) if there is nothing in it."
        )


def check_columns(tokens: object, columns: object, name: str) -> dict[str, int]:
    """Check where words and tags stand in the lines of CoNLL files.

    Returns:
        The place of each column, that of the words under `tokens`.

    Raises:
        ValueError: If a place is no whole number, a name is none, or two columns are one.
    """
    whose = f"of dataset {name!r}"
    if not isinstance(columns, Mapping) or not all(
        isinstance(column, str) and column.strip() for column in columns
    ):
        raise ValueError(
            f"`columns` {whose} must map names to the columns of a line, such as {{'ner': -1}}. "
            f"Received: columns={columns!r:.60}. Write {{}} for words without tags."
        )
    for column in columns:
        if column in TEXT_COLUMNS:
            raise ValueError(
                f"`columns` {whose} must name no text column ({', '.join(TEXT_COLUMNS)}). "
                f"Received: {column!r}. Name the column of the words by its place: tokens=0."
            )
    numbers = {"tokens": tokens, **columns}
    for column, number in numbers.items():
        if not isinstance(number, int) or isinstance(number, bool):
            argument = "tokens" if column == "tokens" else f"columns[{column!r}]"
            raise ValueError(
                f"`{argument}` {whose} must be a whole number. Received: {number!r:.60}. Count "
                "columns from 0, or from -1 for the last."
            )
    for first, second in combinations(numbers, 2):
        if numbers[first] == numbers[second]:
            raise ValueError(
                f"`tokens` and `columns` {whose} must name different columns. Received: column "
                f"{numbers[first]} for {first!r} and {second!r}. Count columns from 0."
            )
    return numbers


def check_separators(delimiter: object, comment: object, name: str) -> None:
    """Check what stands between columns, and what comments begin with.

    Raises:
        ValueError: If it is neither `None` nor text that can.
    """
    if delimiter is not None and (
        not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in "\r\n\0"
    ):
        raise ValueError(
            f"`delimiter` of dataset {name!r} must be one character that is no line end. Received: "
            f"delimiter={delimiter!r}. Leave it out (None) for spaces or tabs."
        )
    if comment is not None and (not isinstance(comment, str) or not comment.strip()):
        raise ValueError(
            f"`comment` of dataset {name!r} must be what comments begin with. Received: "
            f"comment={comment!r}. Leave it out (None) where there are none."
        )


def _texts(lines: Iterator[str], comment: str | None) -> Iterator[list[Line]]:
    """Yield the lines of each text, with their numbers."""
    text: list[Line] = []
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip("\r\n")
        document = line.startswith(DOCUMENT)
        if document or not line.strip(" \t"):
            if text:
                yield text
            text = []
        # Inside a text such a line is a word: a hashtag, say.
        elif text or comment is None or not line.startswith(comment):
            text.append((number, line))
    if text:
        yield text


class _Picker:
    """Takes columns out of the lines of a file, which all have as many as the first.

    Args:
        path: The file, for messages.
        numbers: Where each column stands.
        delimiter: What stands between columns.
        first: The first line of a word.
    """

    def __init__(
        self, path: Path, numbers: Mapping[str, int], delimiter: str | None, first: Line
    ) -> None:
        self._path, self._delimiter, self._first = path, delimiter, first[0]
        self._width = width = len(self._cells(first[1]))
        for name, number in numbers.items():
            if not -width <= number < width:
                raise ValueError(
                    f"'{path}' must have a column {number} with {name!r}. Received: {width} "
                    f"columns in line {first[0]}. {self._remedy(first[1], numbers)}"
                )
        self._places = {name: number % width for name, number in numbers.items()}
        for one, other in combinations(numbers, 2):
            if self._places[one] == self._places[other]:
                raise ValueError(
                    f"'{path}' must have columns of their own for {one!r} and {other!r}. Received: "
                    f"one for both, columns {numbers[one]} and {numbers[other]} of {width} in line "
                    f"{first[0]}. {self._remedy(first[1], numbers)}"
                )

    def __call__(self, number: int, line: str) -> list[str]:
        """Return the columns of a line, in the order they were asked for."""
        cells = self._cells(line)
        if len(cells) != self._width:
            between = "the delimiter" if self._delimiter else "white space"
            raise ValueError(
                f"Every line of '{self._path}' must have {self._width} columns, as line "
                f"{self._first} has. Received: {len(cells)} in line {number}, {line!r:.60}. Mend "
                f"the line; if a word holds {between}, pass the `delimiter` that none holds."
            )
        for name, place in self._places.items():
            if not cells[place].strip(" \t"):
                raise ValueError(
                    f"Column {name!r} of '{self._path}' must not be empty. Received: an empty cell "
                    f"in line {number}. Write what stands there, or take the line out."
                )
        return [cells[place] for place in self._places.values()]

    def _cells(self, line: str) -> list[str]:
        if self._delimiter is None:
            return _SPACES.split(line.strip(" \t"))
        return line.split(self._delimiter)

    def _remedy(self, line: str, numbers: Mapping[str, int]) -> str:
        others = [one for one in ",;|\t " if one != self._delimiter and one in line]
        if self._width == 1 and others and not (self._delimiter is None and others[0] in "\t "):
            return f"Pass delimiter={others[0]!r} if that is what stands between columns."
        return "Count columns from 0, or from -1 for the last."
