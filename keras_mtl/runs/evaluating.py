"""Scores of a model on a split of every dataset that has it, and where it went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_mtl.data import Dataset, Mixture, Split
from keras_mtl.model import MultiTaskModel
from keras_mtl.reports import review_json
from keras_mtl.runs.recording import finite


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
    texts = [text for split in rows.values() for text in split.texts]
    labels = {
        task.name: [
            label
            for name, split in rows.items()
            for label in (split[task.column] if task.name in feeds[name] else [None] * len(split))
        ]
        for task in model.tasks
    }
    found = model.evaluate(texts, labels, mixture.batch_size, return_dict=True, verbose=0)
    return dict(found)


def _labelled(
    model: MultiTaskModel, rows: Mapping[str, Split], feeds: Mapping[str, Any]
) -> set[str]:
    """Tasks with a label in these rows; the figures of others would be zeros of nothing."""
    return {
        task.name
        for task in model.tasks
        if any(
            label is not None
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
        encoded = [
            task.encode(rows[name][task.column], f"{rows[name].name!r}, column {task.column!r}")
            for name in streams
        ]
        review = task.review(
            np.concatenate([labels for labels, _ in encoded]),
            np.concatenate([weights for _, weights in encoded]),
            np.concatenate([predicted[name][task.name] for name in streams]),
        )
        texts = [text for name in streams for text in rows[name].texts]
        found[task.name] = review_json(review, texts)
    return found
