"""The files in which datasets of texts and of pairs are given away, read as columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.data.named.label_lists import FDU_DOMAINS, SENTIMENTS
from keras_mtl.data.named.public_forms import Found, PublicForm
from keras_mtl.data.tables.text_files import missing_column, text_lines

# Rows at the end of each training file of FDU-MTL that are validation.
FDU_VALIDATION_ROWS = 200

# Turns a cell into a value; a ValueError says what it must be.
Converter = Callable[[str], Any]


def class_name(names: Sequence[str]) -> Converter:
    """Return what turns a class number into its name; a name stays as it is."""
    numbered = {**{name: name for name in names}, **{str(i): one for i, one in enumerate(names)}}

    def convert(cell: str) -> str:
        if cell not in numbered:
            raise ValueError(
                f"one of {listed(names)}, or its class number, 0 to {len(names) - 1}. Received: "
                f"{cell!r:.60}. {nearest(cell, names)}".rstrip()
            )
        return numbered[cell]

    return convert


def class_names(names: Sequence[str]) -> Converter:
    """Return what turns class numbers between commas into a list of names."""
    one = class_name(names)
    return lambda cell: [one(number) for number in cell.split(",")]


def score(cell: str) -> float:
    """Read a similarity from 0 to 5."""
    try:
        number = float(cell)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 5:
        raise ValueError(f"a number from 0 to 5. Received: {cell!r:.60}.")
    return number


def text(cell: str) -> str:
    """Take a text without the white space around it; quotation marks are part of it."""
    return cell.strip()


def as_it_stands(cell: str) -> str:
    """Take a text with all its white space."""
    return cell


def read_columns(
    file: Path, places: Mapping[str, tuple[str | int, Converter]]
) -> dict[str, list[Any]]:
    """Read some columns of a file with tabs between its cells, none of them quoted.

    Args:
        file: The file.
        places: Column to its place in the file, and to what its cells become. A place is a
            name in the first line, or a number, counted from 0, in a file without such a line.

    Raises:
        ValueError: If the file lacks a column, or a line has too few cells, or cells that are
            none of the column; the message names file and line.
    """
    read: dict[str, list[Any]] = {column: [] for column in places}
    named = [place for place, _ in places.values() if isinstance(place, str)]
    lines = _cells(file)
    header = next(lines)[1] if named else []
    for place in named:
        if place not in header:
            raise missing_column(file, place, header, "Fetch it again.")
    numbers = {
        column: header.index(place) if isinstance(place, str) else place
        for column, (place, _) in places.items()
    }
    least = max(numbers.values()) + 1
    for line, cells in lines:
        if len(cells) < least or (named and len(cells) != len(header)):
            raise ValueError(
                f"'{file}' must have {len(header) or f'{least} or more'} cells in each line, with "
                f"tabs between them. Received: {len(cells)} in line {line}. Fetch it again."
            )
        for column, (_, convert) in places.items():
            try:
                read[column].append(convert(cells[numbers[column]]))
            except ValueError as error:
                raise ValueError(
                    f"Column {column!r} of '{file}' must hold in line {line} {error} Mend the line."
                ) from error
    if not next(iter(read.values())):
        raise ValueError(f"'{file}' must hold rows. Received: none. Fetch it again.")
    return read


def _cells(file: Path) -> Iterator[tuple[int, list[str]]]:
    empty = True
    for number, line in enumerate(text_lines(file), start=1):
        if line.strip():
            empty = False
            yield number, line.rstrip("\r\n").split("\t")
    if empty:
        raise ValueError(f"'{file}' must hold a row on each line. Received: none. Fetch it again.")


def tab_separated(
    home: str,
    files: Mapping[str, tuple[str, ...]],
    columns: Mapping[str, tuple[str | int, Converter]],
    further: Sequence[str] = (),
    test: Mapping[str, tuple[str | int, Converter]] | None = None,
) -> PublicForm:
    """Return the form of a set in files with tabs, one for each split.

    Args:
        home: Where it is to be had.
        files: The file of each split: the names it may have.
        columns: As `places` of `read_columns`.
        further: Those of the columns that are read on request only.
        test: The columns of the test file, where it is laid out in another way.
    """
    layouts = {"test": test} if test else {}

    def read(found: Mapping[str, Path], wanted: Sequence[str]) -> Found:
        left_out = set(further) - set(wanted)
        return {
            split: read_columns(
                file,
                {one: p for one, p in layouts.get(split, columns).items() if one not in left_out},
            )
            for split, file in found.items()
        }

    names = [one[0] for one in files.values()]
    shown = f"{', '.join(names[:-1])} and {names[-1]}"
    return PublicForm(home, files, shown, read, tuple(further))


def read_clinc(files: Mapping[str, Path], columns: Sequence[str]) -> Found:
    """Read CLINC150: queries and their intents in one file, the intents of each domain in another.

    Args:
        files: The file `data_full.json`, for each split; `domains.json` stands beside it.
        columns: None.

    Returns:
        Columns `text`, `intent` and `domain` of each split; out-of-scope queries, `oos` in both,
        are the last rows.

    Raises:
        ValueError: If one of the files is no such file, or an intent has no domain.
    """
    file = files["train"]
    domains = {"oos": "oos"}
    for domain, its_intents in _json(file.with_name("domains.json")).items():
        domains.update(dict.fromkeys(its_intents, domain))
    stored = _json(file)
    found: Found = {}
    for split, name in {"train": "train", "validation": "val", "test": "test"}.items():
        try:
            rows = [(query, intent) for query, intent in stored[name] + stored[f"oos_{name}"]]
            names = [domains[intent] for _, intent in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"'{file}' must hold pairs of query and intent in {name!r} and 'oos_{name}', each "
                f"intent one of domains.json. Received: {type(error).__name__} of {error}. Fetch "
                "data_full.json and domains.json again."
            ) from error
        queries, intents = ([row[part] for row in rows] for part in (0, 1))
        found[split] = {"text": queries, "intent": intents, "domain": names}
    return found


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"'{file}' must be a JSON file that is there. Received: {error}. Fetch it again."
        ) from error
    if not isinstance(value, dict):
        raise ValueError(
            f"'{file}' must hold a JSON object. Received: {type(value).__name__}. Fetch it again."
        )
    return value


def read_fdu(files: Mapping[str, Path], columns: Sequence[str]) -> Found:
    """Read FDU-MTL: a file of train and one of test for each domain, `0` or `1` before a text.

    Args:
        files: A training and a test file, beside which those of all domains stand.
        columns: None.

    Returns:
        Columns `text`, `label` and `domain`. The last 200 rows of each training file are
        validation, as in the work that others' figures come from.

    Raises:
        ValueError: If a line is none such, or a training file has no row beside these.
        FileNotFoundError: If the file of a domain is not there.
    """
    splits = ("train", "validation", "test")
    found: Found = {split: {"text": [], "label": [], "domain": []} for split in splits}
    for domain in sorted(FDU_DOMAINS):
        for part in ("train", "test"):
            file = _fdu_file(files[part], domain, part)
            rows = _fdu_rows(file, domain)
            cut = len(rows["text"]) - (FDU_VALIDATION_ROWS if part == "train" else 0)
            if cut < 1:
                raise ValueError(
                    f"'{file}' must hold more than {FDU_VALIDATION_ROWS} rows, the last of which "
                    f"are validation. Received: {len(rows['text'])}. Fetch it again."
                )
            for column, values in rows.items():
                found[part][column] += values[:cut]
                found["validation"][column] += values[cut:]
    return found


def _fdu_rows(file: Path, domain: str) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {"text": [], "label": [], "domain": []}
    convert = class_name(SENTIMENTS)
    # A character of one review is lost (U+FFFD): bytes that do not decode become the same.
    for number, line in enumerate(text_lines(file, replace=True), start=1):
        label, _, review = line.partition("\t")
        try:
            rows["label"].append(convert(label.strip()))
        except ValueError as error:
            raise ValueError(
                f"'{file}' must begin line {number} with a tab behind {error} Fetch it again."
            ) from error
        rows["text"].append(review.strip())
        rows["domain"].append(domain)
    return rows


def _fdu_file(one: Path, domain: str, part: str) -> Path:
    names = (f"{domain}.task.{part}", f"{domain}.task.{part}.gz")
    there = [one.with_name(name) for name in names if one.with_name(name).is_file()]
    if not there:
        raise FileNotFoundError(
            f"'{one.with_name(names[0])}' must be there: FDU-MTL has a file of train and one of "
            f"test for each of {len(FDU_DOMAINS)} domains ({listed(sorted(FDU_DOMAINS))}). "
            "Received: no such file. Put all of them into the folder."
        )
    return there[0]
