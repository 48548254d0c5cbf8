"""Guessing how table files are written: their encoding, and what stands between cells."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from keras_mtl.data.tables.csv_rows import LONGEST_CELL, usual_delimiter
from keras_mtl.data.tables.text_files import text_lines

CSV_SUFFIXES = (".csv", ".tsv", ".tab")
JSONL_SUFFIXES = (".jsonl", ".ndjson")
DELIMITERS = (",", ";", "\t", "|")

_CHUNK = 2**20  # bytes read at a time
_SNIFFED = 1000  # lines looked at for the delimiter
# These give some character for nearly every byte.
_NO_MARK = ("utf-16-le", "utf-16-be")
_ANY_BYTES = ("gb18030", "cp1252", *_NO_MARK)
# No text has these; a line end, a tab, a form feed it may have.
_CONTROLS = re.compile("[\0-\x08\x0e-\x1f]")
_NOT_ASCII = re.compile("[^\0-\x7f]+")
# Read in the wrong one, a file has few of the characters that people write in Chinese.
_LEAST_COMMON = 0.5
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_jsonl(path: Path) -> bool:
    """Tell by its name whether a file is JSON Lines, rather than CSV or TSV.

    Raises:
        ValueError: If it is neither by its name.
    """
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix in JSONL_SUFFIXES + CSV_SUFFIXES:
        return suffix in JSONL_SUFFIXES
    raise ValueError(
        f"'{path}' must be a table by its name: one that ends in "
        f"{', '.join(CSV_SUFFIXES + JSONL_SUFFIXES)}, or in one of these and .gz. Received: the "
        f"ending {suffix or '(none)'!r}. Save it as CSV, TSV or JSON Lines, under such a name."
    )


def guess_encoding(paths: Sequence[Path]) -> str:
    """Find the encoding of the files of one dataset, by trying.

    UTF-8 is tried first, then UTF-16 where a byte order mark or zero bytes speak for it,
    gb18030 if most of what it reads are common Chinese characters, and cp1252. Where none
    fits, the answer is UTF-8: reading the file as such tells what is wrong with it.

    Raises:
        ValueError: If the files differ in it.
    """
    found = {path: _encoding(path) for path in paths}
    different = dict.fromkeys(encoding for encoding in found.values() if encoding != "ascii")
    # ASCII is UTF-8, gb18030 and cp1252 at once; UTF-16 it is not.
    if any(encoding.startswith("utf-16") for encoding in different):
        different |= dict.fromkeys(found.values())
    if len(different) > 1:
        received = ", ".join(f"'{path}' in {encoding}" for path, encoding in found.items())
        raise ValueError(
            f"The files of one dataset must have one encoding. Received: {received}. "
            "Save all of them as UTF-8."
        )
    return next(iter(different), "utf-8")


def guess_delimiter(paths: Sequence[Path], encoding: str) -> str | None:
    """Find what stands between the cells of the CSV files of one dataset.

    It is the one of comma, semicolon, tab and bar that cuts every row into as many cells as
    the header, at least two: the usual one if it does, else the one that gives most cells.

    Returns:
        The character, or `None` if each file has the usual one of its name.

    Raises:
        ValueError: If the files differ in it, or are not text in this encoding.
    """
    found = {path: _delimiter(path, encoding) for path in paths}
    if all(between == usual_delimiter(path) for path, between in found.items()):
        return None
    if len(set(found.values())) > 1:
        received = ", ".join(f"{between!r} in '{path}'" for path, between in found.items())
        raise ValueError(
            "The files of one dataset must have one delimiter, or each the usual one of its name "
            f"(a tab in .tsv and .tab, else a comma). Received: {received}. Save all of them alike."
        )
    return next(iter(found.values()))


def _encoding(path: Path) -> str:
    try:
        start = next(_chunks(path), b"")
        candidates = ["ascii", "utf-8", "gb18030", "cp1252"]
        if start.startswith(_UTF_16_MARKS):
            candidates = ["utf-16"]
        elif b"\0" in start:
            # A Latin letter has a zero byte: the first one in `be`, the second in `le`.
            first = start[::2].count(0) > start[1::2].count(0)
            candidates = ["utf-16-be" if first else "utf-16-le"]
        return next((one for one in candidates if _fits(path, one)), "utf-8")
    # Damaged, or not to be read: the reader says so, and where.
    except (OSError, EOFError, zlib.error):
        return "utf-8"


def _fits(path: Path, encoding: str) -> bool:
    """Tell whether a file is likely to be text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    characters = foreign = common = 0
    try:
        for chunk in _chunks(path):
            text = decoder.decode(chunk)
            if "\0" in text or (encoding in _ANY_BYTES and _CONTROLS.search(text)):
                return False
            if encoding in _ANY_BYTES:
                runs = "".join(_NOT_ASCII.findall(text))
                characters, foreign = characters + len(text), foreign + len(runs)
                common += len(runs.encode("gb2312", "ignore")) // 2
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    if encoding == "gb18030":
        return common > _LEAST_COMMON * foreign
    # A file of zero bytes and others makes rare characters of any script.
    return encoding not in _NO_MARK or foreign - common < _LEAST_COMMON * characters


def _chunks(path: Path) -> Iterator[bytes]:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _delimiter(path: Path, encoding: str) -> str:
    lines = list(islice(text_lines(path, encoding), _SNIFFED))
    usual = usual_delimiter(path)
    # The usual one first: of equals, `max` takes the first.
    candidates = [usual, *(one for one in DELIMITERS if one != usual)]
    scores = {one: _score(lines, one) for one in candidates}
    even = [one for one in candidates if scores[one][0] == 1]
    if usual in even:
        return usual
    return max(even or candidates, key=lambda one: scores[one][::-1] if even else scores[one])


def _score(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    """Return the share of rows with as many cells as the header, and how many these are."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return 0.0, 0
    width = len(rows[0]) if rows else 0
    if width < 2:
        return 0.0, width
    # The last row may go on beyond the lines looked at.
    below = rows[1:-1] if len(lines) == _SNIFFED else rows[1:]
    return sum(len(row) == width for row in below) / max(len(below), 1) if below else 1.0, width
