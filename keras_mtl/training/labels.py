"""Labels and weights of a batch in the form that losses and metrics take."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task


def all_ones(task: Task, labels: Any) -> Any:
    """Weights for rows that came without; words are not all real, and so need their own."""
    if task.of_words:
        raise ValueError(
            f"Labels of task {task.name!r} must come with weights (B, W), 0 behind the last word "
            f"of a text. Received: `sample_weight` without {task.name!r}. A Mixture has them, and "
            "so has `fit` on texts with lists of tags."
        )
    return ops.ones_like(ops.cast(task.outside(labels), loss_dtype()))


def like_rows(values: Any, scores: Any) -> Any:
    """Labels or weights `(B,)`, where Keras users often have `(B, 1)`."""
    if isinstance(scores, Mapping):  # Of a kind of task with more than a tensor of scores.
        return values
    column = len(scores.shape) == 2 and len(values.shape) == 2 and values.shape[1] == 1
    return ops.squeeze(values, 1) if column else values


def word_by_word(labels: Any, prediction: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Rows of words as rows of one word each.

    Keras takes the mean of a row first, and so weighs a word of a short text more.
    """
    flat = (-1, prediction.shape[-1])
    return ops.reshape(labels, (-1,)), ops.reshape(prediction, flat), ops.reshape(weights, (-1,))


def safe_labels(task: Task, labels: Any, labelled: Any, blank: int = 0) -> Any:
    """Labels, `blank` wherever they do not count or cannot be looked up."""
    counts = ops.logical_and(labelled > 0, ops.logical_not(task.outside(labels)))
    for _ in range(len(labels.shape) - len(counts.shape)):  # Several labels a row.
        counts = ops.expand_dims(counts, -1)
    return ops.where(counts, labels, blank)
