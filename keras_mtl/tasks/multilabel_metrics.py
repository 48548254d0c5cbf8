"""Scores of rows with several labels, given as rows of 0 and 1."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_mtl")
class MultilabelF1(keras.metrics.Metric):
    """F1 of the labels whose probability reaches a threshold, as scikit-learn counts it.

    The counts are exact over all rows and replicas, not a mean over batches. A label that occurs
    neither among the labels nor among the predictions takes no part in the macro mean
    (`zero_division=np.nan` of scikit-learn).

    Args:
        num_classes: How many labels there are.
        threshold: The probability from which on a label is predicted; one, or one per label.
        average: `"micro"` (over all labels of all rows together) or `"macro"` (the mean of the
            labels' F1).

    Call arguments:
        y_true: `(B, num_classes)` of 0 and 1.
        y_pred: `(B, num_classes)` probabilities.
        sample_weight: `(B,)`, how much a row counts.

    Raises:
        ValueError: If `average` is neither of the two.
    """

    def __init__(
        self,
        num_classes: int,
        threshold: float | Sequence[float] = 0.5,
        average: str = "macro",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if average not in ("micro", "macro"):
            raise ValueError(
                f"`average` of a MultilabelF1 must be 'micro' or 'macro'. Received: {average=}."
            )
        self.num_classes = num_classes
        self.threshold = threshold if isinstance(threshold, float | int) else tuple(threshold)
        self.average = average
        self._direction = "up"  # Keras's word for: more is better.
        self.hits, self.actual, self.predicted = (
            self.add_variable((num_classes,), initializer="zeros", name=name)
            for name in ("hits", "actual", "predicted")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        thresholds = ops.array(self.threshold, self.dtype)
        actual = ops.cast(y_true, self.dtype)
        taken = ops.greater_equal(ops.cast(y_pred, self.dtype), thresholds)
        predicted = ops.cast(taken, self.dtype)
        weight = 1.0 if sample_weight is None else ops.expand_dims(sample_weight, -1)
        weight = ops.cast(weight, self.dtype)
        self.hits.assign_add(ops.sum(weight * actual * predicted, axis=0))
        self.actual.assign_add(ops.sum(weight * actual, axis=0))
        self.predicted.assign_add(ops.sum(weight * predicted, axis=0))

    def result(self) -> Any:
        hits, occurring = ops.cast(self.hits, self.dtype), self.actual + self.predicted
        if self.average == "micro":
            hits, occurring = ops.sum(hits), ops.sum(occurring)
        scores = 2.0 * hits / ops.where(occurring > 0, occurring, 1.0)
        counted = ops.cast(occurring > 0, self.dtype)
        return ops.sum(scores * counted) / ops.maximum(ops.sum(counted), 1.0)

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_classes": self.num_classes,
            "threshold": self.threshold,
            "average": self.average,
        }
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_mtl")
class LabelRankingAveragePrecision(keras.metrics.Metric):
    """How far up the labels of a row stand among all, ordered by probability; 1 is best.

    For each label that a row has: of the labels at least as probable, the share that the row has.
    The mean over these labels is the row's score, 1 for a row without any; that over the rows is
    the result, as of scikit-learn's `label_ranking_average_precision_score`. It needs no threshold.

    Call arguments:
        y_true: `(B, C)` of 0 and 1.
        y_pred: `(B, C)` probabilities or scores.
        sample_weight: `(B,)`, how much a row counts.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._direction = "up"
        self.total, self.rows = (
            self.add_variable((), initializer="zeros", name=name) for name in ("total", "rows")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        scores = ops.cast(_row_scores(y_true, y_pred), self.dtype)
        weight = ops.ones_like(scores) if sample_weight is None else sample_weight
        weight = ops.cast(weight, self.dtype)
        self.total.assign_add(ops.sum(weight * scores))
        self.rows.assign_add(ops.sum(weight))

    def result(self) -> Any:
        rows = self.rows + 0.0
        return self.total / ops.where(rows > 0, rows, 1.0)


def _row_scores(labels: Any, scores: Any) -> Any:
    """The score of each row, `(B,)`."""
    order = ops.flip(ops.argsort(scores, axis=-1), axis=-1)
    falling = ops.take_along_axis(scores, order, axis=-1)
    there = ops.cast(ops.take_along_axis(labels, order, axis=-1), falling.dtype)
    ranks = ops.cumsum(ops.ones_like(there), axis=-1)
    # Labels that are equally probable share the rank of the last of them. Ranks and hits grow along
    # the row, so the next end of a group has the least of all those behind.
    ends = ops.not_equal(falling[:, 1:], falling[:, :-1])
    ends = ops.pad(ends, [[0, 0], [0, 1]], constant_values=True)
    ranks, hits = (
        _least_behind(ops.where(ends, one, float("inf"))) for one in (ranks, ops.cumsum(there, -1))
    )
    whole = ops.sum(there, axis=-1)
    mean = ops.sum(there * hits / ranks, axis=-1) / ops.maximum(whole, 1.0)
    return ops.where(whole > 0, mean, 1.0)


def _least_behind(values: Any) -> Any:
    """`(B, C)`, the least value at each place or behind it."""
    return ops.associative_scan(ops.minimum, values, reverse=True, axis=1)
