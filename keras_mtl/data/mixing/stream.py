"""One dataset inside a run, as numbers."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.tasks import Task

# A batch as Keras takes it: inputs, labels, weights; of one stream, or nested by stream.
Batch = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Stream:
    """Encoded rows.

    Args:
        name: Name of the stream.
        inputs: Input name to ragged int32 token ids, `N` rows each.
        labels: Task name to labels `(N, ...)`.
        weights: Task name to float32 weights `(N,)`, 0 where a row has no label.
    """

    name: str
    inputs: Mapping[str, Ragged]
    labels: Mapping[str, np.ndarray]
    weights: Mapping[str, np.ndarray]

    @cached_property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int32 `(N,)`."""
        return next(iter(self.inputs.values())).lengths

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    def take(self, rows: np.ndarray, length: int, blank: int = 0) -> Batch:
        """Some rows, padded to `length`, and `blank` empty ones with weight 0 behind them.

        Args:
            rows: Row numbers `(n,)`.
            length: Width of the inputs; no row may be longer.
            blank: How many empty rows to add.

        Returns:
            Inputs `(n + blank, length)` by name; labels and weights `(n + blank, ...)` by task.
        """
        inputs = {name: _extend(ids.take(rows, length), blank) for name, ids in self.inputs.items()}
        labels = {name: _extend(values[rows], blank) for name, values in self.labels.items()}
        weights = {name: _extend(values[rows], blank) for name, values in self.weights.items()}
        return inputs, labels, weights


def encode_stream(name: str, rows: Split, preprocessor: Any, tasks: Sequence[Task]) -> Stream:
    """Tokenize a split and turn its labels into numbers.

    Raises:
        ValueError: If a column is missing or a label is outside its task's label space.
    """
    encoded = {
        task.name: task.encode(rows[task.column], f"{rows.name!r}, column {task.column!r}")
        for task in tasks
    }
    return Stream(
        name,
        preprocessor.encode(rows.texts),
        {task: labels for task, (labels, _) in encoded.items()},
        {task: weights for task, (_, weights) in encoded.items()},
    )


def _extend(values: np.ndarray, blank: int) -> np.ndarray:
    if not blank:
        return values
    return np.pad(values, [(0, blank)] + [(0, 0)] * (values.ndim - 1))
