"""One dataset inside a run, as numbers."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing.tags import encode_tags, of_kept_words
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.words import read
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import Task

# A batch as Keras takes it: inputs, labels, weights; of one stream, or nested by stream.
Batch = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Stream:
    """Encoded rows.

    Args:
        name: Name of the stream.
        inputs: Input name to ragged int32 token ids, `N` rows each.
        labels: Task name to labels `(N, ...)`, or ragged ones of words.
        weights: Task name to float32 weights `(N,)`, 0 where a row has no label; or ragged ones
            of words, 0 or 1.
    """

    name: str
    inputs: Mapping[str, Ragged]
    labels: Mapping[str, np.ndarray | Ragged]
    weights: Mapping[str, np.ndarray | Ragged]

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
        labels, weights = (
            {name: _extend(_taken(one, rows, length), blank) for name, one in values.items()}
            for values in (self.labels, self.weights)
        )
        weights = {name: one.astype(np.float32) for name, one in weights.items()}
        return inputs, labels, weights


def encode_stream(
    name: str,
    rows: Split,
    preprocessor: Any,
    tasks: Sequence[Task],
    words: bool | None = None,
) -> Stream:
    """Tokenize a split and turn its labels into numbers.

    Args:
        name: Name of the stream.
        rows: The split.
        preprocessor: The model's.
        tasks: The tasks that the rows have labels for.
        words: Whether to tell where words are; by default if one of the tasks is of words.

    Raises:
        ValueError: If a column is missing, a label is outside its task's label space, or a row
            has not as many tags as words, or entities that do not fit its text.
    """
    if words is None:
        words = any(task.of_words for task in tasks)
    inputs = read(preprocessor, rows.inputs, words, whose=repr(rows.name))
    encoded = {}
    for task in tasks:
        where = f"{rows.name!r}, column {task.column!r}"
        if not task.of_words:
            encoded[task.name] = task.encode(rows[task.column], where)
        else:
            tags = encode_tags(task, rows[task.column], rows.inputs, where)
            encoded[task.name] = of_kept_words(task.name, *tags, inputs[WORD_STARTS], where)
    return Stream(
        name,
        inputs,
        {task: labels for task, (labels, _) in encoded.items()},
        {task: weights for task, (_, weights) in encoded.items()},
    )


def _taken(values: np.ndarray | Ragged, rows: np.ndarray, length: int) -> np.ndarray:
    return values.take(rows, length) if isinstance(values, Ragged) else values[rows]


def _extend(values: np.ndarray, blank: int) -> np.ndarray:
    if not blank:
        return values
    return np.pad(values, [(0, blank)] + [(0, 0)] * (values.ndim - 1))
