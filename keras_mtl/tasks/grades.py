"""Figures of grades in an order, for labels given as numbers."""

from typing import Any

import keras
from keras import ops

FIGURES = ("accuracy", "mae", "quadratic_kappa")


def median(probabilities: Any) -> Any:
    """The number of the first grade at which at least half of the probability is reached.

    No other choice has a smaller expected distance to the true grade.

    Args:
        probabilities: `(B, C)`.

    Returns:
        int32 `(B,)`.

    Example:
        >>> [int(grade) for grade in median(ops.array([[0.4, 0.3, 0.3], [0.5, 0.1, 0.4]]))]
        [1, 0]
    """
    below = ops.cumsum(probabilities, axis=-1)[:, :-1] < 0.5
    return ops.sum(ops.cast(below, "int32"), axis=-1)


@keras.saving.register_keras_serializable(package="keras_mtl")
class GradeFigure(keras.metrics.Metric):
    """How good the median grades are, from exact counts over all rows and replicas.

    `"accuracy"` is the share of rows with the right grade, `"mae"` how many grades a prediction
    is off, in the mean, and `"quadratic_kappa"` the agreement beyond chance, where a
    disagreement counts by the square of its distance (Cohen, 1968): 1 is perfect, 0 no better
    than chance; and 0 where it is not defined, all rows having one grade, and predicted so.

    Args:
        num_grades: How many grades there are.
        figure: Which of the three.

    Call arguments:
        y_true: `(B,)` numbers of grades.
        y_pred: `(B, num_grades)` probabilities.
        sample_weight: `(B,)`, how much a row counts.

    Raises:
        ValueError: If `figure` is none of the three.
    """

    def __init__(self, num_grades: int, figure: str, name: str | None = None, **kwargs: Any):
        super().__init__(name=name or figure, **kwargs)
        if figure not in FIGURES:
            raise ValueError(
                f"`figure` of a GradeFigure must be one of {', '.join(map(repr, FIGURES))}. "
                f"Received: {figure=}."
            )
        self.num_grades = num_grades
        self.figure = figure
        self._direction = "down" if figure == "mae" else "up"  # Keras's words for what is better.
        # Rows of a grade (down) that were predicted as (across).
        self.counts = self.add_variable(
            (num_grades, num_grades), initializer="zeros", name="counts"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        actual, chosen = (
            ops.one_hot(ops.cast(one, "int32"), self.num_grades, dtype=self.dtype)
            for one in (y_true, median(y_pred))
        )
        if sample_weight is not None:
            actual = actual * ops.expand_dims(ops.cast(sample_weight, self.dtype), -1)
        self.counts.assign_add(ops.matmul(ops.transpose(actual), chosen))

    def result(self) -> Any:
        counts = self.counts + 0.0
        grades = ops.arange(self.num_grades, dtype=self.dtype)
        apart = ops.abs(ops.expand_dims(grades, 1) - grades)
        rows = ops.sum(counts)
        if self.figure == "accuracy":
            return _share(ops.trace(counts), rows)
        if self.figure == "mae":
            return _share(ops.sum(counts * apart), rows)
        chance = ops.outer(ops.sum(counts, axis=1), ops.sum(counts, axis=0)) / _divisor(rows)
        expected = ops.sum(chance * ops.square(apart))
        kappa = 1.0 - ops.sum(counts * ops.square(apart)) / _divisor(expected)
        return ops.where(expected > 0, kappa, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_grades": self.num_grades, "figure": self.figure}


def _share(part: Any, whole: Any) -> Any:
    return part / _divisor(whole)


def _divisor(value: Any) -> Any:
    return ops.where(value > 0, value, 1.0)
