"""One grade out of several in an order, for each text."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import GradeProbabilities, OrdinalHead, log_probabilities, loss_dtype
from keras_mtl.missing import is_missing
from keras_mtl.tasks.grades import FIGURES, GradeFigure
from keras_mtl.tasks.label_names import (
    checked_labels,
    class_numbers,
    outside,
)
from keras_mtl.tasks.label_review import label_review
from keras_mtl.tasks.pooled import LabelTask
from keras_mtl.tasks.review import Review
from keras_mtl.tasks.task import Word


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class Ordinal(LabelTask):
    """A task with one grade per text; made by `ordinal`."""

    head_class: ClassVar[Any] = OrdinalHead

    labels: tuple[str, ...] = ()
    pooling: str | None = None
    hidden_dim: int | None = None
    dropout: float = 0.0
    layer: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "labels", checked_labels(self.name, self.labels))

    def prediction(self) -> keras.layers.Layer:
        return GradeProbabilities(name=self.name, dtype=loss_dtype())

    def loss(self, labels: Any, scores: Any) -> Any:
        if len(labels.shape) != 1:  # They would broadcast to (B, B).
            raise ValueError(
                f"Labels of task {self.name!r} must be numbers of grades, of shape (B,). Received: "
                f"shape {tuple(labels.shape)}. Take the argmax of one-hot labels."
            )
        targets = ops.one_hot(ops.cast(labels, "int32"), self.num_classes, dtype=scores.dtype)
        return -ops.sum(targets * log_probabilities(scores), axis=-1)

    def outside(self, labels: Any) -> Any:
        return outside(labels, self.num_classes)

    @property
    def label_space(self) -> str:
        last = self.num_classes - 1
        return f"grades, as names or as whole numbers from 0 ({self.labels[0]!r}) to {last} " + (
            f"({self.labels[last]!r}), nothing between two grades"
        )

    def metrics(self) -> list[keras.metrics.Metric]:
        return [GradeFigure(self.num_classes, figure) for figure in FIGURES]

    def encode(self, values: Sequence[Any], where: str) -> tuple[np.ndarray, np.ndarray]:
        for row, value in enumerate(values):
            if isinstance(value, float | np.floating) and not is_missing(value):
                raise ValueError(
                    f"Each label of task {self.name!r} must be the name of a grade "
                    f"({', '.join(map(repr, self.labels))}) or None. Received: {value!r} in row "
                    f"{row} of {where}{self._between(float(value))}. For scores with anything "
                    "between them use `regression`."
                )
        return class_numbers(self.name, self.labels, values, where)

    def decode(self, prediction: np.ndarray, words: Sequence[Word] = ()) -> dict[str, Any]:
        grade = int(_medians(prediction))
        return {"label": self.labels[grade], "score": float(prediction[grade])}

    def groups(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(len(labels)), labels

    def review(self, labels: np.ndarray, weights: np.ndarray, predictions: np.ndarray) -> Review:
        return label_review(self.labels, labels, weights, predictions, _medians(predictions))

    def _between(self, value: float) -> str:
        if not 0 < value < self.num_classes - 1 or value.is_integer():
            return ""
        below, above = self.labels[int(value)], self.labels[int(value) + 1]
        return f", which lies between the grades {below!r} and {above!r}"


def ordinal(
    name: str,
    labels: Sequence[str],
    column: str | None = None,
    *,
    pooling: str | None = None,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    layer: int | None = None,
) -> Ordinal:
    """Declare a task with one grade per text, out of several in an order.

    The head is one score with learned cut points between the grades (a cumulative link, or
    proportional odds); the loss is the negative logarithm of the true grade's probability. The
    model's output is a probability for each grade, `(B, num_classes)`. What is predicted is the
    median, the first grade at which at least half of the probability is reached: no other choice
    has a smaller expected distance to the true grade.

    Args:
        name: Name of the task and of the model's output.
        labels: The names of the grades, the lowest first, at least two.
        column: Column of the dataset with the grades; by default `name`.
        pooling: How the head reads the trunk; see `classification`.
        hidden_dim: Width of a hidden layer in the head; linear when `None`.
        dropout: Share of pooled features dropped in training.
        layer: Which layer of the trunk the head reads, counted from 1; the last when `None`.

    Returns:
        A frozen task.

    Raises:
        TypeError: If labels are not strings.
        ValueError: If a name, a label or an option is not usable.

    Example:
        >>> task = ordinal("urgency", labels=("low", "middle", "high"))
        >>> task.decode(np.array([0.4, 0.35, 0.25]))
        {'label': 'middle', 'score': 0.35}
    """
    given: Any = tuple(labels) if not isinstance(labels, str) else labels
    return Ordinal(name, column or name, given, pooling, hidden_dim, dropout, layer)


def _medians(probabilities: np.ndarray) -> np.ndarray:
    """As `median`, in NumPy, for one row or for many."""
    return (np.cumsum(probabilities, axis=-1)[..., :-1] < 0.5).sum(axis=-1)
