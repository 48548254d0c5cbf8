"""Tasks of a run file that are made from a column: one task and one stream for each value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from keras_mtl.config import ConfigError, RunConfig
from keras_mtl.config.run_config import TaskSection
from keras_mtl.data import Dataset
from keras_mtl.runs.sections import section


def with_parts(
    config: RunConfig, datasets: Mapping[str, Dataset]
) -> tuple[RunConfig, dict[str, Dataset]]:
    """A configuration with a section for each task of a column, and the parts of its datasets.

    The parts take the place of the dataset, named `<dataset>_<value>`; a task `tone` with
    `tasks_from` becomes the tasks `tone_<value>`. Tasks without it read all parts of a dataset
    that is cut for another.

    Raises:
        ConfigError: If a column cannot be cut by, two tasks cut one dataset by different columns,
            or a name is taken.
    """
    columns: dict[str, str] = {}
    parts: dict[str, dict[str, Dataset]] = {}
    for name, task in config.tasks.items():
        if task.tasks_from is None:
            continue
        with section(config, ("tasks", name, "tasks_from")):
            for data in task.data:
                if columns.setdefault(data, task.tasks_from) != task.tasks_from:
                    raise ConfigError(
                        f"`tasks_from` of tasks that share dataset {data!r} must be one column. "
                        f"Received: {columns[data]!r} and {task.tasks_from!r}. Give one of them a "
                        "dataset of its own: the same files under another name."
                    )
                if data not in parts:
                    cut = datasets[data].by_column(task.tasks_from)
                    parts[data] = {f"{data}_{value}": one for value, one in cut.items()}
                    _check_free(parts, datasets)
    if not parts:
        return config, dict(datasets)
    tasks: dict[str, TaskSection] = {}
    for name, task in config.tasks.items():
        with section(config, ("tasks", name)):
            for one, own in _sections(name, task, parts).items():
                if one in tasks or one != name and one in config.tasks:
                    raise ConfigError(
                        f"Each task must have a name of its own. Received: {one!r} twice, as one "
                        f"of those made from {task.tasks_from!r}. Rename a task."
                    )
                tasks[one] = own
    found = {
        name: one
        for data, dataset in datasets.items()
        for name, one in parts.get(data, {data: dataset}).items()
    }
    return dataclasses.replace(config, tasks=tasks), found


def _sections(
    name: str, task: TaskSection, parts: Mapping[str, Mapping[str, Dataset]]
) -> dict[str, TaskSection]:
    """The sections that one section stands for, by task name."""
    if task.tasks_from is None:
        everything = [part for data in task.data for part in parts.get(data, (data,))]
        return {name: dataclasses.replace(task, data=tuple(everything))}
    by_value: dict[str, list[str]] = {}
    for data in task.data:
        for part in parts[data]:
            by_value.setdefault(part.removeprefix(f"{data}_"), []).append(part)
    return {
        f"{name}_{value}": dataclasses.replace(task, data=tuple(data), tasks_from=None)
        for value, data in by_value.items()
    }


def _check_free(
    parts: Mapping[str, Mapping[str, Dataset]], datasets: Mapping[str, Dataset]
) -> None:
    names = [*datasets, *(one for of_data in parts.values() for one in of_data)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            "Each part of a dataset must have a name that no dataset has. Received twice: "
            f"{', '.join(map(repr, twice))}. Rename a dataset."
        )
