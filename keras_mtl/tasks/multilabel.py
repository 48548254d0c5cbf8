"""Any number of labels out of several for each text."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.missing import is_missing
from keras_mtl.tasks.label_names import (
    checked_labels,
    unknown_label,
)
from keras_mtl.tasks.label_numbers import label_numbers
from keras_mtl.tasks.multilabel_metrics import LabelRankingAveragePrecision, MultilabelF1
from keras_mtl.tasks.multilabel_review import multilabel_review
from keras_mtl.tasks.pooled import LabelTask
from keras_mtl.tasks.review import Review
from keras_mtl.tasks.task import Word
from keras_mtl.tasks.thresholds import THRESHOLD, fit_thresholds


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class Multilabel(LabelTask):
    """A task with any number of labels per text; made by `multilabel`."""

    has_thresholds: ClassVar[bool] = True

    labels: tuple[str, ...] = ()
    threshold: float | tuple[float, ...] = THRESHOLD
    pooling: str | None = None
    hidden_dim: int | None = None
    dropout: float = 0.0
    pos_weight: float | tuple[float, ...] | None = None
    layer: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        labels = checked_labels(self.name, self.labels)
        object.__setattr__(self, "labels", labels)
        threshold = label_numbers(
            self.name, "threshold", self.threshold, labels, THRESHOLD, _is_share, "from 0 to 1"
        )
        object.__setattr__(self, "threshold", threshold)
        if self.pos_weight is not None:
            weight = label_numbers(
                self.name, "pos_weight", self.pos_weight, labels, 1.0, _is_positive, "above 0"
            )
            object.__setattr__(self, "pos_weight", weight)

    @property
    def thresholds(self) -> np.ndarray:
        """The threshold of each label, float32 `(num_classes,)`."""
        return np.broadcast_to(np.asarray(self.threshold, np.float32), (self.num_classes,))

    def prediction(self) -> keras.layers.Layer:
        return keras.layers.Activation("sigmoid", name=self.name, dtype=loss_dtype())

    def loss(self, labels: Any, scores: Any) -> Any:
        self._check_shape(labels)
        there, not_there = ops.softplus(-scores), ops.softplus(scores)
        if self.pos_weight is not None:
            there = there * ops.array(self.pos_weight, scores.dtype)
        return ops.mean(ops.where(ops.cast(labels, "bool"), there, not_there), axis=-1)

    def outside(self, labels: Any) -> Any:
        self._check_shape(labels)
        labels = ops.cast(labels, loss_dtype())
        known = ops.logical_or(ops.equal(labels, 0.0), ops.equal(labels, 1.0))
        return ops.logical_not(ops.all(known, axis=-1))

    def metrics(self) -> list[keras.metrics.Metric]:
        return [
            MultilabelF1(self.num_classes, self.threshold, "micro", name="micro_f1"),
            MultilabelF1(self.num_classes, self.threshold, "macro", name="macro_f1"),
            LabelRankingAveragePrecision(name="label_ranking_average_precision"),
        ]

    def encode(self, values: Sequence[Any], where: str) -> tuple[np.ndarray, np.ndarray]:
        numbers = {label: number for number, label in enumerate(self.labels)}
        # Bytes: there may be many rows and many labels.
        labels = np.zeros((len(values), self.num_classes), np.int8)
        weights = np.ones(len(values), np.float32)
        for row, value in enumerate(values):
            if is_missing(value):
                weights[row] = 0.0
                continue
            for label in self._labels_of(value, where, row):
                if label not in numbers:
                    raise ValueError(unknown_label(self.name, self.labels, label, where, row))
                labels[row, numbers[label]] = 1
        return labels, weights

    def decode(self, prediction: np.ndarray, words: Sequence[Word] = ()) -> dict[str, Any]:
        taken = np.flatnonzero(prediction >= self.thresholds)
        taken = taken[np.argsort(-prediction[taken], kind="stable")]
        scores = {self.labels[number]: float(prediction[number]) for number in taken}
        return {"labels": list(scores), "scores": scores}

    def groups(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # A row is in the group of each of its labels; rows without any are a group, too.
        whole = np.concatenate([labels > 0, ~labels.any(axis=1, keepdims=True)], axis=1)
        rows, groups = np.nonzero(whole)
        return rows, groups

    def with_fitted_thresholds(
        self, labels: np.ndarray, predictions: np.ndarray, default: float | None = None
    ) -> "Multilabel":
        whose = f"task {self.name!r}"
        found = fit_thresholds(labels, predictions, self.labels, default, whose)
        return dataclasses.replace(self, threshold=found)

    def review(self, labels: np.ndarray, weights: np.ndarray, predictions: np.ndarray) -> Review:
        return multilabel_review(self.labels, labels, weights, predictions, self.thresholds)

    def _labels_of(self, value: Any, where: str, row: int) -> Sequence[str]:
        """The label names of a row that is not missing."""
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list | tuple | set) or not all(
            isinstance(one, str) for one in names
        ):
            raise ValueError(
                f"A row of task {self.name!r} must be a list of label names, [] if it has none of "
                f"them, or None if they are not known. Received: {value!r:.80} in row {row} of "
                f"{where}. Write the names of the labels that apply."
            )
        twice = sorted({one for one in names if list(names).count(one) > 1})
        if twice:
            raise ValueError(
                f"A row of task {self.name!r} must hold each label once. Received: {value!r:.80} "
                f"in row {row} of {where}; twice: {', '.join(map(repr, twice))}. Mend the row."
            )
        return list(names)

    def _check_shape(self, labels: Any) -> None:
        if len(labels.shape) != 2 or labels.shape[1] not in (None, self.num_classes):
            raise ValueError(
                f"Labels of task {self.name!r} must be 0 or 1 for each of its {self.num_classes} "
                f"labels, in class order: shape (B, {self.num_classes}). Received: shape "
                f"{tuple(labels.shape)}. In `fit` on texts, lists of label names do as well."
            )


def multilabel(
    name: str,
    labels: Sequence[str],
    column: str | None = None,
    *,
    threshold: float | Mapping[str, float] | Sequence[float] = THRESHOLD,
    pooling: str | None = None,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    pos_weight: float | Mapping[str, float] | Sequence[float] | None = None,
    layer: int | None = None,
) -> Multilabel:
    """Declare a task with any number of labels per text, none included.

    Rows are lists of label names, `[]` where none applies; a bare name is one label. The model's
    output is a probability for each label, `(B, num_classes)`, each by itself; the loss of a row is
    the mean over the labels of their binary cross-entropies, taken from the logits.

    Args:
        name: Name of the task and of the model's output.
        labels: The label names in class order, at least two.
        column: Column of the dataset with the labels; by default `name`.
        threshold: The probability from which on a label is predicted, from 0 to 1; one for all, or
            by name (0.5 where not named), or in class order. `MultiTaskModel.fit_thresholds` finds
            good ones.
        pooling: How the head reads the trunk: `"mean"`, `"sqrtn"`, `"max"`, `"first"` or
            `"last"`; by default what the trunk offers as `"pooled_<task>"` or as `"pooled"`, else
            the mean.
        hidden_dim: Width of a hidden layer in the head; linear when `None`.
        dropout: Share of pooled features dropped in training.
        pos_weight: How much the loss of a label counts in rows that have it, above 0; one for all,
            or by name (1 where not named), or in class order. Above 1 rare labels are found more
            often, and more often where they are not.
        layer: Which layer of the trunk the head reads, counted from 1; the last when `None`.

    Returns:
        A frozen task.

    Raises:
        TypeError: If labels are not strings.
        ValueError: If a name, a label or an option is not usable.

    Example:
        >>> task = multilabel("emotion", labels=("anger", "joy", "love"), threshold={"joy": 0.3})
        >>> task.threshold
        (0.5, 0.3, 0.5)
        >>> task.encode([["joy", "love"], [], None], "my rows")[0].tolist()
        [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    """
    # As they were given: `__post_init__` checks them, for tasks that are read from a file as well.
    arguments: dict[str, Any] = {
        "labels": tuple(labels) if not isinstance(labels, str) else labels,
        "threshold": threshold,
        "pooling": pooling,
        "hidden_dim": hidden_dim,
        "dropout": dropout,
        "pos_weight": pos_weight,
        "layer": layer,
    }
    return Multilabel(name, column or name, **arguments)


def _is_share(number: float) -> bool:
    return 0.0 <= number <= 1.0


def _is_positive(number: float) -> bool:
    return 0.0 < number < math.inf
