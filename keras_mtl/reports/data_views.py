"""The datasets as the page shows them: rows, lengths, label balance, what was found wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from keras_mtl.reports.figures import number
from keras_mtl.reports.run_files import mapping

# More labels than this are shown from the most frequent on, the rest folded away.
_MANY_LABELS = 25
_MOST_LABELS = 12
_LONGEST_LABEL = 200  # characters
_ORDER = {"train": 0, "validation": 1, "test": 2}


def dataset_view(name: str, profile: Any) -> dict[str, Any]:
    """One dataset of `data.json`."""
    profile = mapping(profile)
    splits = _ordered(mapping(profile.get("splits")))
    labels = mapping(profile.get("labels"))
    notes = [*_duplicates(profile), *_nulls(profile), *_screened(profile), *_empty(splits)]
    return {
        "name": name,
        "splits": splits,
        # Lengths of one split stand for the dataset where there is room for one only.
        "words": mapping(next(iter(splits.values()), {}).get("words")),
        "columns": [_balance(column, mapping(given), splits) for column, given in labels.items()],
        "notes": [(what, rows) for what, rows in notes if number(rows)],
        "examples": [
            {**one, "labels": {name: _label(v) for name, v in mapping(one.get("labels")).items()}}
            for one in profile.get("examples") or ()
            if isinstance(one, dict)
        ],
    }


def _label(value: Any) -> str:
    """The labels of a row: one, several or one for each word; entities by type and place."""
    if not isinstance(value, list):
        return "none" if value is None else str(value)
    parts = [
        f"{one[2]} {one[0]}–{one[1]}" if isinstance(one, list) and len(one) == 3 else str(one)
        for one in value
    ]
    text = " ".join(parts) if all(isinstance(one, str) for one in value) else ", ".join(parts)
    return (text if len(text) <= _LONGEST_LABEL else text[:_LONGEST_LABEL] + "…") or "none"


def _balance(
    column: str, given: Mapping[str, Any], sizes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Rows of each label by split; a bar is a share of the largest in its split."""
    counts = _ordered(mapping(given.get("counts")))
    names = [str(name) for name in given.get("names") or ()]
    splits = list(counts)
    largest = {
        split: max((number(value) or 0.0 for value in counts[split].values()), default=0.0)
        for split in splits
    }
    rows = [
        (
            name,
            [
                (value, value / largest[split] if largest[split] else 0.0)
                for split in splits
                for value in [number(counts[split].get(name)) or 0.0]
            ],
        )
        for name in names
    ]
    several = any(
        sum(number(value) or 0.0 for value in counts[split].values())
        > (number(sizes.get(split, {}).get("rows")) or math.inf)
        for split in splits
    )
    cut = len(rows)
    if len(rows) > _MANY_LABELS:
        rows.sort(key=lambda row: -sum(value for value, _ in row[1]))
        cut = _MOST_LABELS
    return {
        "column": column,
        # Of several to a row, such as tags of words, labels are counted and not rows.
        "counted": "Labels" if several else "Rows",
        "labels": len(names),
        "splits": splits,
        "rows": rows[:cut],
        "rest": rows[cut:],
    }


def _duplicates(profile: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for one in map(mapping, profile.get("duplicates") or ()):
        first, second = one.get("in"), one.get("of")
        where = f"{first} before" if first == second else f"{first} too"
        found.append((f"rows of {second} whose text is in {where}", one.get("rows")))
    return found


def _nulls(profile: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for split, given in mapping(profile.get("nulls")).items():
        counts = mapping(given)
        found.append((f"rows of {split} dropped for missing values", counts.get("dropped")))
        for column, rows in mapping(counts.get("unlabelled")).items():
            found.append((f"rows of {split} without {column}", rows))
        for column, words in mapping(counts.get("untagged")).items():
            found.append((f"words of {split} without {column}", words))
    return found


def _screened(profile: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Which rows were left out of train before it was trained on."""
    given = mapping(profile.get("screened"))
    conflicts = mapping(given.get("conflicting_labels"))
    repeats = mapping(mapping(given.get("near_duplicates")).get("rows"))
    return [
        ("rows screened out of train for conflicting labels", conflicts.get("rows")),
        *(
            (f"rows screened out of train as near-duplicates of {split}", rows)
            for split, rows in repeats.items()
        ),
    ]


def _empty(splits: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        (f"empty texts in {split}", mapping(given).get("empty_texts"))
        for split, given in splits.items()
    ]


def _ordered(splits: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    order = sorted(splits, key=lambda split: _ORDER.get(split, len(_ORDER)))
    return {split: mapping(splits[split]) for split in order}
