"""Scores of a model on a split of every dataset that has it, and where it went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.data import Dataset, Mixture, Split
from keras_mtl.data.mixing.labels import encode_labels
from keras_mtl.data.mixing.stream import Batch, encode_stream
from keras_mtl.data.mixing.tags import encode_tags
from keras_mtl.data.text.reading import shown
from keras_mtl.missing import is_missing
from keras_mtl.model import MultiTaskModel
from keras_mtl.reports import review_json
from keras_mtl.runs.recording import finite
from keras_mtl.tasks import Task


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
    # A mixture would have to feed every task; rows in memory may leave some without labels.
    x, labels, weights = _plain(model, rows, feeds)
    found = model.evaluate(
        x, labels, mixture.batch_size, sample_weight=weights, return_dict=True, verbose=0
    )
    return dict(found)


def _plain(
    model: MultiTaskModel, rows: Mapping[str, Split], feeds: Mapping[str, Any]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The rows of all streams as one set of arrays: inputs, labels, weights.

    A task without labels in any of them is left out.
    """
    of_words = any(task.of_words for task in model.tasks)
    tasks = {task.name: task for task in model.tasks}
    streams = [
        encode_stream(
            name, split, model.preprocessor, [tasks[one] for one in feeds[name]], of_words
        )
        for name, split in rows.items()
    ]
    width = max(1, *(int(stream.lengths.max(initial=1)) for stream in streams))
    taken = [stream.take(np.arange(len(stream)), width) for stream in streams]
    x = {name: np.concatenate([part[0][name] for part in taken]) for name in taken[0][0]}
    fed = {name for tasks in feeds.values() for name in tasks}
    labels, weights = (
        {
            task: np.concatenate([_or_blank(part, place, task, taken) for part in taken])
            for task in fed
        }
        for place in (1, 2)
    )
    return x, labels, weights


def _or_blank(part: Batch, place: int, task: str, others: Sequence[Batch]) -> np.ndarray:
    """A stream's labels or weights of a task; zeros where it does not feed the task."""
    if task in part[place]:
        return part[place][task]
    like = next(one[place][task] for one in others if task in one[place])
    rows = len(next(iter(part[0].values())))
    return np.zeros((rows, *like.shape[1:]), like.dtype)


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
    predicted = {name: model.predict(split, verbose=0) for name, split in rows.items()}
    found = {}
    for task in model.tasks:
        streams = [name for name in rows if task.name in feeds[name]]
        if task.name not in fed:
            continue
        encoded = [_encoded(task, rows[name]) for name in streams]
        review = task.review(
            _joined([labels for labels, _ in encoded]),
            _joined([weights for _, weights in encoded]),
            _stacked([predicted[name][task.name] for name in streams], task.of_words),
        )
        texts = [shown(row) for name in streams for row in rows[name].inputs_for(task.reads)]
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
    return np.concatenate(parts)


def _stacked(parts: Sequence[np.ndarray], of_words: bool) -> np.ndarray:
    """Predictions of several streams; those of words padded with 0 to the widest."""
    if not of_words:
        return np.concatenate(parts)
    width = max(part.shape[1] for part in parts)
    pads = [[(0, 0), (0, width - one.shape[1])] + [(0, 0)] * (one.ndim - 2) for one in parts]
    return np.concatenate([np.pad(part, pad) for part, pad in zip(parts, pads, strict=True)])
