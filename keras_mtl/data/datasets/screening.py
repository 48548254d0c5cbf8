"""Screening the training rows: near-repeats, leakage from held-out rows, conflicting labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keras_mtl.data.datasets.label_space import labels_in
from keras_mtl.data.datasets.near_duplicates import NearDuplicates
from keras_mtl.data.datasets.split import Split
from keras_mtl.data.datasets.summary import duplicate_keys

# Where a near-duplicate is looked for, in this order: leakage from test is told first.
HELD_OUT = ("test", "validation")


@dataclass(frozen=True)
class Screening:
    """What is left out of the training rows.

    Args:
        near_duplicates: The Jaccard similarity from which on two rows repeat each other, from 0.5
            to 1, or `None` to keep near-repeats.
        conflicting_labels: Whether rows of one text and different labels are left out.
        shingle_words: Words in a row that are compared as one, at least 1.
        whose: The dataset, for messages.

    Raises:
        ValueError: If an argument is not as described.
    """

    near_duplicates: float | None
    conflicting_labels: bool
    shingle_words: int
    whose: str

    def __post_init__(self) -> None:
        similarity, words = self.near_duplicates, self.shingle_words
        number = isinstance(similarity, int | float) and not isinstance(similarity, bool)
        if similarity is not None and not (number and 0.5 <= similarity <= 1):
            raise ValueError(
                f"`near_duplicates` of {self.whose} must be a similarity from 0.5 to 1, or None. "
                f"Received: near_duplicates={similarity!r}. Write 0.9 for texts that share nine "
                "tenths of their word sequences, 1.0 for the same words alone."
            )
        if not isinstance(self.conflicting_labels, bool):
            raise ValueError(
                f"`conflicting_labels` of {self.whose} must be True or False. Received: "
                f"conflicting_labels={self.conflicting_labels!r}. Write True to drop such rows."
            )
        if not isinstance(words, int) or isinstance(words, bool) or words < 1:
            raise ValueError(
                f"`shingle_words` of {self.whose} must be a whole number from 1. Received: "
                f"shingle_words={words!r}. Write 3 for sequences of three words."
            )


def screen_rows(
    splits: Mapping[str, Split], labels: Iterable[str], screening: Screening
) -> tuple[list[int], dict[str, Any]]:
    """Choose the rows of train to keep.

    Conflicting labels come first: of two repeats with different labels neither is to be
    trusted, so neither may stand for the other.

    Args:
        splits: The splits of a dataset.
        labels: Its label columns.
        screening: What is left out.

    Returns:
        The rows kept, ascending, and how many were left out for which reason, as JSON holds it.

    Raises:
        ValueError: If no row were left, or none of a label that train has.
        ImportError: If near-duplicates are looked for and `datasketch` is not installed.
    """
    train, columns = splits["train"], list(labels)
    kept = list(range(len(train)))
    counts: dict[str, Any] = {"dropped": 0}
    if screening.conflicting_labels:
        conflicts = {column: conflicting_rows(train, column) for column in columns}
        dropped = set[int]().union(*conflicts.values())
        kept = [row for row in kept if row not in dropped]
        by = {column: len(rows) for column, rows in conflicts.items()}
        counts["conflicting_labels"] = {"rows": len(dropped), "by": by}
    if screening.near_duplicates is not None:
        similarity, words = float(screening.near_duplicates), screening.shingle_words
        kept, repeats = _without_repeats(splits, kept, similarity, words)
        settings = {"similarity": similarity, "shingle_words": words}
        counts["near_duplicates"] = {**settings, "rows": repeats}
    counts["dropped"] = len(train) - len(kept)
    _check_left(train, columns, kept, screening)
    return kept, counts


def conflicting_rows(train: Split, column: str) -> set[int]:
    """Return the rows whose text occurs with another label too.

    Texts are the same if they are so in small letters, with every run of white space as one
    space. A row without a label contradicts no other. Several labels of a row count in any
    order, unless they are labels of its `tokens`.
    """
    ordered = "tokens" in train
    found: dict[Any, dict[int, Any]] = defaultdict(dict)
    texts = [train[name] for name in train.text_columns]
    for row, (label, *parts) in enumerate(zip(train[column], *texts, strict=True)):
        untagged = ordered and isinstance(label, tuple) and set(label) <= {None}
        if label is not None and not untagged:
            several = isinstance(label, tuple) and not ordered
            found[tuple(map(_collapsed, parts))][row] = frozenset(label) if several else label
    groups = (rows for rows in found.values() if _contradict(list(rows.values())))
    return {row for rows in groups for row in rows}


def _contradict(labels: Sequence[Any]) -> bool:
    """Tell whether the labels of one text, in several rows, cannot all be right."""
    if all(isinstance(label, tuple) for label in labels):
        return any(len(set(tags) - {None}) > 1 for tags in zip(*labels, strict=True))
    return len(set(labels)) > 1


def _collapsed(text: str | Sequence[str]) -> Any:
    if isinstance(text, str):
        return " ".join(text.casefold().split())
    return tuple(word.casefold() for word in text)


def _without_repeats(
    splits: Mapping[str, Split], rows: Sequence[int], similarity: float, words: int
) -> tuple[list[int], dict[str, int]]:
    """Drop the rows that nearly repeat a held-out row, or a row kept before them."""
    indexes = {}
    for part in HELD_OUT:
        if part in splits:
            indexes[part] = NearDuplicates(splits[part], similarity, words)
            indexes[part].add_each(duplicate_keys(splits[part]))
    train = indexes["train"] = NearDuplicates(splits["train"], similarity, words)
    counts = dict.fromkeys(indexes, 0)
    kept = []
    for row in rows:
        sketch = train.sketch(row)
        repeated = next((p for p, index in indexes.items() if index.has_like(sketch)), None)
        if repeated is None:
            train.add(row, sketch)
            kept.append(row)
        else:
            counts[repeated] += 1
    return kept, counts


def _check_left(
    train: Split, labels: Sequence[str], kept: Sequence[int], screening: Screening
) -> None:
    asked = (
        f"near_duplicates={screening.near_duplicates}, "
        f"conflicting_labels={screening.conflicting_labels}"
    )
    fix = "Raise `near_duplicates`, or look at these rows before leaving them out."
    if not kept:
        raise ValueError(
            f"Screening {screening.whose} must leave rows in train. Received: {asked}, which "
            f"drops all {len(train)} rows. {fix}"
        )
    for column in labels:
        before = _label_counts(train[column])
        after = _label_counts(train[column][row] for row in kept)
        gone = [name for name in before if name not in after]
        if gone:
            more = f" ({len(gone) - 1} more labels likewise)" if len(gone) > 1 else ""
            raise ValueError(
                f"Screening {screening.whose} must leave rows of every label in train. Received: "
                f"{asked}, which drops all {before[gone[0]]} rows of {gone[0]!r} in column "
                f"{column!r}{more}. {fix}"
            )


def _label_counts(values: Iterable[Any]) -> Counter[str]:
    counts: Counter[Any] = Counter()
    for value in values:
        counts.update(set(labels_in(value)))
    del counts[None]
    return counts
