"""Datasets: splits of examples with the label names they use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from keras_mtl.data.label_space import check_names, infer_names, listed, to_names
from keras_mtl.data.split import TEXT_COLUMNS, Split
from keras_mtl.data.splitting import DuplicateCounts, check_fraction, count_duplicates, holdout

__all__ = ["TEXT_COLUMNS", "Dataset", "Split"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Splits of examples with the label names they use.

    Label columns hold label names, `None` where a row has no label, or a tuple of names.

    Args:
        name: What the dataset is called in messages.
        train: The training rows.
        validation: Rows to choose by, or `None`.
        test: Rows to measure on at the end, or `None`.
        labels: Label column to its label names, in class order.

    Raises:
        ValueError: If a split lacks a text or label column of train, or holds an unknown label.
    """

    name: str
    train: Split
    validation: Split | None = None
    test: Split | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spaces = {col: check_names(names, col, self.name) for col, names in self.labels.items()}
        object.__setattr__(self, "labels", spaces)
        needed = [column for column in TEXT_COLUMNS if column in self.train]
        for split in self.splits.values():
            for column in needed:
                split[column]
            for column, names in spaces.items():
                if any(isinstance(value, Integral) for value in split[column]):
                    raise ValueError(
                        f"Column {column!r} of split {split.name!r} must hold label names. "
                        "Received: class numbers. Use Dataset.from_arrays, which names them."
                    )
                to_names(split[column], names, f"Column {column!r} of split {split.name!r}")

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that are there, in the order train, validation, test."""
        every = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in every.items() if split is not None}

    @property
    def duplicates(self) -> DuplicateCounts:
        """Exact duplicate texts, counted afresh at each call.

        `("train", "train")` counts rows whose text occurred earlier in train,
        `("train", "test")` rows of test whose text occurs in train.
        """
        return count_duplicates({name: _keys(split) for name, split in self.splits.items()})

    def describe(self) -> str:
        """Summarise rows, label counts and duplicates, for a person to read."""
        rows = ", ".join(f"{len(split)} {name}" for name, split in self.splits.items())
        lines = [f"{self.name}: {rows}"]
        for column in self.labels:
            lines += _label_table(column, self.labels[column], self.splits)
        found = [
            f"{count} " + (f"within {a}" if a == b else f"of {b} also in {a}")
            for (a, b), count in self.duplicates.items()
            if count
        ]
        lines.append("duplicate texts: " + (", ".join(found) or "none"))
        return "\n".join(lines)

    def __repr__(self) -> str:
        rows = ", ".join(f"{name}={len(split)}" for name, split in self.splits.items())
        spaces = ", ".join(f"{column}: {len(n)} labels" for column, n in self.labels.items())
        return f"Dataset({self.name!r}, {rows}" + (f", {spaces})" if spaces else ")")

    @classmethod
    def from_arrays(
        cls,
        name: str,
        train: Mapping[str, Iterable[Any]] | Split,
        validation: Mapping[str, Iterable[Any]] | Split | None = None,
        test: Mapping[str, Iterable[Any]] | Split | None = None,
        labels: Mapping[str, Sequence[str] | None] | None = None,
        validation_fraction: float = 0.1,
        stratify: str | None = "label",
        seed: int = 0,
    ) -> Dataset:
        """Make a dataset from lists, tuples or arrays.

        Label columns are those named in `labels`; without it, the column `label` if there is
        one. Their values are names, class numbers (the position in the names given; with no
        names given, a number is its own name), `None` for no label, or lists of names.

        Without `validation`, a seeded part of train becomes the validation split: of each
        class of `n` rows, `round(validation_fraction * n)`, in the order they stood in. Its
        size is the sum of these over the classes, rows without a label being one more class.

        Args:
            name: What the dataset is called in messages.
            train: Columns of the training rows.
            validation: Columns of the validation rows, or `None` to cut them from train.
            test: Columns of the test rows, or `None`.
            labels: Label column to names in class order, or to `None` for the names in train
                (numbers in numerical order, else alphabetical). `{}` for no label column.
            validation_fraction: The share to cut from train; 0 cuts nothing.
            stratify: The label column whose proportions the cut keeps, if it is there;
                `None` to cut regardless of class, `round(validation_fraction * rows)`.
            seed: The same seed cuts the same rows on every platform.

        Raises:
            ValueError: If a column, text, label or the fraction is not as described; the
                message names the split and the row.

        Example:
            >>> data = Dataset.from_arrays(
            ...     "mine",
            ...     train={"text": ["good", "bad", "fine", "dull"], "label": [1, 0, 1, 0]},
            ...     labels={"label": ["neg", "pos"]},
            ...     validation_fraction=0.5,
            ... )
            >>> data
            Dataset('mine', train=2, validation=2, label: 2 labels)
        """
        check_fraction(validation_fraction, f"dataset {name!r}")
        given = {"train": train, "validation": validation, "test": test}
        splits = {p: _split(v, f"{name}/{p}") for p, v in given.items() if v is not None}
        if labels is None:
            labels = {"label": None} if "label" in splits["train"] else {}
        spaces = _label_spaces(name, splits["train"], labels)
        inferred = {column for column, names in labels.items() if names is None}
        splits = {part: _named(split, spaces, inferred) for part, split in splits.items()}
        if "validation" not in splits and validation_fraction:
            whole = splits["train"]
            by = _classes(whole, stratify, spaces)
            kept, held = holdout(len(whole), validation_fraction, seed, by, f"dataset {name!r}")
            splits["train"] = whole.select(kept)
            splits["validation"] = whole.select(held, f"{name}/validation")
        return cls(name, splits["train"], splits.get("validation"), splits.get("test"), spaces)


def _split(columns: Mapping[str, Iterable[Any]] | Split, name: str) -> Split:
    return Split(columns.columns if isinstance(columns, Split) else columns, name)


def _label_spaces(
    dataset: str, train: Split, labels: Mapping[str, Sequence[str] | None]
) -> dict[str, tuple[str, ...]]:
    return {
        column: infer_names(train[column], f"Column {column!r} of split {train.name!r}")
        if names is None
        else check_names(names, column, dataset)
        for column, names in labels.items()
    }


def _named(split: Split, spaces: Mapping[str, tuple[str, ...]], inferred: set[str]) -> Split:
    columns = dict(split.columns)
    for column, names in spaces.items():
        where = f"Column {column!r} of split {split.name!r}"
        columns[column] = tuple(to_names(split[column], names, where, column in inferred))
    return Split(columns, split.name)


def _classes(
    train: Split, stratify: str | None, spaces: Mapping[str, tuple[str, ...]]
) -> Sequence[Hashable] | None:
    if stratify is None or (stratify == "label" and "label" not in spaces):
        return None
    if stratify not in spaces or any(isinstance(value, tuple) for value in train[stratify]):
        raise ValueError(
            f"`stratify` of split {train.name!r} must be a label column with one label per row "
            f"(label columns: {listed(spaces) or 'none'}). Received: stratify={stratify!r}. "
            "Use stratify=None to split regardless of class."
        )
    return train[stratify]


def _keys(split: Split) -> list[Hashable]:
    present = [split[column] for column in TEXT_COLUMNS if column in split]
    return [
        tuple(tuple(part) if isinstance(part, list) else part for part in parts)
        for parts in zip(*present, strict=True)
    ]


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


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        yield from value if isinstance(value, tuple) else (value,)
