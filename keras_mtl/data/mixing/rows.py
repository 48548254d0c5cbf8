"""What a Keras user passes as rows: texts, words, texts to compare, or arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.text.compared import READS, Compared, are_compared, from_columns
from keras_mtl.tasks import Task


def is_arrays(x: Any) -> bool:
    """Whether `x` is rows in memory: texts, an array, or a dictionary of arrays or of texts."""
    if isinstance(x, Mapping):
        return bool(x) and all(isinstance(one, list | tuple) or is_array(one) for one in x.values())
    return is_array(x) or texts_of(x) is not None


def texts_of(x: Any, reads: str | None = None) -> Sequence[Any] | None:
    """The texts, lists of words, or texts to be compared that `x` is or has; else `None`.

    Args:
        x: A split; a sequence or an array of texts; a sequence of lists of words; or pairs or
            candidates, as a dictionary of columns (`READS`) or a list of such dictionaries.
        reads: What is read of a split; by default what it has.

    Raises:
        TypeError: If `x` is one bare string.
        ValueError: If an array of strings has several columns, or a row lacks a text to compare.
    """
    if isinstance(x, (str, bytes)):
        raise TypeError(f"Texts must be a list, such as [text]. Received: the single text {x!r}.")
    if isinstance(x, Split):
        return x.inputs if reads is None else x.inputs_for(reads)
    if isinstance(x, Mapping):
        return from_columns({name: _column(one) for name, one in x.items()}, "x")
    if isinstance(x, (list, tuple)):
        if x and all(isinstance(one, Mapping) for one in x):
            names = {name for one in x for name in one}
            return from_columns({name: [one.get(name) for one in x] for name in names}, "x")
        return x if any(isinstance(one, str | Compared) or _is_words(one) for one in x) else None
    if not is_array(x) or (array := np.asarray(x)).dtype.kind not in "OUST":
        return None
    if array.size != len(array):
        raise ValueError(
            f"An array of texts must have the shape (N,) or (N, 1). Received: shape {array.shape}."
        )
    return strings(array)


def only_reads(tasks: Sequence[Task]) -> str | None:
    """What the tasks read, where all read the same; else `None`."""
    reads = {task.reads for task in tasks}
    return reads.pop() if len(reads) == 1 else None


def tasks_reading(tasks: Sequence[Task], rows: Sequence[Any] | None) -> list[Task]:
    """The tasks that read such rows; all where there are token ids only.

    Raises:
        ValueError: If there is none, or one reads pairs as one and another each text by itself.
    """
    if rows is None:
        return list(tasks)
    reads = rows[0].reads if are_compared(rows) else "text"
    found = [task for task in tasks if task.reads == reads]
    if not found or len({task.apart for task in found}) > 1:
        every = {task.name: (task.reads, "apart" if task.apart else "joint") for task in tasks}
        raise ValueError(
            f"Rows of {reads} must have tasks of the model that read them, all alike. Received: "
            f"the tasks {every}. Give columns {READS[reads]} to tasks of {reads}; rows that are "
            "read in two ways need a stream each."
        )
    return found


def strings(array: np.ndarray) -> list[Any]:
    """The elements, bytes read as UTF-8."""
    return [one.decode() if isinstance(one, bytes) else one for one in array.ravel().tolist()]


def _is_words(row: Any) -> bool:
    return isinstance(row, list | tuple) and any(isinstance(word, str) for word in row)


def is_array(x: Any) -> bool:
    """Whether `x` is an array, a tensor of any backend, or a column of a table."""
    return hasattr(x, "__array__") and len(getattr(x, "shape", ())) > 0


def _column(values: Any) -> Any:
    """A column of texts as a list; anything else as it is."""
    if not is_array(values) or (array := np.asarray(values)).dtype.kind not in "OUST":
        return values
    return strings(array) if array.ndim == 1 else values
