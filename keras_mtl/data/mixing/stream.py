"""One dataset inside a run, as numbers."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing.labels import encode_labels
from keras_mtl.data.mixing.tags import encode_tags, of_kept_words
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.ragged_texts import RaggedTexts
from keras_mtl.data.text.reading import read_rows
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import Task

# A batch as Keras takes it: inputs, labels, weights; of one stream, or nested by stream.
Batch = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Stream:
    """Encoded rows.

    Args:
        name: Name of the stream.
        inputs: Input name to ragged int32 token ids, `N` rows each, of one text or of several.
        labels: Task name to labels `(N, ...)`, or ragged ones of words.
        weights: Task name to float32 weights `(N,)`, 0 where a row has no label; or ragged ones
            of words, 0 or 1.
    """

    name: str
    inputs: Mapping[str, Ragged | RaggedTexts]
    labels: Mapping[str, np.ndarray | Ragged]
    weights: Mapping[str, np.ndarray | Ragged]

    @cached_property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, of the longest of its texts, int32 `(N,)`."""
        return next(iter(self.inputs.values())).lengths

    @cached_property
    def tokens(self) -> np.ndarray:
        """Tokens of each row, of all its texts together, `(N,)`."""
        first = next(iter(self.inputs.values()))
        if isinstance(first, RaggedTexts):
            return first.texts.lengths.reshape(-1, first.count).sum(axis=1)
        return first.lengths

    @property
    def texts(self) -> int:
        """How many texts a row has."""
        first = next(iter(self.inputs.values()))
        return first.count if isinstance(first, RaggedTexts) else 1

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """All numbers of all rows, by names that tell what they are."""
        for kind, parts in (("x", self.inputs), ("y", self.labels), ("weight", self.weights)):
            for name, part in sorted(parts.items()):
                flat = part.texts if isinstance(part, RaggedTexts) else part
                if isinstance(flat, Ragged):
                    yield f"{kind} {name} offsets", flat.offsets
                    yield f"{kind} {name}", flat.values
                else:
                    yield f"{kind} {name}", flat

    def take(self, rows: np.ndarray, length: int, blank: int = 0) -> Batch:
        """Some rows, padded to `length`, and `blank` empty ones with weight 0 behind them.

        Args:
            rows: Row numbers `(n,)`.
            length: Width of the inputs; no row may be longer.
            blank: How many empty rows to add.

        Returns:
            Inputs `(n + blank, length)` by name, or `(n + blank, T, length)` of several texts;
            labels and weights `(n + blank, ...)` by task.
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
        ValueError: If a column is missing, a label is outside its task's label space, a row
            has not as many tags as words, or entities that do not fit its text; or if tasks read
            the rows each in another way.
    """
    if words is None:
        words = any(task.of_words for task in tasks)
    reads, apart = _reading(name, tasks, rows)
    given = rows.inputs_for(reads)
    inputs = read_rows(preprocessor, given, words, apart, whose=repr(rows.name))
    encoded: dict[str, tuple[Any, Any]] = {}
    for task in tasks:
        where = f"{rows.name!r}, column {task.column!r}"
        if not task.of_words:
            encoded[task.name] = encode_labels(task, rows[task.column], given, where)
        else:
            tags = encode_tags(task, rows[task.column], given, where)
            starts: Any = inputs[WORD_STARTS]
            encoded[task.name] = of_kept_words(task.name, *tags, starts, where)
    return Stream(
        name,
        inputs,
        {task: labels for task, (labels, _) in encoded.items()},
        {task: weights for task, (_, weights) in encoded.items()},
    )


def _reading(name: str, tasks: Sequence[Task], rows: Split) -> tuple[str, bool]:
    """What the tasks of a stream read of its rows, and whether each text by itself."""
    ways = {(task.reads, task.apart): task.name for task in tasks}
    if len(ways) > 1:
        raise ValueError(
            f"The tasks of stream {name!r} must read its rows alike: one text, a pair or "
            "candidates, each by itself or as one. Received: "
            + ", ".join(
                f"{task!r} for {reads} ({'apart' if apart else 'joint'})"
                for (reads, apart), task in ways.items()
            )
            + ". Give each a stream of its own; they may have the same rows."
        )
    return next(iter(ways), (rows.reads, True))


def _taken(values: np.ndarray | Ragged, rows: np.ndarray, length: int) -> np.ndarray:
    return values.take(rows, length) if isinstance(values, Ragged) else values[rows]


def _extend(values: np.ndarray, blank: int) -> np.ndarray:
    if not blank:
        return values
    return np.pad(values, [(0, blank)] + [(0, 0)] * (values.ndim - 1))
