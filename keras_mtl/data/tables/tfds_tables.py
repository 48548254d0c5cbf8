"""Datasets of TensorFlow Datasets as tables: their splits, columns and class names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.data.tables.table_arguments import TableRequest
from keras_mtl.data.tables.table_columns import Place
from keras_mtl.data.tables.tables import Rows, Table, Tables, read_tables
from keras_mtl.data.tables.text_files import FilePath, missing_column
from keras_mtl.data.tables.tfds_builder import prepared_builder

PARTS = ("train", "validation", "test")

# Turns the value of a column in a row, counted from 0, into what text and label columns take.
Converter = Callable[[Any, int], Any]


def read_tfds(
    request: TableRequest,
    splits: Mapping[str, str | None] | None,
    data_dir: FilePath | None,
    download: bool,
) -> Tables:
    """Read the splits of a dataset of TensorFlow Datasets.

    Args:
        request: Which columns are wanted, and what becomes of nulls; its name is the dataset's.
        splits: Train, validation or test to a split of the dataset, or to `None` for none; those
            left out are the splits of these names.
        data_dir: The folder of prepared datasets, or `None` for the usual one.
        download: Whether to download and prepare what is not there.

    Raises:
        ValueError: If a split, a column, or a text or label is not as it must be; the message
            names the split and the row, counted from 0.
        FileNotFoundError: If the dataset is not there and cannot be downloaded.
    """
    check_splits(splits, request.name)
    builder = prepared_builder(request.name, data_dir, download)
    features = _features(builder, request)
    chosen = _chosen(builder, splits or {}, request.name)
    names = {
        column: _class_names(features[column]) if given is None else given
        for column, given in request.labels.items()
    }
    tables = {}
    for part, split in chosen.items():
        leave = f", or splits={{{part!r}: None}} to leave the split out" if part != "train" else ""
        place = Place(f"{request.name} {split}", "row", f"{leave}; a class of -1 is a null")
        tables[part] = Table(place, partial(_rows, builder, split, features, place.name))
    return read_tables(replace(request, labels=names), tables)


def check_splits(splits: object, name: str) -> None:
    """Check which splits are asked for.

    Raises:
        ValueError: If it is neither `None` nor a mapping from parts to splits or `None`.
    """
    if splits is None:
        return
    whose = f"`splits` of dataset {name!r}"
    example = "{'train': 'train[:80%]', 'validation': 'train[80%:]', 'test': None}"
    if not isinstance(splits, Mapping):
        raise ValueError(
            f"{whose} must be a mapping such as {example}. Received: splits={splits!r:.60}. "
            "Leave it out (None) for the splits of these names."
        )
    for part, split in splits.items():
        if part not in PARTS:
            raise ValueError(
                f"{whose} must map {', '.join(PARTS)} to splits of the dataset. Received: "
                f"{part!r}. {nearest(str(part), PARTS)}Write it as in {example}."
            )
        if not isinstance(split, str) and (split is not None or part == "train"):
            none = "" if part == "train" else ", or None to leave it out"
            raise ValueError(
                f"{whose} must map {part!r} to the name of a split{none}. Received: {split!r}. "
                f"Write it as in {example}."
            )


def _chosen(builder: Any, splits: Mapping[str, str | None], name: str) -> dict[str, str]:
    """Return the split of the dataset for each part, train first."""
    there = list(builder.info.splits)
    if "train" not in there and "train" not in splits:
        raise ValueError(
            f"`splits` of dataset {name!r} must name the split to train on where none is called "
            f"train. Received: the splits {listed(there)}. Pass splits={{'train': {there[0]!r}}}."
        )
    wanted = {part: splits.get(part, part if part in there else None) for part in PARTS}
    chosen = {part: split for part, split in wanted.items() if split is not None}
    for part, split in chosen.items():
        try:
            rows = builder.info.splits[split].num_examples
        # What is wrong with a split such as 'train[:80' is told by errors of many types.
        except Exception as error:
            raise ValueError(
                f"`splits[{part!r}]` of dataset {name!r} must be one of its splits "
                f"({listed(there)}), or a part of one such as 'train[:80%]'. Received: {split!r}. "
                f"{nearest(split, there)}".rstrip()
            ) from error
        if not rows:
            raise ValueError(
                f"`splits[{part!r}]` of dataset {name!r} must hold rows. Received: {split!r}, "
                "which holds none. Take a larger part."
            )
    return chosen


def _features(builder: Any, request: TableRequest) -> dict[str, Any]:
    """Return the features of the columns that are asked for."""
    features = builder.info.features
    known = {name: features[name] for name in sorted(getattr(features, "keys", tuple)())}
    kept = request.kept.values()
    wanted = [*request.texts.values(), *request.labels, *request.scores, *kept]
    for column in wanted:
        if column not in known:
            raise missing_column(request.name, column, known)
    return {column: known[column] for column in wanted}


def _class_names(feature: Any) -> tuple[str, ...] | None:
    """Return the names of a ClassLabel, or of a sequence of them; `None` for anything else."""
    import tensorflow_datasets as tfds

    each = getattr(feature, "feature", feature)
    named = isinstance(each, tfds.features.ClassLabel) and each.num_classes
    return tuple(each.names) if named else None


def _rows(
    builder: Any, split: str, features: Mapping[str, Any], where: str, columns: Sequence[str]
) -> Rows:
    """Read some columns of a split row by row."""
    converters = {column: _converter(features[column], column, where) for column in columns}
    for number, example in enumerate(_examples(builder, split, where)):
        yield number, [convert(example[name], number) for name, convert in converters.items()]


def _examples(builder: Any, split: str, where: str) -> Iterator[Mapping[str, Any]]:
    import tensorflow_datasets as tfds

    # Read once, and in the order of the files: the same rows in the same order everywhere.
    config = tfds.ReadConfig(try_autocache=False)
    try:
        data = builder.as_dataset(split=split, shuffle_files=False, read_config=config)
        yield from tfds.as_numpy(data)
    # Damaged files are errors of TensorFlow, of many types.
    except Exception as error:
        raise ValueError(
            f"'{where}' must be readable by TensorFlow Datasets. Received: {str(error):.200} "
            f"({type(error).__name__}). Remove '{builder.data_path}' and prepare it again."
        ) from error


def _converter(feature: Any, column: str, where: str) -> Converter:
    names = _class_names(feature)

    def convert(value: Any, row: int) -> Any:
        if isinstance(value, np.ndarray):
            return [convert(one, row) for one in value]
        if isinstance(value, bytes):
            return _decoded(value, row, f"Column {column!r} of '{where}'")
        number = value.item() if isinstance(value, np.generic) else value
        if names is None:
            return number
        return names[number] if number >= 0 else None

    return convert


def _decoded(value: bytes, row: int, where: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        before = value[max(0, error.start - 20) : error.start].decode(errors="replace")
        raise ValueError(
            f"{where} must be UTF-8 text. Received: the byte 0x{value[error.start]:x} in row "
            f"{row}, after {before!r}. Mend the text where the dataset is made."
        ) from error
