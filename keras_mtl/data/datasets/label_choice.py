"""Choosing the label columns of a user's tables, and what becomes of missing values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from numbers import Integral
from typing import Any

from keras_mtl.data.datasets.column_facts import LABEL_RULE, MOST_LABELS, is_number
from keras_mtl.data.datasets.label_space import infer_names
from keras_mtl.data.datasets.table_facts import TableFacts

Tables = Mapping[str, TableFacts]  # by split


@dataclass(frozen=True)
class LabelChoice:
    """What the tables of a dataset are used for.

    Args:
        splits: The splits that are of use.
        labels: Label column to its names in class order, or to `None` for those in train.
        nulls: What is to become of missing values, as in `Dataset.from_csv`.
        notes: Why a column is of no use.
        left_out: Why a split is of no use.
    """

    splits: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...] | None]
    nulls: str
    notes: Mapping[str, str]
    left_out: Mapping[str, str]


def find_labels(texts: Sequence[str], train: TableFacts, notes: dict[str, str]) -> list[str]:
    """Find the label columns of a table; none twice that says the same as another.

    Args:
        texts: The columns that could be its text column, the one that is first. In a small
            table labels may look like texts.
        train: The training table.
        notes: Where to note why a column is none.
    """
    faults = {name: facts.label_fault() for name, facts in train.columns.items()}
    notes |= {name: fault for name, fault in faults.items() if fault and name not in texts}
    found = [name for name, fault in faults.items() if not fault and name != texts[0]]
    for first, second in _alike(train, found):
        if first in found and second in found:
            # Of a class number and its name, the name is the one to read.
            worse = first if is_number(train.columns[first]) else second
            notes[worse] = f"says the same as {(second if worse == first else first)!r}"
            found.remove(worse)
    return found


def no_labels(text: str, train: TableFacts, notes: Mapping[str, str]) -> ValueError:
    """Return the error for a table in which no column holds labels.

    Args:
        text: Its text column.
        train: The table.
        notes: Why a column that holds labels is of no use.
    """
    faults = {name: facts.label_fault() for name, facts in train.columns.items()}
    faults |= {text: "the texts", **notes}
    return ValueError(
        f"'{train.path}' must have a column of labels. Received: "
        f"{train.rows} rows with the columns{train.describe(faults)}\n{LABEL_RULE} "
        "If one of them is the label all the same, name it: --label COLUMN."
    )


def choose_use(text: str, tables: Tables, labels: Sequence[str], asked: bool) -> LabelChoice:
    """Decide which splits and label columns are of use, and what becomes of nulls.

    Args:
        text: The text column.
        tables: What is seen in the file of each split.
        labels: The label columns of train.
        asked: Whether the user named them, so that each must stay.
    """
    notes: dict[str, str] = {}
    left_out: dict[str, str] = {}
    used = {"train": tables["train"]}
    for split, table in tables.items():
        wanting = [] if table.has(text) else [text]
        if labels and not any(_fits(table, column) for column in labels):
            wanting += labels
        if split != "train" and wanting:
            left_out[split] = f"'{table.path.name}' has no {' or '.join(map(repr, wanting[:3]))}"
        else:
            used[split] = table
    kept = list(labels)
    for split, table in used.items():
        for column in [] if asked else list(kept):
            if split != "train" and not _fits(table, column):
                notes[column] = f"{split} has none"
                kept.remove(column)
    nulls = _nulls(used.values(), text, kept)
    counts = {column: used["train"].columns[column].counts for column in kept}
    if nulls == "drop" and kept:
        counts = _after_dropping(used["train"], text, kept, asked, notes)
        kept = list(counts)
    names = {column: _names(used, column, counts[column]) for column in kept}
    return LabelChoice(tuple(used), names, nulls, notes, left_out)


def _fits(table: TableFacts, column: str) -> bool:
    """Tell whether a column of a split holds values that can be labels at all."""
    if not table.has(column):
        return False
    kinds = set(table.columns[column].kinds)
    return kinds <= {"string", "whole number", "list"}


def _nulls(tables: Iterable[TableFacts], text: str, labels: Sequence[str]) -> str:
    tables = list(tables)
    if any(table.missing(text) for table in tables):
        return "drop"
    missing = any(table.missing(column) for table in tables for column in labels)
    return "unlabelled" if missing else "error"


def _alike(train: TableFacts, columns: Sequence[str]) -> list[tuple[str, str]]:
    """Find the pairs of columns whose values go together one to one."""
    size = {column: len(train.columns[column].counts or ()) for column in columns}
    pairs = [pair for pair in combinations(columns, 2) if size[pair[0]] == size[pair[1]]]
    if not pairs:
        return []
    seen: dict[tuple[str, str], set[Any]] = {pair: set() for pair in pairs}
    for values in train.values(columns):
        row = dict(zip(columns, values, strict=True))
        for first, second in pairs:
            found = seen[first, second]
            if len(found) <= MOST_LABELS + 1:
                found.add((row[first], row[second]))
    return [
        pair
        for pair, found in seen.items()
        if len(found) == len({a for a, _ in found}) == len({b for _, b in found})
    ]


def _after_dropping(
    train: TableFacts, text: str, labels: Sequence[str], asked: bool, notes: dict[str, str]
) -> dict[str, Counter[str] | None]:
    """Count labels in the rows without nulls, by label column.

    With `nulls: drop`, a row without one of the labels is lost to all of them: a label column
    that would cost too many rows is left out, unless the user asked for it.
    """
    kept = list(labels)
    while True:
        rows, counts = _complete(train, text, kept)
        emptied = any(len(found) < 2 for found in counts.values())
        costly = len(kept) > 1 and 2 * rows < train.rows - train.missing(text)
        if asked or not kept or not (emptied or costly):
            return dict(counts)
        worst = max(kept, key=train.missing)
        notes[worst] = f"missing in {train.missing(worst)} rows, which would be dropped"
        kept.remove(worst)


def _complete(
    train: TableFacts, text: str, labels: Sequence[str]
) -> tuple[int, dict[str, Counter[str]]]:
    """Count the rows in which nothing is missing, and the labels in them."""
    rows, counts = 0, {column: Counter[str]() for column in labels}
    for first, *values in train.values([text, *labels]):
        if first is not None and first != [] and all(value is not None for value in values):
            rows += 1
            for column, value in zip(labels, values, strict=True):
                counts[column].update(map(_name, value if isinstance(value, list) else [value]))
    return rows, counts


def _name(value: Any) -> str:
    return str(int(value)) if isinstance(value, Integral) else str(value)


def _names(used: Tables, column: str, counts: Counter[str] | None) -> tuple[str, ...] | None:
    """Return all names of a label column if train does not have all of them, else `None`."""
    several = any("list" in table.columns[column].kinds for table in used.values())
    if several or not counts:
        return None
    everything = set(counts)
    for table in used.values():
        everything |= set(table.columns[column].counts or ())
    # Labels that only other splits have: `from_csv` would take them for mistakes.
    more = everything > set(counts)
    return infer_names(everything, f"Column {column!r}") if more else None
