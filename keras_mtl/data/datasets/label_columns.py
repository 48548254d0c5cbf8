"""Label columns of splits: their label spaces, their names, the classes to stratify by."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from keras_mtl.data.datasets.label_space import check_names, infer_names, listed, to_names
from keras_mtl.data.datasets.split import Split


def label_spaces(
    dataset: str, train: Split, labels: Mapping[str, Sequence[str] | None]
) -> dict[str, tuple[str, ...]]:
    """Return the label names of each label column, read off train where none are given.

    Raises:
        ValueError: If names given are no label space, or there are none in train.
    """
    return {
        column: infer_names(train[column], f"Column {column!r} of split {train.name!r}")
        if names is None
        else check_names(names, column, dataset)
        for column, names in labels.items()
    }


def named(split: Split, spaces: Mapping[str, tuple[str, ...]], inferred: set[str]) -> Split:
    """Return a split whose label columns hold names.

    Args:
        split: The split.
        spaces: Label column to its names.
        inferred: The label columns whose names were read off train.

    Raises:
        ValueError: If a value is not in its label space.
    """
    columns = dict(split.columns)
    for column, names in spaces.items():
        where = f"Column {column!r} of split {split.name!r}"
        words = split["tokens"] if "tokens" in split else None
        columns[column] = tuple(to_names(split[column], names, where, column in inferred, words))
    return Split(columns, split.name)


def classes(
    train: Split, stratify: str | bool | None, spaces: Mapping[str, tuple[str, ...]]
) -> Sequence[Hashable] | None:
    """Return the class of each row of train to stratify by, or `None` for no classes.

    Args:
        train: The training rows.
        stratify: A label column; `True` for the column `label` if it has one label per row.
        spaces: Label column to its names.

    Raises:
        ValueError: If `stratify` is no label column with one label per row.
    """
    if stratify is True:
        stratify = "label" if "label" in spaces and not _has_several(train["label"]) else None
    if not stratify or (stratify == "label" and "label" not in spaces):
        return None
    if stratify not in spaces or _has_several(train[stratify]):
        raise ValueError(
            f"`stratify` of split {train.name!r} must be a label column with one label per row "
            f"(label columns: {listed(spaces) or 'none'}). Received: stratify={stratify!r}. "
            "Use stratify=None to split regardless of class."
        )
    return train[stratify]


def _has_several(values: Sequence[Hashable]) -> bool:
    """Whether a row has several labels, or one for each word."""
    return any(isinstance(value, tuple) for value in values)
