"""Scores of a model on a split of every dataset that has it, and where it went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.data import Dataset, Mixture, Split
from keras_mtl.data.mixing.labels import encode_labels
from keras_mtl.data.mixing.tags import encode_tags
from keras_mtl.data.text.reading import shown
from keras_mtl.heads import NEVER
from keras_mtl.missing import is_missing
from keras_mtl.model import MultiTaskModel
from keras_mtl.reports import review_json
from keras_mtl.runs.recording import finite
from keras_mtl.tasks import ABSENT, Task
from keras_mtl.training.checks import some_unlabelled


def evaluate_split(
    model: MultiTaskModel, datasets: Mapping[str, Dataset], mixture: Mixture, split: str
) -> dict[str, Any]:
    """Score a model.

    Args:
        model: Compiled.
        datasets: By stream name.
        mixture: Streams and their tasks; its own rows are not looked at.
        split: `"train"`, `"validation"` or `"test"`; datasets without it are left out, and
            with them the tasks that only they feed.

    Returns:
        `{"logs": log name to figure, "tasks": task name to review}`, as JSON holds them. `loss`
        is there if every task is.
    """
    rows = {name: one.splits[split] for name, one in datasets.items() if split in one.splits}
    if not rows:
        return {"logs": {}, "tasks": {}}
    feeds = {name: mixture.tasks[name] for name in rows}
    with some_unlabelled():
        logs = _logs(model, rows, feeds, mixture)
    fed = _labelled(model, rows, feeds)
    kept = [name for name in logs if _belongs(name, model, fed)]
    return {
        "logs": {name: finite(logs[name]) for name in kept},
        "tasks": _reviews(model, rows, feeds, fed),
    }


def _logs(
    model: MultiTaskModel, rows: Mapping[str, Split], feeds: Mapping[str, Any], mixture: Mixture
) -> dict[str, Any]:
    if set(rows) == set(mixture.splits):
        found = model.evaluate(mixture.like(**rows), return_dict=True, verbose=0)
        return dict(found)
    # Of the other datasets there is nothing to count, nor of the tasks that only they feed.
    part = Mixture(
        rows,
        feeds,
        batch_size=max(mixture.batch_size, len(rows)),
        length_classes=mixture.length_classes,
    )
    fed = {name for names in feeds.values() for name in names}
    tasks = [task for task in model.tasks if task.name in fed]
    batches = part.evaluation_batches(model.preprocessor, tasks, model.replicas)
    data = model.adapter.evaluation_input(batches)
    return dict(model.evaluate(data, return_dict=True, verbose=0))


def _labelled(
    model: MultiTaskModel, rows: Mapping[str, Split], feeds: Mapping[str, Any]
) -> set[str]:
    """Tasks with a label in these rows; the figures of others would be zeros of nothing."""
    return {
        task.name
        for task in model.tasks
        if any(
            not is_missing(label)
            for name in rows
            if task.name in feeds[name]
            for label in rows[name][task.column]
        )
    }


def _belongs(log: str, model: MultiTaskModel, fed: set[str]) -> bool:
    if log == "loss":
        return len(fed) == len(model.tasks)
    metrics = model.settings.scoring.metrics
    return any(
        log in {f"{task}_loss", *(f"{task}_{metric.name}" for metric in metrics[task])}
        for task in fed
    )


def _reviews(
    model: MultiTaskModel, rows: Mapping[str, Split], feeds: Mapping[str, Any], fed: set[str]
) -> dict[str, Any]:
    """A review of each task over all rows that feed it."""
    reads = {task.name: task.reads for task in model.tasks}
    given = {name: one.inputs_for(reads[feeds[name][0]]) for name, one in rows.items()}
    predicted = {name: model.predict(list(one), verbose=0) for name, one in given.items()}
    found = {}
    for task in model.tasks:
        streams = [name for name in rows if task.name in feeds[name]]
        if task.name not in fed:
            continue
        encoded = [_encoded(task, rows[name]) for name in streams]
        review = task.review(
            _joined([labels for labels, _ in encoded]),
            _joined([weights for _, weights in encoded]),
            _stacked(task, [predicted[name][task.name] for name in streams]),
        )
        texts = [shown(row) for name in streams for row in given[name]]
        found[task.name] = review_json(review, texts)
    return found


def _encoded(task: Task, split: Split) -> tuple[Any, Any]:
    """All labels of a split, those of words that the model does not read too."""
    where = f"{split.name!r}, column {task.column!r}"
    given = split.inputs_for(task.reads)
    if task.of_words:
        return encode_tags(task, split[task.column], given, where)
    return encode_labels(task, split[task.column], given, where)


def _joined(parts: Sequence[Any]) -> Any:
    """Labels or weights of several streams: arrays, or lists of an array for each text."""
    if isinstance(parts[0], list):
        return [row for part in parts for row in part]
    return _of_one_width(parts, ABSENT) if parts[0].ndim > 1 else np.concatenate(parts)


def _stacked(task: Task, parts: Sequence[np.ndarray]) -> np.ndarray:
    """Predictions of several streams; those of words and of candidates filled up to the widest."""
    if task.of_words or task.reads == "candidates":
        return _of_one_width(parts, 0.0 if task.of_words else NEVER)
    return np.concatenate(parts)


def _of_one_width(parts: Sequence[np.ndarray], fill: float) -> np.ndarray:
    width = max(part.shape[1] for part in parts)
    pads = [[(0, 0), (0, width - one.shape[1])] + [(0, 0)] * (one.ndim - 2) for one in parts]
    filled = [
        np.pad(part, pad, constant_values=fill) for part, pad in zip(parts, pads, strict=True)
    ]
    return np.concatenate(filled)
