"""Reading CSV and TSV files row by row, plain or gzip-compressed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from keras_mtl.data.tables.text_files import missing_column, text_lines

# Characters of one cell. The limit of the `csv` module, 131,072, is short of a long document;
# with no limit, an unclosed quote in a large file would be read to its end as one cell.
LONGEST_CELL = 2**24

_LINE_END = re.compile("\r\n|\r|\n")


def csv_rows(
    path: Path, columns: Sequence[str], encoding: str = "utf-8", delimiter: str | None = None
) -> Generator[tuple[int, list[str]], None, None]:
    """Read some columns of a CSV file with a header, row by row.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        columns: The columns to read, as the header calls them.
        encoding: The encoding of the text.
        delimiter: What stands between two cells; `None` for a tab in `.tsv` and `.tab` files,
            else a comma.

    Yields:
        The line a row starts in, counted from 1 over the lines of the file (a quoted cell may
        go over several), and its cells in the order of `columns`.

    Raises:
        ValueError: If the file has no header or no row, lacks a column or has it twice, a quote
            is not closed, or only by one some rows below, or a row has more or fewer cells than
            the header; the message names file and line.
    """
    between = delimiter or usual_delimiter(path)
    rows = _cells(path, encoding, between)
    header = _header(path, rows)
    positions = _positions(path, header, columns, between)
    number = 0
    for number, cells in rows:
        if len(cells) != len(header):
            raise _wrong_length(path, number, len(cells), len(header), between)
        _check_quotes(path, number, cells, between)
        yield number, [cells[position] for position in positions]
    if not number:
        raise ValueError(
            f"'{path}' must hold rows below its header. Received: the header alone. "
            "Leave the split out (None) if there is nothing in it."
        )


def csv_columns(path: Path, encoding: str = "utf-8", delimiter: str | None = None) -> list[str]:
    """Return the columns that the header of a CSV file names; cells without a name are none.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        encoding: The encoding of the text.
        delimiter: What stands between two cells; `None` as in `csv_rows`.

    Raises:
        ValueError: If the file has no header, or a quote in it is not closed.
    """
    with closing(_cells(path, encoding, delimiter or usual_delimiter(path))) as rows:
        return [name for name in _header(path, rows) if name]


def check_delimiter(delimiter: object, whose: str) -> None:
    """Check a delimiter.

    Raises:
        ValueError: If it is neither `None` nor a character that can stand between cells.
    """
    if delimiter is None:
        return
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise ValueError(
            f"`delimiter` of {whose} must be one character that is no quote and no line end. "
            f"Received: delimiter={delimiter!r}. Leave it out (None) for a tab in .tsv and .tab "
            "files, else a comma."
        )


def usual_delimiter(path: Path) -> str:
    """Return what stands between the cells of a file, as its name tells."""
    name = path.name.lower().removesuffix(".gz")
    return "\t" if name.endswith((".tsv", ".tab")) else ","


def _header(path: Path, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    header = next(rows, (0, None))[1]
    if header is None:
        raise ValueError(
            f"'{path}' must hold a header and rows. Received: an empty file. "
            "Fetch or write the file again."
        )
    return header


def _cells(
    path: Path, encoding: str, delimiter: str
) -> Generator[tuple[int, list[str]], None, None]:
    # The limit is one for the whole process: raised only, as others may have raised it further.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    reader = csv.reader(text_lines(path, encoding), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ValueError(
                f"'{path}' must have every quote closed, and doubled inside a quoted cell. "
                f"Received: a row that starts in line {start} and breaks off by line "
                f"{reader.line_num} ({error}). Mend its quotes."
            ) from error
        if cells is None:
            return
        if cells:
            yield start, cells


def _check_quotes(path: Path, number: int, cells: Sequence[str], delimiter: str) -> None:
    """Refuse a cell that has swallowed rows, its quote being closed by one of another row."""
    for position, cell in enumerate(cells):
        if "\n" not in cell or delimiter not in cell:
            continue
        first, *inner, last = _LINE_END.split(cell)
        # What stands before the cell begins its first row, what stands behind it ends its last.
        whole = (
            position + first.count(delimiter) == len(cells) - 1
            and last.count(delimiter) == position
        )
        rows = inner and whole and all(line.count(delimiter) == len(cells) - 1 for line in inner)
        if rows and not any(_is_prose(line, delimiter) for line in (first, *inner)):
            raise ValueError(
                f"'{path}' must have every quote closed, and doubled inside a quoted cell. "
                f"Received: a quoted cell that starts in the row of line {number} and holds "
                f"{len(inner)} whole rows, such as {inner[0]!r:.60}. Mend its quotes."
            )


def _is_prose(line: str, delimiter: str) -> bool:
    # Quotes of other rows would have closed the cell. In prose, but seldom in a table, a space
    # follows a comma or semicolon.
    spaced = any(cell[:1].isspace() for cell in line.split(delimiter)[1:])
    return '"' in line or (spaced and delimiter != "\t")


def _positions(
    path: Path, header: Sequence[str], columns: Sequence[str], delimiter: str
) -> list[int]:
    named = Counter(name for name in header if name)
    twice = [name for name, count in named.items() if count > 1]
    if twice:
        raise ValueError(
            f"The header of '{path}' must name each column once. Received: {twice[0]!r} "
            f"{named[twice[0]]} times. Rename or remove one of them."
        )
    for column in columns:
        if column not in named:
            raise missing_column(path, column, named, _other_delimiter(header, delimiter))
    return [header.index(column) for column in columns]


def _other_delimiter(header: Sequence[str], delimiter: str) -> str:
    found = [other for other in ",\t;|" if other != delimiter and other in header[0]]
    if len(header) > 1 or not found:
        return "The first line of the file is its header."
    return f"Pass delimiter={found[0]!r} if that is what stands between its cells."


def _wrong_length(path: Path, line: int, count: int, expected: int, delimiter: str) -> ValueError:
    fix = f'Quote cells that hold {delimiter!r} or a line end: "..."'
    return ValueError(
        f"Every row of '{path}' must have {expected} cells, as its header has. Received: {count} "
        f"in line {line}. {fix if count > expected else 'Write a missing value as an empty cell'}."
    )
