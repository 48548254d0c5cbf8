"""Files of word vectors in the text formats of GloVe and word2vec, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_mtl.data.tables.text_files import text_lines

# The first line of word2vec: how many rows follow, and how many values each has.
_HEADER = re.compile(r"([0-9]+) ([1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?")
_FIXES = {
    ".zip": "Unpack the archive, and name the file in it.",
    ".bin": "Save it as text, as gensim's save_word2vec_format(..., binary=False) does.",
}


def vector_rows(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, str, str]]:
    """Read the rows of a file one by one, each seen to have as many values as the others.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        encoding: The encoding of the text.

    Yields:
        Line number, word, and the values as text with a space between two. Words may have spaces
        in them, as some of GloVe do.

    Raises:
        ValueError: If the file is not of these formats, a row has more or fewer values, or there
            are more or fewer rows than the first line says; the message names file and line.
        OSError: If the file cannot be read.
    """
    if path.suffix.lower() in _FIXES:
        raise ValueError(
            f"'{path}' must be word vectors as text, plain or in a .gz file. Received: a "
            f"{path.suffix} file. {_FIXES[path.suffix.lower()]}"
        )
    promised, dim, rows = None, 0, 0
    for number, line in enumerate(text_lines(path, encoding), start=1):
        # Not all white space: that of other scripts is a word in some files.
        text = line.rstrip(" \r\n")
        if not text:
            continue
        if number == 1 and (header := _HEADER.fullmatch(text)):
            promised, dim = int(header[1]), int(header[2])
            continue
        dim = dim or _dimension(text, number, path)
        rows += 1
        yield number, *_parts(text, dim, number, path)
    if not rows:
        raise ValueError(f"'{path}' must hold word vectors. Received: a file without rows.")
    if promised not in (None, rows):
        raise ValueError(
            f"'{path}' must have as many rows as its first line says, {promised}. Received: "
            f"{rows}. Fetch the file again, or correct its first line."
        )


def values_of(values: str, word: str, number: int, path: Path) -> np.ndarray:
    """The values of a row as float32 `(D,)`.

    Raises:
        ValueError: If one of them is no finite number; the message names file and line.
    """
    try:
        # What is too large for float32 becomes infinite, and is told below.
        with np.errstate(over="ignore"):
            found = np.array(values.split(" "), np.float64).astype(np.float32)
    except ValueError as error:
        raise _wrong(path, number, word, f"finite numbers. Received: {error}") from error
    if not np.isfinite(found).all():
        odd = values.split(" ")[int(np.argmin(np.isfinite(found)))]
        raise _wrong(path, number, word, f"finite numbers. Received: {odd}")
    return found


def _dimension(text: str, number: int, path: Path) -> int:
    """How many values stand behind the word of the first row."""
    _, *rest = text.split(" ")
    found = 0
    while found < len(rest) and _is_number(rest[-1 - found]):
        found += 1
    if not found:
        raise ValueError(
            f"'{path}' must have a word and its values in each line, with a space between two. "
            f"Received: {text!r:.80} in line {number}. Such are the files of GloVe, and of "
            "word2vec and fastText saved as text."
        )
    return found


def _parts(text: str, dim: int, number: int, path: Path) -> tuple[str, str]:
    """The word and the values of a row."""
    word = text.partition(" ")[0]
    given = text.count(" ")
    if given > dim:
        whole = text.rsplit(" ", dim)[0]
        # A word with spaces in it, unless the last of it is a value too many.
        if not _DECIMAL.fullmatch(whole.rpartition(" ")[2]):
            word, given = whole, dim
    if given != dim:
        raise _wrong(path, number, word, f"{dim} values. Received: {given}")
    return word, text[len(word) + 1 :]


def _wrong(path: Path, number: int, word: str, expected: str) -> ValueError:
    return ValueError(
        f"Line {number} of '{path}', that of {word!r:.40}, must have {expected}. Fetch the file "
        "again, or take the line out."
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
