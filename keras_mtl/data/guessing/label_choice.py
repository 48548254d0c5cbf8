"""Choosing the label columns of a user's tables, and what becomes of missing values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from numbers import Integral
from typing import Any

from keras_mtl.data.datasets.label_space import infer_names, listed
from keras_mtl.data.guessing.column_facts import LABEL_RULE, is_number
from keras_mtl.data.guessing.table_facts import TableFacts

Tables = Mapping[str, TableFacts]  # by split
Counts = Mapping[str, Counter[str] | None]  # rows of each label, by column; `None`: too many

_WHOLE = re.compile(r"([+-]?\d+)\.0*")


@dataclass(frozen=True)
class LabelChoice:
    """What the tables of a dataset are used for.

    Args:
        splits: The splits that are of use.
        labels: Label column to its names in class order, or to `None` for those in train.
        nulls: What is to become of missing values, as in `Dataset.from_csv`.
        notes: Why a column is of no use.
        left_out: Why a split is of no use.
        unseen: The labels of a split that train does not have, by split and column.
    """

    splits: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...] | None]
    nulls: str
    notes: Mapping[str, str]
    left_out: Mapping[str, str]
    unseen: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


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
    for group in _alike(train, found):
        # Of class numbers and their names, the names are the ones to read.
        named = [column for column in group if not is_number(train.columns[column])]
        best = named[0] if named else group[-1]
        notes |= {column: f"says the same as {best!r}" for column in group if column != best}
    return [column for column in found if column not in notes]


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

    Raises:
        ValueError: If a split spells a label otherwise than train.
    """
    notes: dict[str, str] = {}
    left_out: dict[str, str] = {}
    counts = {split: _counts(table, text, labels) for split, table in tables.items()}
    kept = [column for column in labels if asked or not _emptied(counts["train"][column])]
    notes |= {c: "fewer than 2 labels in rows with a text" for c in labels if c not in kept}
    used = {"train": tables["train"]}
    for split, table in tables.items():
        why = "" if split == "train" else _misfit(text, tables, split, kept, counts)
        if why:
            left_out[split] = why
        else:
            used[split] = table
    for split in used:
        for column in [] if asked else list(kept):
            if column not in counts[split]:
                notes[column] = f"{split} has none"
                kept.remove(column)
    held_out = [split for split in used if split != "train"]
    unseen = {split: _unseen(counts["train"], counts[split], kept) for split in held_out}
    names = {
        column: _names(column, counts["train"].get(column), unseen.values()) for column in kept
    }
    nulls = _nulls(used.values(), text, kept)
    told = {split: columns for split, columns in unseen.items() if columns}
    return LabelChoice(tuple(used), names, nulls, notes, left_out, told)


def _fits(table: TableFacts, column: str) -> bool:
    """Tell whether a column of a split holds values that can be labels at all."""
    if not table.has(column):
        return False
    kinds = set(table.columns[column].kinds)
    return kinds <= {"string", "whole number", "list"}


def _nulls(tables: Iterable[TableFacts], text: str, labels: Sequence[str]) -> str:
    tables = list(tables)
    if any(table.missing(column) for table in tables for column in labels):
        # It leaves out rows without a text too; `drop` would cost the rows labelled in part.
        return "unlabelled"
    return "drop" if any(table.missing(text) for table in tables) else "error"


def _alike(train: TableFacts, columns: Sequence[str]) -> list[list[str]]:
    """Group the columns whose values go together one to one."""
    size = {column: len(train.columns[column].counts or ()) for column in columns}
    shared = Counter(size.values())
    columns = [column for column in columns if shared[size[column]] > 1]
    if not columns:
        return []
    # Values are numbered as they come: columns that say the same have the same numbers.
    numbers: list[dict[Any, int]] = [{} for _ in columns]
    digests = [blake2b() for _ in columns]
    for values in train.values(columns):
        for value, known, digest in zip(values, numbers, digests, strict=True):
            digest.update(known.setdefault(value, len(known)).to_bytes(4))
    groups: dict[bytes, list[str]] = {}
    for column, digest in zip(columns, digests, strict=True):
        groups.setdefault(digest.digest(), []).append(column)
    return [group for group in groups.values() if len(group) > 1]


def _counts(table: TableFacts, text: str, labels: Sequence[str]) -> Counts:
    """Count the labels in the rows with a text, the others being left out, by label column.

    A column that cannot be a label in this table is not in it, and one with lists, or with too
    many values to compare, is `None`.
    """
    facts = table.columns
    columns = [column for column in labels if _fits(table, column)]
    counts = {c: None if "list" in facts[c].kinds else facts[c].counts for c in columns}
    if not table.has(text) or not table.missing(text):
        return counts
    found = {column: Counter[str]() for column, count in counts.items() if count is not None}
    for first, *values in table.values([text, *found]):
        if first is not None:
            for count, value in zip(found.values(), values, strict=True):
                if value is not None:
                    count[str(int(value)) if isinstance(value, Integral) else value] += 1
    return {**counts, **found}


def _emptied(counts: Counter[str] | None) -> bool:
    return counts is not None and len(counts) < 2


def _misfit(
    text: str, tables: Tables, split: str, labels: Sequence[str], counts: Mapping[str, Counts]
) -> str:
    """Say why the file of a split is of no use; empty if it is of use."""
    file = tables[split].path.name
    wanting = [] if tables[split].has(text) else [text]
    if labels and not any(column in counts[split] for column in labels):
        wanting += labels
    if wanting:
        return f"'{file}' has no {' or '.join(map(repr, wanting[:3]))}"
    for column in labels:
        ours, theirs = counts["train"].get(column), counts[split].get(column)
        if ours is None or theirs is None:
            continue
        _check_spelling(column, tables["train"], tables[split], ours, theirs)
        if not ours.keys() & theirs.keys():
            labelled = listed(map(repr, sorted(theirs))) or "none"
            return f"'{file}' has no label of {column!r} that train has (but {labelled})"
    return ""


def _check_spelling(
    column: str, train: TableFacts, table: TableFacts, ours: Iterable[str], theirs: Iterable[str]
) -> None:
    known = {_plain(name): name for name in ours}
    unknown = sorted(set(theirs) - set(ours))
    pairs = [(name, known[_plain(name)]) for name in unknown if _plain(name) in known]
    if pairs:
        received = listed(f"{other!r} for {name!r}" for other, name in pairs)
        raise ValueError(
            f"Column {column!r} of '{table.path}' must spell labels as '{train.path}' does. "
            f"Received: {received}. Write them alike in both files."
        )


def _plain(name: str) -> str:
    """Return a label without what two files may write differently: case, spaces, `.0`."""
    plain = name.strip().casefold()
    whole = _WHOLE.fullmatch(plain)
    return whole[1] if whole else plain


def _unseen(train: Counts, held_out: Counts, labels: Sequence[str]) -> dict[str, list[str]]:
    """Find the labels that train does not have, by column."""
    found: dict[str, list[str]] = {}
    for column in labels:
        ours, theirs = train.get(column), held_out.get(column)
        if ours is not None and theirs is not None and theirs.keys() - ours.keys():
            found[column] = sorted(theirs.keys() - ours.keys())
    return found


def _names(
    column: str, counts: Counter[str] | None, unseen: Iterable[Mapping[str, Sequence[str]]]
) -> tuple[str, ...] | None:
    """Return all names of a label column if train does not have all of them, else `None`."""
    # Labels that only other splits have: `from_csv` would take them for mistakes.
    more = {name for columns in unseen for name in columns.get(column, ())}
    return infer_names(more | set(counts), f"Column {column!r}") if counts and more else None
