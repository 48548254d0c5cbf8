"""Thresholds of a model's tasks, fitted to rows with labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.data import Mixture, Split
from keras_mtl.tasks import Task
from keras_mtl.training.scoring import Scoring


def fit_thresholds(
    model: Any,
    rows: Mixture | Split,
    tasks: str | Sequence[str] | None = None,
    default: float | None = None,
) -> None:
    """Give a model tasks with fitted thresholds; see `MultiTaskModel.fit_thresholds`."""
    chosen = _chosen(model.tasks, tasks)
    splits, feeds = _fed(rows, chosen)
    predicted = {
        name: model.predict(split, verbose=0)
        for name, split in splits.items()
        if any(task.name in feeds[name] for task in chosen)
    }
    fitted = {}
    for task in chosen:
        parts = [
            _labelled(task, splits[name], one[task.name])
            for name, one in predicted.items()
            if task.name in feeds[name]
        ]
        labels, given = (np.concatenate(one) for one in zip(*parts, strict=True))
        if not len(labels):
            raise ValueError(
                f"The rows that thresholds are fitted to must have labels of task {task.name!r}. "
                f"Received: none, in {', '.join(map(repr, predicted))}."
            )
        fitted[task.name] = task.with_fitted_thresholds(labels, given, default)
    replace_tasks(model, tuple(fitted.get(task.name, task) for task in model.tasks))


def replace_tasks(model: Any, tasks: tuple[Task, ...]) -> None:
    """Give a model tasks that differ from its own in what is predicted of their scores alone."""
    model.tasks = tasks
    if model.settings is None:
        return
    given, variables = model._compile_arguments, len(model.settings.trained)
    with model.adapter.scope(model):
        scoring = Scoring(tasks, given["loss"], given["metrics"], variables)
    model.settings.scoring = scoring
    # Compiled steps count into the metrics that there were.
    model.train_function = model.test_function = None


def _chosen(tasks: Sequence[Task], names: str | Sequence[str] | None) -> list[Task]:
    """The tasks to fit: those named, or all that have thresholds."""
    able = [task for task in tasks if task.has_thresholds]
    if names is None and able:
        return able
    wanted = [names] if isinstance(names, str) else list(names or ())
    unable = sorted(set(wanted) - {task.name for task in able})
    if unable or not wanted:
        raise ValueError(
            "`tasks` of fit_thresholds must name tasks of the model that have thresholds, such as "
            f"of kind `multilabel`. Received: {unable or 'none'}. Those that have: "
            f"{[task.name for task in able] or 'none'}."
        )
    return [task for task in able if task.name in wanted]


def _fed(
    rows: Any, tasks: Sequence[Task]
) -> tuple[Mapping[str, Split], Mapping[str, Sequence[str]]]:
    """The splits, and which of the tasks each has labels for."""
    if isinstance(rows, Split):
        return {rows.name: rows}, {rows.name: [task.name for task in tasks]}
    if not isinstance(rows, Mixture):
        raise TypeError(
            "`rows` of fit_thresholds must be a Split or a Mixture with labels, such as the "
            f"validation rows. Received: {rows!r:.80} of type {type(rows).__name__}."
        )
    fed = {name for names in rows.tasks.values() for name in names}
    missing = [task.name for task in tasks if task.name not in fed]
    if missing:
        raise ValueError(
            f"The mixture that thresholds are fitted to must feed each of their tasks. Received: "
            f"{rows!r}, without {missing}. Name the tasks it feeds: tasks=[...]."
        )
    return rows.splits, rows.tasks


def _labelled(task: Task, split: Split, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels of the labelled rows of a split, and what was predicted of them."""
    labels, weights = task.encode(split[task.column], f"{split.name!r}, column {task.column!r}")
    return labels[weights > 0], predicted[weights > 0]
