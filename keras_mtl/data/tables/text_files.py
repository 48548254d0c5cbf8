"""Text files of the user, read line by line, plain or gzip-compressed."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from keras_mtl.data.datasets.label_space import listed, nearest

FilePath = str | os.PathLike[str]

# `surrogateescape` turns a byte that does not decode into one of these, so that it is found in
# its own line: decoding reads ahead, and its error tells no line.
_UNDECODED = re.compile("[\udc80-\udcff]")

# How other kinds of file start.
_SIGNATURES = (
    ("\x1f\udc8b", "It looks gzip-compressed: end its name in .gz."),
    ("\udcff\udcfe", "It looks like UTF-16: pass encoding='utf-16'."),
    ("\udcfe\udcff", "It looks like UTF-16: pass encoding='utf-16'."),
    ("PK\x03\x04", "It looks like a spreadsheet or an archive: save its table as CSV in UTF-8."),
)


def existing_file(path: object, whose: str) -> Path:
    """Return the path of a file that is there, `~` resolved.

    Args:
        path: What the user gave as the path.
        whose: The argument and its dataset, for messages.

    Raises:
        ValueError: If it is no path, or that of a folder.
        FileNotFoundError: If nothing is there; names a file of a like name.
    """
    given = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(given, str):
        raise ValueError(
            f"{whose} must be the path of a file. Received: {path!r:.60} ({type(path).__name__}). "
            "For rows that are in memory use Dataset.from_arrays."
        )
    # Not `Path.expanduser`, which fails on a file called "~draft.csv".
    file = Path(os.path.expanduser(given))
    if os.path.isdir(file):
        raise ValueError(
            f"{whose} must be the path of a file. Received: the folder '{file}'. Name a file in it."
        )
    if not os.path.isfile(file):
        raise FileNotFoundError(
            f"{whose} must be the path of a file that is there. Received: {str(file)!r:.200}. "
            f"{nearest(file.name, _names_beside(file))}A path that is not absolute starts from "
            "the working folder."
        )
    return file


def check_encoding(encoding: object, whose: str) -> None:
    """Check the name of a text encoding.

    Raises:
        ValueError: If Python knows no such text encoding.
    """
    try:
        if not isinstance(encoding, str):
            raise LookupError(encoding)
        "a".encode(encoding)
    except (LookupError, ValueError) as error:
        common = ("utf-8", "utf-16", "cp1252", "latin-1", "gb18030", "shift_jis")
        raise ValueError(
            f"`encoding` of {whose} must be a text encoding that Python knows, such as "
            f"{', '.join(common)}. Received: encoding={encoding!r}. "
            f"{nearest(str(encoding), common)}".rstrip()
        ) from error


def text_lines(path: Path, encoding: str = "utf-8", replace: bool = False) -> Iterator[str]:
    """Read the lines of a file one by one, line ends included, without a byte order mark.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        encoding: The encoding of the text.
        replace: Whether a byte that does not decode becomes U+FFFD, where it is known that a file
            has such bytes; else it is an error.

    Raises:
        ValueError: If the file is no such text, has NUL bytes or is a damaged gzip file; the
            message names file and line.
        OSError: If the file cannot be read.
    """
    number = 0
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rt", encoding=encoding, errors="surrogateescape", newline="") as file:
            for number, line in enumerate(file, start=1):
                if replace:
                    line = _UNDECODED.sub("\ufffd", line)
                _check_line(line, number, path, encoding)
                yield line.removeprefix("\ufeff") if number == 1 else line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"'{path}' must be a whole gzip file. Received: one that is damaged or cut short after "
            f"line {number} ({error}). Fetch the file again, or take .gz off its name if it is "
            "not compressed."
        ) from error
    except UnicodeError as error:
        raise ValueError(
            f"'{path}' must be {_shown(encoding)} text. Received: other bytes after line {number} "
            f"({error}). Convert the file to UTF-8, or pass its own `encoding=`."
        ) from error
    except OSError as error:
        raise OSError(
            f"'{path}' must be a file that can be read. Received: {error.strerror or error} after "
            f"line {number}. Check the permissions of the file, and the disk."
        ) from error


def missing_column(table: object, column: str, known: Iterable[str], fix: str = "") -> ValueError:
    """Return the error for a column that a table, such as a file, does not have."""
    columns = list(known)
    return ValueError(
        f"'{table}' must have the column {column!r}. Received: the columns "
        f"{listed(map(repr, columns)) or '(none)'}. {nearest(column, columns)}{fix}".rstrip()
    )


def _names_beside(file: Path) -> list[str]:
    try:
        return os.listdir(file.parent)
    except (OSError, ValueError):
        return []


def _check_line(line: str, number: int, path: Path, encoding: str) -> None:
    bad = None if line.isascii() else _UNDECODED.search(line)
    if bad:
        before = line[max(0, bad.start() - 20) : bad.start()]
        received = f"the byte 0x{ord(bad[0]) - 0xDC00:x} in line {number}, after {before!r}"
        fix = "Convert the file to UTF-8, or pass its own `encoding=`, such as 'cp1252'."
    elif "\0" in line:
        received = f"a NUL byte in line {number}"
        fix = "Pass encoding='utf-16' if it was saved so, else take the NUL bytes out."
    else:
        return
    fix = next((remedy for start, remedy in _SIGNATURES if line.startswith(start)), fix)
    raise ValueError(f"'{path}' must be {_shown(encoding)} text. Received: {received}. {fix}")


def _shown(encoding: str) -> str:
    return "UTF-8" if encoding.lower() in ("utf-8", "utf8", "utf_8") else encoding
