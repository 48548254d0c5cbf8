"""A score for each text."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import OwnUnit, loss_dtype
from keras_mtl.tasks import scores as of_scores
from keras_mtl.tasks.correlation import PearsonCorrelation, SpearmanCorrelation
from keras_mtl.tasks.pooled import PooledTask
from keras_mtl.tasks.review import Review
from keras_mtl.tasks.score_review import score_review
from keras_mtl.tasks.task import Word


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class Regression(PooledTask):
    """A task with one score per text; made by `regression`.

    The head gives standardised scores `(B, 1)`; nothing else asks where they come from, so that a
    subclass may make them otherwise.
    """

    squared_error: ClassVar[bool] = True

    range: tuple[float, float] | None = None
    mean: float | None = None
    std: float | None = None
    pooling: str | None = None
    hidden_dim: int | None = None
    dropout: float = 0.0
    layer: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        bounds = of_scores.checked_bounds(self.name, self.range)
        mean, std = of_scores.checked_unit(self.name, bounds, self.mean, self.std)
        for field, value in (("range", bounds), ("mean", mean), ("std", std)):
            object.__setattr__(self, field, value)

    @property
    def units(self) -> int:
        return 1

    def prediction(self) -> keras.layers.Layer:
        mean, std = self._unit
        return OwnUnit(mean, std, self.range, name=self.name, dtype=loss_dtype())

    def loss(self, labels: Any, scores: Any) -> Any:
        if len(labels.shape) != 1:  # They would broadcast to (B, B).
            raise ValueError(
                f"Labels of task {self.name!r} must be scores of shape (B,). Received: shape "
                f"{tuple(labels.shape)}. Give one score for each row."
            )
        mean, std = self._unit
        targets = (ops.cast(labels, scores.dtype) - mean) / std
        return ops.square(targets - ops.squeeze(scores, -1))

    def outside(self, labels: Any) -> Any:
        values = ops.cast(labels, loss_dtype())
        low, high = self.range or (-np.inf, np.inf)
        inside = ops.logical_and(ops.greater_equal(values, low), ops.less_equal(values, high))
        # What is not inside, so that NaN is outside too.
        return ops.logical_not(ops.logical_and(inside, ops.isfinite(values)))

    @property
    def label_space(self) -> str:
        return of_scores.expected(self.range)

    def metrics(self) -> list[keras.metrics.Metric]:
        return [
            keras.metrics.MeanAbsoluteError(name="mae"),
            keras.metrics.RootMeanSquaredError(name="rmse"),
            PearsonCorrelation(),
            SpearmanCorrelation(),
        ]

    def encode(self, values: Sequence[Any], where: str) -> tuple[np.ndarray, np.ndarray]:
        found = of_scores.checked_scores(
            values, self.range, f"Each label of task {self.name!r}", where
        )
        mean, _ = self._unit
        labels = np.array([mean if one is None else one for one in found], np.float32)
        return labels, np.array([one is not None for one in found], np.float32)

    def decode(self, prediction: np.ndarray, words: Sequence[Word] = ()) -> dict[str, Any]:
        return {"score": float(prediction[0])}

    def groups(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows in four groups of like size, the lowest scores first."""
        edges = np.quantile(labels, (0.25, 0.5, 0.75)) if len(labels) else []
        return np.arange(len(labels)), np.searchsorted(edges, labels)

    def review(self, labels: np.ndarray, weights: np.ndarray, predictions: np.ndarray) -> Review:
        return score_review(labels, weights, predictions[:, 0], self._unit[1])

    @property
    def _unit(self) -> tuple[float, float]:
        """Mean and standard deviation; fields may be `None` only until they are checked."""
        return of_scores.checked_unit(self.name, self.range, self.mean, self.std)


def regression(
    name: str,
    values: Iterable[Any] | None = None,
    column: str | None = None,
    *,
    range: tuple[float, float] | None = None,
    mean: float | None = None,
    std: float | None = None,
    pooling: str | None = None,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    layer: int | None = None,
) -> Regression:
    """Declare a task with one score per text, such as a rating.

    The model's output is a score in the unit of the labels, `(B, 1)`. Inside, scores are
    standardised by `mean` and `std`, and the loss is the squared error of standardised scores:
    1 is what a model reaches that always predicts the mean, whatever the unit, so that tasks with
    other losses can stand beside it. Labels are numbers.

    Args:
        name: Name of the task and of the model's output.
        values: The labels of the training rows, from which `mean` and `std` are taken; `None`
            among them are skipped.
        column: Column of the dataset with the scores; by default `name`.
        range: The lowest and the highest score. Labels outside are errors, and predictions are
            cut off there. The loss is taken before they are.
        mean: Mean of the scores; by default that of `values`, else the middle of the range, else
            0.
        std: Their standard deviation; by default that of `values`, else a quarter of the range's
            width, else 1.
        pooling: How the head reads the trunk; see `classification`.
        hidden_dim: Width of a hidden layer in the head; linear when `None`.
        dropout: Share of pooled features dropped in training.
        layer: Which layer of the trunk the head reads, counted from 1; the last when `None`.

    Returns:
        A frozen task.

    Raises:
        ValueError: If a name, a score or an option is not usable.

    Example:
        >>> task = regression("stars", [1, 3, None, 5], range=(1, 5))
        >>> task.mean, round(task.std, 3)
        (3.0, 1.633)
    """
    bounds = of_scores.checked_bounds(name, range)
    mean, std = of_scores.mean_and_std(name, values, bounds, mean, std)
    return Regression(name, column or name, bounds, mean, std, pooling, hidden_dim, dropout, layer)
