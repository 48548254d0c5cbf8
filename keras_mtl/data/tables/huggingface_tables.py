"""Datasets of the library `datasets` of Hugging Face as tables: splits, columns, class names.

The library is not imported: its objects are known by what they have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from keras_mtl.data.datasets.label_space import listed
from keras_mtl.data.tables.table_arguments import TableRequest
from keras_mtl.data.tables.table_columns import Place
from keras_mtl.data.tables.tables import Rows, Table, Tables, read_tables
from keras_mtl.data.tables.text_files import missing_column

PARTS = ("train", "validation", "test")
# Rows that are read at once: the library reads many as fast as one.
_ROWS = 1000

# Turns the value of a column in a row, counted from 0, into what text and label columns take.
Converter = Callable[[Any, int], Any]


def checked_splits(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the objects of train, validation and test, as far as there are any.

    Args:
        name: The dataset, for messages.
        given: What was given for each; train may be a mapping of all of them.

    Raises:
        ValueError: If one is no such object, or there is none for train.
    """
    whole = given["train"]
    splits = {part: split for part, split in given.items() if split is not None or part == "train"}
    if isinstance(whole, Mapping):
        if len(splits) > 1:
            raise ValueError(
                f"`{list(splits)[1]}` of dataset {name!r} must be left out where `train` holds "
                f"splits of its own ({listed(whole)}). Received: both. Pass train=data['train']."
            )
        if "train" not in whole:
            raise ValueError(
                f"`train` of dataset {name!r} must hold a split called 'train'. Received: the "
                f"splits {listed(whole) or '(none)'}. Pass the split itself, train=data[...]; for "
                "columns that are lists use Dataset.from_arrays."
            )
        splits = {part: whole[part] for part in PARTS if part in whole}
    for part, split in splits.items():
        _check_split(name, part, split)
    return splits


def _check_split(name: str, part: str, split: Any) -> None:
    needed = ("features", "column_names", "__getitem__", "__len__")
    if all(hasattr(split, one) for one in needed) and isinstance(split.features, Mapping):
        return
    kind = type(split).__name__
    streamed = "Iterable" in kind
    fix = "Load it without streaming." if streamed else "For lists use Dataset.from_arrays."
    raise ValueError(
        f"`{part}` of dataset {name!r} must be a Dataset of the library `datasets`, or for all "
        f"splits a DatasetDict. Received: {kind}. {fix}"
    )


def read_huggingface(request: TableRequest, splits: Mapping[str, Any]) -> Tables:
    """Read the splits of a dataset.

    Args:
        request: Which columns are wanted, and what becomes of nulls.
        splits: As `checked_splits` returns them.

    Raises:
        ValueError: If a column is not there, splits differ in their classes, or a text or label
            is not as it must be; the message names the split and the row, counted from 0.
    """
    wanted = [*request.texts.values(), *request.labels, *request.kept.values()]
    for part, split in splits.items():
        for column in wanted:
            if column not in split.features:
                raise missing_column(f"{request.name} {part}", column, split.column_names)
    names = {
        column: _shared_names(request.name, column, splits) if given is None else given
        for column, given in request.labels.items()
    }
    tables = {}
    for part, split in splits.items():
        leave = ", or leave the split out" if part != "train" else ""
        place = Place(f"{request.name} {part}", "row", f"{leave}; a class of -1 is a null")
        tables[part] = Table(place, partial(_rows, split, place.name))
    return read_tables(replace(request, labels=names), tables)


def _class_names(feature: Any) -> tuple[str, ...] | None:
    """Return the names of a ClassLabel, or of a list of them; `None` for anything else."""
    if isinstance(feature, list) and len(feature) == 1:
        feature = feature[0]  # How a list of something may be written, too.
    each = getattr(feature, "feature", feature)
    names = getattr(each, "names", None)
    return tuple(names) if names and all(isinstance(name, str) for name in names) else None


def _shared_names(name: str, column: str, splits: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the class names of train, which are those of the others, in whatever order."""
    found = {part: _class_names(split.features[column]) for part, split in splits.items()}
    train = found["train"]
    for part, names in found.items():
        if set(names or ()) != set(train or ()):
            raise ValueError(
                f"Column {column!r} of dataset {name!r} must have the same classes in every "
                f"split. Received: {_shown(train)} in train, {_shown(names)} in {part}. Name "
                f"those of all splits: labels={{{column!r}: [...]}}."
            )
    return train


def _shown(names: Sequence[str] | None) -> str:
    return listed(names) if names else "no class names"


def _rows(split: Any, where: str, columns: Sequence[str]) -> Rows:
    """Read some columns of a split row by row."""
    # Columns that are not asked for, such as images, may need much to be decoded.
    chosen = split.select_columns(list(columns)) if hasattr(split, "select_columns") else split
    converters = [_converter(split.features[column], column, where) for column in columns]
    for start in range(0, len(split), _ROWS):
        batch = chosen[start : start + _ROWS]
        rows = zip(*(batch[column] for column in columns), strict=True)
        for number, values in enumerate(rows, start=start):
            pairs = zip(converters, values, strict=True)
            yield number, [convert(value, number) for convert, value in pairs]


def _converter(feature: Any, column: str, where: str) -> Converter:
    names = _class_names(feature)

    def convert(value: Any, row: int) -> Any:
        # Arrays and tensors, where the dataset has a format of its own.
        value = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(value, list | tuple):
            return [convert(one, row) for one in value]
        if names is None or not isinstance(value, int):
            return value
        if not -1 <= value < len(names):
            raise ValueError(
                f"Column {column!r} of '{where}' must hold classes from 0 to {len(names) - 1}, or "
                f"-1 for none. Received: {value} in row {row}. Mend the row."
            )
        return names[value] if value >= 0 else None

    return convert
