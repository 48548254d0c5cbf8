"""The summary of a dataset that a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from keras_mtl.data.datasets.label_space import labels_in
from keras_mtl.data.datasets.split import Split
from keras_mtl.data.datasets.splitting import DuplicateCounts
from keras_mtl.data.tables.tables import NullCounts


def duplicate_keys(split: Split) -> list[Hashable]:
    """Return what each row's texts are compared by."""
    present = [split[column] for column in split.text_columns]
    return [
        tuple(tuple(part) if isinstance(part, list) else part for part in parts)
        for parts in zip(*present, strict=True)
    ]


def summarise(
    name: str,
    splits: Mapping[str, Split],
    labels: Mapping[str, Sequence[str]],
    duplicates: DuplicateCounts,
    nulls: Mapping[str, NullCounts],
    screened: Mapping[str, Any],
) -> str:
    """Write rows, labels, duplicate texts, missing values and screened rows of a dataset."""
    rows = ", ".join(f"{len(split)} {part}" for part, split in splits.items())
    lines = [f"{name}: {rows}"]
    for column, names in labels.items():
        lines += _label_table(column, names, splits)
    found = [
        f"{count} " + (f"within {a}" if a == b else f"of {b} also in {a}")
        for (a, b), count in duplicates.items()
        if count
    ]
    lines.append("duplicate texts: " + (", ".join(found) or "none"))
    return "\n".join(lines + _nulls_lines(nulls) + _screened_lines(screened))


def _label_table(
    column: str, names: Sequence[str], splits: Mapping[str, Split], most: int = 50
) -> list[str]:
    counts = {part: Counter(_flat(split[column])) for part, split in splits.items()}
    unlabelled = any(count[None] for count in counts.values())
    rows: list[tuple[str | None, str]] = [(name, name) for name in names[:most]]
    rows += [(None, "(no label)")] if unlabelled else []
    width = max(len(shown) for _, shown in [*rows, (None, column)])
    lines = [f"{column:<{width}}" + "".join(f"{part:>12}" for part in counts)]
    for name, shown in rows:
        lines.append(f"{shown:<{width}}" + "".join(f"{c[name]:>12}" for c in counts.values()))
    return lines + ([f"and {len(names) - most} more labels"] if len(names) > most else [])


def _nulls_lines(nulls: Mapping[str, NullCounts]) -> list[str]:
    lines = []
    for split, counts in nulls.items():
        found = [f"rows dropped: {counts['dropped']}"] if counts["dropped"] else []
        unlabelled = counts["unlabelled"].items()
        found += [f"rows without {column!r}: {rows}" for column, rows in unlabelled if rows]
        untagged = counts.get("untagged", {}).items()
        found += [f"words without {column!r}: {words}" for column, words in untagged if words]
        if found:
            lines.append(f"missing values in the file of {split}; {', '.join(found)}")
    return lines


def _screened_lines(screened: Mapping[str, Any]) -> list[str]:
    if not screened:
        return []
    lines = [f"screened out of train; rows: {screened['dropped']}"]
    if "conflicting_labels" in screened:
        conflicts = screened["conflicting_labels"]
        columns = "".join(f", by {column!r}: {rows}" for column, rows in conflicts["by"].items())
        lines.append(f"  same text with another label: {conflicts['rows']}{columns}")
    if "near_duplicates" in screened:
        repeats = screened["near_duplicates"]
        found = ", ".join(f"of {part}: {rows}" for part, rows in repeats["rows"].items())
        lines.append(f"  near-duplicates (similarity {repeats['similarity']:g}) {found}")
    return lines


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        yield from labels_in(value)
