"""What a Keras user passes as rows: texts, words, texts to compare, or arrays."""

from collections.abc import Collection, Mapping, Sequence
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


def texts_of(x: Any, reads: Collection[str] = ()) -> Sequence[Any] | None:
    """The texts, lists of words, or texts to be compared that `x` is or has; else `None`.

    Args:
        x: A split; a sequence or an array of texts; a sequence of lists of words; or pairs or
            candidates, as a dictionary of columns (`READS`) or a list of such dictionaries.
        reads: What tasks read of a split; by default what it has.

    Raises:
        TypeError: If `x` is one bare string.
        ValueError: If an array of strings has several columns, a row lacks a text to compare, or
            a split has what some tasks read and what others do.
    """
    if isinstance(x, (str, bytes)):
        raise TypeError(f"Texts must be a list, such as [text]. Received: the single text {x!r}.")
    if isinstance(x, Split):
        return x.inputs_for(_one_of(x, reads))
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


def reads_of(tasks: Sequence[Task]) -> set[str]:
    """What the tasks read of a row."""
    return {task.reads for task in tasks}


def check_named(
    tasks: Sequence[Task], every: Sequence[Task], rows: Sequence[Any] | None, **given: Any
) -> None:
    """See that what is given by task is of tasks that read the rows.

    Raises:
        ValueError: If a task of the model reads other rows.
    """
    reading = {task.name for task in tasks}
    others = {task.name: task.reads for task in every if task.name not in reading}
    for argument, values in given.items():
        wrong = [name for name in values if name in others] if isinstance(values, Mapping) else []
        if wrong and rows is not None:
            kind = rows[0].reads if are_compared(rows) else "text"
            raise ValueError(
                f"`{argument}` of rows of {kind} must name tasks that read such rows, "
                f"{sorted(reading)}. Received: {wrong[0]!r}, which reads {others[wrong[0]]}. Fit "
                "the rows of each in a stream of a Mixture."
            )


def _one_of(split: Split, reads: Collection[str]) -> str:
    """What is read of a split: of what tasks read, that for which it has the columns."""
    there = {
        "text": "text" in split or "tokens" in split,
        **{kind: all(one in split for one in READS[kind]) for kind in ("pair", "candidates")},
    }
    found = sorted(kind for kind in reads if there[kind])
    if len(found) > 1:
        raise ValueError(
            f"Split {split.name!r} must have rows of one sort for the tasks of the model. "
            f"Received: columns of {' and of '.join(found)}. Choose: "
            f"split.inputs_for({found[0]!r})."
        )
    return found[0] if found else next(iter(reads)) if len(reads) == 1 else split.reads


def tasks_reading(tasks: Sequence[Task], rows: Sequence[Any] | None) -> list[Task]:
    """The tasks that read such rows; all where there are token ids only.

    Raises:
        ValueError: If there is none.
    """
    if rows is None:
        return list(tasks)
    reads = rows[0].reads if are_compared(rows) else "text"
    found = [task for task in tasks if task.reads == reads]
    if not found:
        every = {task.name: task.reads for task in tasks}
        forms = {
            "text": "texts as a list",
            "pair": "pairs as {'sentence1': [...], 'sentence2': [...]}",
            "candidates": "candidates as {'query': [...], 'candidates': [[...], ...]}",
        }
        wanted = " and ".join(forms[one] for one in forms if one in every.values())
        raise ValueError(
            f"Rows of {reads} must have tasks of the model that read them. Received: rows of "
            f"{reads}, and tasks that read {every}. Give {wanted}."
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
