"""One label out of several for each text."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks.f1 import F1Score
from keras_mtl.tasks.focal import check_focal_gamma, focal_factor
from keras_mtl.tasks.label_names import (
    check_share,
    checked_labels,
    class_numbers,
    outside,
)
from keras_mtl.tasks.label_review import label_review
from keras_mtl.tasks.pooled import LabelTask
from keras_mtl.tasks.review import Review
from keras_mtl.tasks.task import Word

# From this many classes on, the share of rows with the label among the first five is shown too.
_MANY_CLASSES = 10


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class Classification(LabelTask):
    """A task with one label per text; made by `classification`."""

    joins: ClassVar[bool] = True

    labels: tuple[str, ...] = ()
    pooling: str | None = None
    hidden_dim: int | None = None
    dropout: float = 0.0
    label_smoothing: float = 0.0
    class_weight: tuple[float, ...] | None = None
    layer: int | None = None
    focal_gamma: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "labels", checked_labels(self.name, self.labels))
        object.__setattr__(self, "class_weight", self._checked_class_weight())
        check_share(self.name, label_smoothing=self.label_smoothing)
        check_focal_gamma(self.name, self.focal_gamma)

    def prediction(self) -> keras.layers.Layer:
        return keras.layers.Softmax(name=self.name, dtype=loss_dtype())

    def loss(self, labels: Any, scores: Any) -> Any:
        if len(labels.shape) + 1 != len(scores.shape):  # They would broadcast to (B, B).
            raise ValueError(
                f"Labels of task {self.name!r} must be class numbers of shape (B,). "
                f"Received: shape {tuple(labels.shape)}. Drop the last axis of labels of shape "
                "(B, 1); take the argmax of one-hot labels."
            )
        targets = ops.one_hot(ops.cast(labels, "int32"), self.num_classes, dtype=scores.dtype)
        smooth = self.label_smoothing
        smoothed = targets * (1.0 - smooth) + smooth / self.num_classes if smooth else targets
        logs = ops.log_softmax(scores)
        # By class, not by the true label's alone: that would undo the smoothing.
        focused = logs * focal_factor(logs, self.focal_gamma) if self.focal_gamma else logs
        losses = -ops.sum(smoothed * focused, axis=-1)
        if self.class_weight is not None:
            losses = losses * ops.matmul(targets, ops.array(self.class_weight, scores.dtype))
        return losses

    def outside(self, labels: Any) -> Any:
        return outside(labels, self.num_classes)

    def metrics(self) -> list[keras.metrics.Metric]:
        found: list[keras.metrics.Metric] = [
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            F1Score(self.num_classes, "macro", name="macro_f1"),
            F1Score(self.num_classes, "weighted", name="weighted_f1"),
        ]
        if self.num_classes >= _MANY_CLASSES:
            found.append(keras.metrics.SparseTopKCategoricalAccuracy(5, name="top_5_accuracy"))
        return found

    def encode(self, values: Sequence[Any], where: str) -> tuple[np.ndarray, np.ndarray]:
        return class_numbers(self.name, self.labels, values, where)

    def decode(self, prediction: np.ndarray, words: Sequence[Word] = ()) -> dict[str, Any]:
        best = int(np.argmax(prediction))
        return {"label": self.labels[best], "score": float(prediction[best])}

    def groups(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(len(labels)), labels

    def review(self, labels: np.ndarray, weights: np.ndarray, predictions: np.ndarray) -> Review:
        return label_review(self.labels, labels, weights, predictions)

    def _checked_class_weight(self) -> tuple[float, ...] | None:
        given: Any = self.class_weight
        if given is None:
            return None
        if isinstance(given, Mapping):
            unknown = sorted(set(given) - set(self.labels), key=str)
            if unknown:
                raise ValueError(
                    f"`class_weight` of task {self.name!r} must name labels of the task "
                    f"({', '.join(map(repr, self.labels))}). Received: weights of {unknown}. "
                    "Labels not named weigh 1."
                )
            given = [given.get(label, 1.0) for label in self.labels]
        try:
            weights = tuple(float(weight) for weight in given)
        except (TypeError, ValueError):
            weights = ()
        if len(weights) != self.num_classes or not all(0 < w < float("inf") for w in weights):
            raise ValueError(
                f"`class_weight` of task {self.name!r} must be a dictionary from label to weight, "
                f"or {self.num_classes} weights, all above 0. Received: class_weight={given!r}. "
                "`balanced_class_weight` computes one; to leave rows out give them the label None."
            )
        return weights


def classification(
    name: str,
    labels: Sequence[str],
    column: str | None = None,
    *,
    pooling: str | None = None,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    label_smoothing: float = 0.0,
    class_weight: Mapping[str, float] | Sequence[float] | None = None,
    layer: int | None = None,
    focal_gamma: float = 0.0,
) -> Classification:
    """Declare a task with one label per text.

    The model's output is a probability for each label, `(B, num_classes)`, in the order of
    `labels`; the loss is cross-entropy, taken from the logits.

    Args:
        name: Name of the task and of the model's output.
        labels: The label names in class order, at least two.
        column: Column of the dataset with the labels; by default `name`.
        pooling: How the head reads the trunk: `"mean"`, `"sqrtn"`, `"max"`, `"first"` or
            `"last"`; by default what the trunk offers as `"pooled_<task>"` or as `"pooled"`, else
            the mean. `"first"` is BERT's token for the whole text.
        hidden_dim: Width of a hidden layer in the head; linear when `None`.
        dropout: Share of pooled features dropped in training.
        label_smoothing: Share of the target spread evenly over all labels, in [0, 1).
        class_weight: Weight of each label in the loss, by name or in class order. See
            `balanced_class_weight`. The loss stays a mean over labelled rows, so weights act
            even in a batch of one row, in `fit` and in `evaluate`.
        layer: Which layer of the trunk the head reads, counted from 1; the last when `None`.
        focal_gamma: Power of a focal loss: the term of a label with probability `p` is multiplied
            by `(1 - p) ** focal_gamma`, so that rows which are learned count less. 0 is
            cross-entropy.

    Returns:
        A frozen task.

    Raises:
        TypeError: If labels are not strings.
        ValueError: If a name, a label or an option is not usable.

    Example:
        >>> task = classification("sentiment", labels=("neg", "pos"))
        >>> task.num_classes, task.column
        (2, 'sentiment')
    """
    # Labels and class weights as they were given: `__post_init__` checks them and makes tuples of
    # them, for tasks that are read from a file as well.
    arguments: dict[str, Any] = {
        "labels": tuple(labels) if not isinstance(labels, str) else labels,
        "pooling": pooling,
        "hidden_dim": hidden_dim,
        "dropout": dropout,
        "label_smoothing": label_smoothing,
        "class_weight": class_weight,
        "layer": layer,
        "focal_gamma": focal_gamma,
    }
    return Classification(name, column or name, **arguments)
