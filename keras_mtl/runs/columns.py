"""The columns of the datasets that tasks of a run read, and the labels in them."""

from __future__ import annotations

from collections.abc import Mapping

from keras_mtl.config import ConfigError
from keras_mtl.config.run_config import TaskSection
from keras_mtl.data import Dataset
from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.data.datasets.split import TEXT_COLUMNS


def label_column(name: str, task: TaskSection, datasets: Mapping[str, Dataset]) -> str:
    """The column that a task reads: the one given, that of its name, or the only one.

    Raises:
        ConfigError: If that is none, or it cannot be told.
    """
    found: dict[str, str] = {}
    for data in task.data:
        columns = list(datasets[data].labels)
        chosen = task.column or (name if name in columns else None)
        if chosen is None and len(columns) == 1:
            chosen = columns[0]
        if chosen not in columns:
            raise ConfigError(
                f"`column` must be a label column of dataset {data!r}: "
                f"{listed(columns) or 'none'}. Received: {chosen!r}. "
                f"{nearest(str(chosen), columns)}List it under `labels` of the dataset, too."
            )
        found[data] = str(chosen)
    return _one_column(found)


def score_column(name: str, task: TaskSection, datasets: Mapping[str, Dataset]) -> str:
    """The column of scores that a task reads, chosen as that of a task with some.

    Raises:
        ConfigError: If that is none, it cannot be told, or it holds label names.
    """
    found: dict[str, str] = {}
    for data in task.data:
        train, labels = datasets[data].train, datasets[data].labels
        columns = [one for one in train.columns if one not in {*TEXT_COLUMNS, *labels}]
        chosen = task.column or (name if name in columns else None)
        if chosen is None and len(columns) == 1:
            chosen = columns[0]
        if chosen not in columns:
            names = ", whose values are label names" if chosen in labels else ""
            raise ConfigError(
                f"`column` must be a column of dataset {data!r} that is neither text nor label: "
                f"{listed(columns) or 'none'}. Received: {chosen!r}{names}. "
                f"{nearest(str(chosen), columns)}List it under `scores` of the dataset."
            )
        found[data] = str(chosen)
    return _one_column(found)


def shared_labels(
    task: TaskSection, column: str, datasets: Mapping[str, Dataset]
) -> tuple[str, ...]:
    """The label names of a column, the same in all datasets of a task.

    Raises:
        ConfigError: If they are not.
    """
    first, *others = task.data
    labels = datasets[first].labels[column]
    for other in others:
        if datasets[other].labels[column] != labels:
            differing = sorted(set(labels) ^ set(datasets[other].labels[column]))
            raise ConfigError(
                f"The datasets of a task must have the same labels in the same order. Received: "
                f"{listed(labels)} in {first!r}, {listed(datasets[other].labels[column])} in "
                f"{other!r}; only in one of them: {listed(differing) or 'none'}. Write the names "
                f"under `labels` of both datasets: {{{column}: [...]}}."
            )
    return labels


def _one_column(found: Mapping[str, str]) -> str:
    if len(set(found.values())) > 1:
        raise ConfigError(
            f"`column` must be one column in all datasets of the task. Received: {found}. Rename "
            "it in the files of one of them."
        )
    return next(iter(found.values()))
