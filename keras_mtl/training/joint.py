"""Many tasks alike, scored in one go.

Sixty tasks of a few rows each would be sixty times all the small operations of a loss and of its
metrics: more than the work on the rows. Those of tasks alike are done once, for all their rows.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task
from keras_mtl.tasks.f1 import F1Score

# Fewer are scored one by one.
_LEAST_TASKS = 4


class Joined(NamedTuple):
    """Rows of all tasks of a group, one behind the other.

    `owners` is the place in the group of the task of each row, `(N,)`.
    """

    labels: Any
    scores: Any
    prediction: Any
    weights: Any
    owners: Any


def groups_of(tasks: Sequence[Task], own: Mapping[str, Any]) -> list[tuple[Task, ...]]:
    """Tasks that differ in name and column alone, where there are several.

    Args:
        tasks: All tasks of the model.
        own: Names of tasks with a loss or metrics that the user gave.
    """
    kinds: list[tuple[Task, list[Task]]] = []
    for task in tasks:
        if task.name in own or not task.joins:
            continue
        kind = dataclasses.replace(task, name="alike", column="alike")
        found = next((group for other, group in kinds if other == kind), None)
        if found is None:
            kinds.append((kind, [task]))
        else:
            found.append(task)
    return [tuple(group) for _, group in kinds if len(group) >= _LEAST_TASKS]


def join(group: Sequence[Task], scored: Mapping[str, Sequence[Any]]) -> Joined | None:
    """The rows of a group of tasks, or `None` if a batch has none."""
    parts = [(place, one) for place, task in enumerate(group) for one in scored[task.name]]
    if not parts:
        return None
    labels, scores, prediction, weights = (
        ops.concatenate([one[part] for _, one in parts]) for part in range(4)
    )
    rows = [one.weights.shape[0] for _, one in parts]
    if None in rows:
        like = [ops.full_like(ops.cast(one.weights, "int32"), place) for place, one in parts]
        owners = ops.concatenate(like)
    else:
        owners = ops.convert_to_tensor(np.repeat([place for place, _ in parts], rows), "int32")
    return Joined(labels, scores, prediction, weights, owners)


def sums_by_owner(values: Sequence[Any], owners: Any, tasks: int) -> list[Any]:
    """The sums of values `(N,)` over the rows of each task, `(tasks,)` each."""
    own = ops.equal(ops.expand_dims(ops.arange(tasks, dtype="int32"), 1), owners)
    # Not a product: of a loss that is not finite, others would get their part.
    return [ops.sum(ops.where(own, ops.expand_dims(one, 0), 0.0), axis=1) for one in values]


def counted(metric: keras.metrics.Metric) -> bool:
    """Whether a metric can be told from the counts of classes."""
    return type(metric) in (F1Score, keras.metrics.SparseCategoricalAccuracy)


class JointCounts(keras.metrics.Metric):
    """Counts of the classes of several tasks, from which their accuracy and F1 are told.

    Variables, `(tasks, num_classes)` each: `hits`, rows with the label that were predicted
    right; `actual`, rows with it; and `predicted`, rows predicted as it.

    Args:
        names: Names of the tasks.
        metrics: One of each kind of metric that is told.
        num_classes: How many classes each task has.
    """

    def __init__(
        self, names: Sequence[str], metrics: Sequence[keras.metrics.Metric], num_classes: int
    ) -> None:
        super().__init__(name=f"{names[0]}_and_alike", dtype=loss_dtype())
        self.names, self.told, self.num_classes = tuple(names), tuple(metrics), num_classes
        shape = (len(self.names), num_classes)
        self.hits, self.actual, self.predicted = (
            self.add_variable(shape, initializer="zeros", name=name)
            for name in ("hits", "actual", "predicted")
        )

    def update_state(self, labels: Any, prediction: Any, labelled: Any, owners: Any) -> None:
        """Count rows `(N, ...)`; `owners` `(N,)` are the places of their tasks."""
        of_task = ops.one_hot(owners, len(self.names), axis=0, dtype=self.dtype)
        of_task = of_task * ops.expand_dims(ops.cast(labelled, self.dtype), 0)
        actual = ops.one_hot(ops.cast(labels, "int32"), self.num_classes, dtype=self.dtype)
        found = ops.argmax(prediction, axis=-1)
        predicted = ops.one_hot(found, self.num_classes, dtype=self.dtype)
        # Products of 0 and 1, exact on every device.
        self.hits.assign_add(ops.matmul(of_task, actual * predicted))
        self.actual.assign_add(ops.matmul(of_task, actual))
        self.predicted.assign_add(ops.matmul(of_task, predicted))

    def result(self) -> dict[str, Any]:
        """Metric name to the figures of the tasks, `(tasks,)`."""
        counts = [one + 0.0 for one in (self.hits, self.actual, self.predicted)]
        found = {}
        for metric in self.told:
            if isinstance(metric, F1Score):
                found[metric.name] = metric.of_counts(*counts)
            else:
                rows = ops.sum(counts[1], axis=-1)
                found[metric.name] = ops.sum(counts[0], axis=-1) / ops.maximum(rows, 1.0)
        return found
