"""How much each word says about a task, counted before training."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.data.text.ragged import Ragged

# What both counts are raised by, so that a word seen once is no proof.
_SMOOTHING = 1.0
# Sums of weighted words are then about as large as sums of plain ones.
_SCALE = 0.5


@keras.saving.register_keras_serializable(package="keras_mtl")
class WeightedSums(keras.layers.Layer):
    """Add up the vectors of a text: as they are, and weighted for each task.

    A sum is divided by the square root of how many numbers the text has. The weights are not
    trained; they are 1 until `weigh` sets them.

    Args:
        size: How many numbers there are, 0 included.
        tasks: Names of the tasks; tasks that share a sum are a tuple of names.
        dropout: Share of the numbers of a text dropped in training.

    Call arguments:
        numbers: `(B, L)` integers in [0, size), 0 where there is none.
        vectors: `(B, L, D)`.

    Returns:
        `(B, 1 + sums, D)`: first the plain sums, then those of the tasks, in their order.
    """

    def __init__(
        self,
        size: int,
        tasks: Iterable[str | Sequence[str]] = (),
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.tasks = tuple((one,) if isinstance(one, str) else tuple(one) for one in tasks)
        # Added up in float32: half precision loses words from a few hundred on.
        self.sum_dtype = keras.backend.result_type(self.variable_dtype, "float32")
        self.dropout = keras.layers.Dropout(dropout, name="dropout", dtype=self.sum_dtype)

    def build(self, numbers_shape: Any, vectors_shape: Any) -> None:
        if self.tasks:
            self.word_weights = self.add_weight(
                shape=(self.size, len(self.tasks)),
                initializer="ones",
                trainable=False,
                autocast=False,
                name="word_weights",
            )
        self.built = True

    def call(self, numbers: Any, vectors: Any, training: bool | None = None) -> Any:
        real = ops.cast(ops.greater(numbers, 0), self.sum_dtype)
        root = ops.sqrt(ops.maximum(ops.sum(real, axis=1), 1.0))
        weights = ops.expand_dims(self.dropout(real, training=training), -1)
        if self.tasks:
            of_tasks = ops.take(self.word_weights, numbers, axis=0)
            weights = ops.concatenate([weights, weights * of_tasks], axis=-1)
        sums = ops.matmul(ops.transpose(weights, (0, 2, 1)), ops.cast(vectors, self.sum_dtype))
        return ops.cast(sums / ops.reshape(root, (-1, 1, 1)), vectors.dtype)

    def compute_output_shape(self, numbers_shape: Any, vectors_shape: Any) -> Any:
        return (numbers_shape[0], 1 + len(self.tasks), vectors_shape[-1])

    def get_config(self) -> dict[str, Any]:
        tasks = [one[0] if len(one) == 1 else list(one) for one in self.tasks]
        own = {"size": self.size, "tasks": tasks, "dropout": self.dropout.rate}
        return {**super().get_config(), **own}

    def weigh(self, task: str, weights: np.ndarray) -> None:
        """Set the weights `(size,)` of a task, and of those that share its sum.

        Raises:
            ValueError: If it is none of the layer's tasks.
        """
        columns = np.array(ops.convert_to_numpy(self.word_weights))
        columns[:, [task in one for one in self.tasks].index(True)] = weights
        self.word_weights.assign(columns)


@keras.saving.register_keras_serializable(package="keras_mtl")
class Sum(keras.layers.Layer):
    """One of the sums that `WeightedSums` gives: `(B, sums, D)` to `(B, D)`."""

    def __init__(self, index: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.index = index

    def call(self, sums: Any) -> Any:
        return sums[:, self.index]

    def compute_output_shape(self, sums_shape: Any) -> Any:
        return (sums_shape[0], sums_shape[2])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "index": self.index}


def told_by(numbers: Ragged, rows: np.ndarray, groups: np.ndarray, size: int) -> np.ndarray:
    """How much the presence of each number says about the group of a row.

    For a number and a group, the log of how many times as often the number is in rows of the
    group as in the others, with 1 added to both counts; of these the largest without its sign.

    Args:
        numbers: Of each row, each once.
        rows: `(M,)` row numbers; with
        groups: `(M,)`, the group that the row is in. A row may be in several.
        size: How many numbers there are.

    Returns:
        float32 `(size,)`, 0 or more.

    Reference:
        [Wang & Manning, 2012](https://aclanthology.org/P12-2018/)
    """
    known = np.unique(rows)
    total = np.bincount(numbers.select(known).values, minlength=size)
    found = np.zeros(size)
    for group in np.unique(groups):
        inside = rows[groups == group]
        others = len(known) - len(inside)
        if not others:
            continue
        own = np.bincount(numbers.select(inside).values, minlength=size)
        expected = (total - own) * (len(inside) / others)
        ratio = np.log((own + _SMOOTHING) / (expected + _SMOOTHING))
        np.maximum(found, np.abs(ratio), out=found)
    return (_SCALE * found).astype(np.float32)
