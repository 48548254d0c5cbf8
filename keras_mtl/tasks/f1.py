"""F1 over classes, for labels given as numbers."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_mtl")
class F1Score(keras.metrics.Metric):
    """F1 of the most probable class, as scikit-learn counts it.

    A class that occurs neither among the labels nor among the predictions takes no part in
    the macro mean. The counts are exact over all rows and replicas, not a mean over batches.

    Args:
        num_classes: How many classes there are.
        average: `"macro"` (every class counts alike) or `"weighted"` (by its rows).

    Call arguments:
        y_true: `(B,)` class numbers.
        y_pred: `(B, num_classes)` probabilities or scores.
        sample_weight: `(B,)`, how much a row counts.

    Raises:
        ValueError: If `average` is neither of the two.
    """

    def __init__(self, num_classes: int, average: str = "macro", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if average not in ("macro", "weighted"):
            raise ValueError(
                f"`average` of an F1Score must be 'macro' or 'weighted'. Received: {average=}."
            )
        self.num_classes = num_classes
        self.average = average
        self._direction = "up"  # Keras's word for: more is better.
        self.hits = self._counter("hits")
        self.actual = self._counter("actual")
        self.predicted = self._counter("predicted")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        actual = ops.one_hot(ops.cast(y_true, "int32"), self.num_classes, dtype=self.dtype)
        predicted = ops.one_hot(ops.argmax(y_pred, axis=-1), self.num_classes, dtype=self.dtype)
        weight = 1.0 if sample_weight is None else ops.expand_dims(sample_weight, -1)
        weight = ops.cast(weight, self.dtype)
        self.hits.assign_add(ops.sum(weight * actual * predicted, axis=0))
        self.actual.assign_add(ops.sum(weight * actual, axis=0))
        self.predicted.assign_add(ops.sum(weight * predicted, axis=0))

    def result(self) -> Any:
        return self.of_counts(self.hits + 0.0, self.actual + 0.0, self.predicted + 0.0)

    def of_counts(self, hits: Any, actual: Any, predicted: Any) -> Any:
        """The mean over classes of counts `(..., num_classes)`, `(...)`.

        Args:
            hits: Rows of the class that were predicted as it.
            actual: Rows of the class.
            predicted: Rows predicted as it.
        """
        occurring = actual + predicted
        scores = 2.0 * hits / ops.where(occurring > 0, occurring, 1.0)
        counts = actual if self.average == "weighted" else occurring > 0
        weights = ops.cast(counts, self.dtype)
        total = ops.sum(scores * weights, axis=-1)
        return total / ops.maximum(ops.sum(weights, axis=-1), 1e-12)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "average": self.average,
        }

    def _counter(self, name: str) -> Any:
        return self.add_variable((self.num_classes,), initializer="zeros", name=name)
