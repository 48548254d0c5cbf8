"""Accuracy and F1 of tasks of classes, told from what is counted once."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks.f1 import F1Score


def counted(metric: keras.metrics.Metric) -> bool:
    """Whether a metric can be told from the counts of classes."""
    return type(metric) in (F1Score, keras.metrics.SparseCategoricalAccuracy)


class ClassCounts(keras.metrics.Metric):
    """Counts of the classes of one task, or of several alike, that tell their accuracy and F1.

    Variable `counts`, `(tasks, 3 * num_classes)`: rows with the label of a class that were
    predicted right, rows with it, and rows predicted as it.

    Args:
        names: Names of the tasks.
        metrics: One of each kind of metric that is told.
        num_classes: How many classes each task has.
    """

    def __init__(
        self, names: Sequence[str], metrics: Sequence[keras.metrics.Metric], num_classes: int
    ) -> None:
        super().__init__(name=f"{names[0]}_classes", dtype=loss_dtype())
        self.names, self.told, self.num_classes = tuple(names), tuple(metrics), num_classes
        shape = (len(self.names), 3 * num_classes)
        self.counts = self.add_variable(shape, initializer="zeros", name="counts")

    def update_state(self, labels: Any, prediction: Any, labelled: Any, owners: Any = None) -> None:
        """Count rows.

        Args:
            labels: `(N,)` class numbers.
            prediction: `(N, num_classes)`.
            labelled: `(N,)`, 1 for each row that counts, 0 for the others.
            owners: `(N,)`, the place of the task of each row; of one task `None`.
        """
        of_task = ops.expand_dims(labelled, 0)
        if owners is not None:
            of_task = of_task * ops.one_hot(owners, len(self.names), axis=0, dtype=self.dtype)
        actual = ops.one_hot(ops.cast(labels, "int32"), self.num_classes, dtype=self.dtype)
        found = ops.argmax(prediction, axis=-1)
        predicted = ops.one_hot(found, self.num_classes, dtype=self.dtype)
        rows = ops.concatenate([actual * predicted, actual, predicted], axis=1)
        self.counts.assign_add(ops.matmul(of_task, rows))  # Products of 0 and 1, exact anywhere.

    def result(self) -> dict[str, Any]:
        """Metric name to the figures of the tasks, `(tasks,)`."""
        hits, actual, predicted = ops.split(self.counts.value, 3, axis=1)
        found = {}
        for metric in self.told:
            if isinstance(metric, F1Score):
                found[metric.name] = metric.of_counts(hits, actual, predicted)
            else:
                rows = ops.sum(actual, axis=-1)
                found[metric.name] = ops.sum(hits, axis=-1) / ops.maximum(rows, 1.0)
        return found
