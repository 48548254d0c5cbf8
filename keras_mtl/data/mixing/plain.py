"""A plain batch from what a Keras user passes: texts or ids, labels by task, weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.data.mixing.labels import encode_labels
from keras_mtl.data.mixing.rows import is_array, reads_of, strings, tasks_reading, texts_of
from keras_mtl.data.mixing.tags import encode_tags, of_kept_words
from keras_mtl.data.text.compared import are_compared
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.reading import padded_rows, read_rows
from keras_mtl.heads import WORD_STARTS
from keras_mtl.missing import is_missing
from keras_mtl.tasks import Task, by_task

# `predict` pads texts to the next of these times a power of two, so few shapes are compiled.
_SHORTEST = 16


def plain_inputs(
    x: Any, preprocessor: Any, input_names: Sequence[str], tasks: Sequence[Task]
) -> dict[str, np.ndarray]:
    """Model inputs `(N, ...)` from texts, ids, or a dictionary of ids.

    Args:
        x: Rows as `texts_of` takes them, or ids.
        preprocessor: The model's.
        input_names: Names of the model's inputs.
        tasks: The model's tasks.

    Raises:
        ValueError: If texts come without a preprocessor, input names differ, or inputs have
            no ids or not one number of rows.
    """
    rows = texts_of(x, reads_of(tasks))
    if rows is not None:
        words = WORD_STARTS in input_names and not are_compared(rows)
        apart = tasks_reading(tasks, rows)[0].apart
        encoded = read_rows(need_preprocessor(preprocessor), rows, words, apart, whose="x")
        return padded_rows(encoded)
    given = x if isinstance(x, Mapping) else {input_names[0]: x}
    if set(given) != set(input_names):
        raise ValueError(
            f"`x` must have the model's inputs, {list(input_names)}. Received: {list(given)}. "
            "Texts are passed as a list, or by the columns 'sentence1' and 'sentence2', or "
            "'query' and 'candidates'."
        )
    arrays = {name: np.asarray(value) for name, value in given.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    if any(array.dtype.kind not in "iufb" or not array.ndim for array in arrays.values()):
        types = {name: str(array.dtype) for name, array in arrays.items()}
        raise ValueError(
            f"The model's inputs must be arrays of token ids. Received: types {types}, shapes "
            f"{shapes}. Texts are passed as a list, not in a dictionary."
        )
    if len({shape[0] for shape in shapes.values()}) > 1:
        raise ValueError(f"The model's inputs must have equally many rows. Received: {shapes}.")
    return arrays


def need_preprocessor(preprocessor: Any) -> Any:
    """The preprocessor, or an error that says how to get one."""
    if preprocessor is None:
        raise ValueError(
            "A model that reads texts must have a preprocessor. Received: preprocessor=None, so it "
            "reads token ids only. Build its trunk from a tokenizer, or pass `preprocessor=` to "
            "MultiTaskModel."
        )
    return preprocessor


def plain_labels(
    y: Any, sample_weight: Any, tasks: Sequence[Task], inputs: Mapping[str, np.ndarray], x: Any
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Labels and weights of every task; a task without labels gets weight 0.

    Labels are class numbers or label names; `None`, NaN and `""` are missing ones. Those of a task
    of words are lists of tags, or of entities beside texts.

    Args:
        y: Task name to labels, or the labels of the only task.
        sample_weight: Task name to weights `(N,)`, or one `(N,)` for all tasks.
        tasks: The tasks.
        inputs: What the model reads of the rows.
        x: What that was made of.

    Returns:
        Task name to labels `(N, ...)`, and task name to float32 weights of the same shape.

    Raises:
        ValueError: If there is no label, a task is unknown, a length differs or a label is
            outside its space.
    """
    names = [task.name for task in tasks]
    given_y = by_task(y, names, "y")
    given_weights = by_task(sample_weight, names, "sample_weight", everywhere=True)
    if not given_y:
        raise ValueError(
            "`y` must have the labels of at least one task. "
            f"Received: y={y!r}. The tasks are {[task.name for task in tasks]}."
        )
    labels, weights = {}, {}
    rows = len(next(iter(inputs.values())))
    for task in tasks:
        values = given_y.get(task.name, [None] * rows)
        if task.of_words and isinstance(values, list | tuple):
            found = _tags_of(task, values, inputs[WORD_STARTS], x)
        elif task.reads == "candidates" and (texts := texts_of(x, {task.reads})) is not None:
            found = encode_labels(task, values, texts, f"y of task {task.name!r}")
        else:
            found = _labels_of(task, values, rows)
        labels[task.name], weights[task.name] = found
        if task.name in given_weights:
            weights[task.name] *= _weights_of(
                task, given_weights[task.name], weights[task.name].shape
            )
    return labels, weights


def by_padded_length(lengths: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Rows in groups of one padded length, few of them, whatever the texts.

    Args:
        lengths: Tokens of each row, `(N,)`.

    Returns:
        Padded lengths, the shortest first, each with the numbers of its rows.
    """
    longest = max(int(lengths.max(initial=1)), 1)
    powers = np.ceil(np.log2(np.maximum(lengths, 1) / _SHORTEST)).clip(min=0).astype(int)
    return [
        (min(_SHORTEST * 2 ** int(power), longest), np.flatnonzero(powers == power))
        for power in np.unique(powers)
    ]


def fill_up(arrays: Mapping[str, np.ndarray], multiple: int) -> dict[str, np.ndarray]:
    """Add rows of zeros until the rows are a multiple, so that no replica is left without.

    Args:
        arrays: Name to array `(N, ...)`.
        multiple: What the rows of the result are a multiple of.
    """
    return {
        name: np.pad(array, [(0, -len(array) % multiple)] + [(0, 0)] * (array.ndim - 1))
        for name, array in arrays.items()
    }


def _labels_of(task: Task, values: Any, rows: int) -> tuple[np.ndarray, np.ndarray]:
    several = _lists_of_names(values)
    array = _label_array(task, values) if several is None else np.array([None] * len(several))
    if task.reads == "candidates":
        if array.ndim != 2:
            raise ValueError(
                f"Labels of task {task.name!r} must be the relevance of each candidate, (N, K), "
                f"beside token ids. Received: shape {array.shape}. Write -1 where a row has fewer."
            )
    elif array.ndim > 1 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.shape[:1] != (rows,):
        raise ValueError(
            f"Labels of task {task.name!r} must be one, or None, for each of the {rows} rows of x. "
            f"Received: {array.shape[0] if array.ndim else repr(values)} labels."
        )
    if several is not None:
        return task.encode(several, f"y of task {task.name!r}")
    weights = None
    if array.dtype.kind in "OUST":
        names = [None if is_missing(one) else one for one in strings(array)]
        if any(isinstance(name, str) for name in names) or not any(n is not None for n in names):
            return task.encode(names, f"y of task {task.name!r}")
        weights = np.array([name is not None for name in names], np.float32)
        blank = np.zeros_like(next(name for name in names if name is not None))
        array = _label_array(task, [blank if name is None else name for name in names])
    elif array.dtype.kind == "f" and np.isnan(array).any():
        labelled = ~np.isnan(array).reshape(rows, -1).all(axis=1)
        weights = labelled.astype(np.float32)
        array = np.where(labelled.reshape(-1, *[1] * (array.ndim - 1)), array, 0)
    outside = np.asarray(task.outside(array))
    weights = np.ones(outside.shape, np.float32) if weights is None else weights
    if weights.shape == outside.shape:  # What stands for a missing label may be none itself.
        outside = outside & (weights > 0)
    if outside.any():
        row = int(np.argwhere(outside)[0][0])
        raise ValueError(
            f"Labels of task {task.name!r} must be {task.label_space}. Received: "
            f"{array[row].tolist()!r} in row {row} of y, and {int(outside.sum()) - 1} more. "
            "Give rows without a label the label None, or a sample weight of 0 and any label of "
            "the task."
        )
    if array.dtype.kind in "iub":
        numbers = array.astype(np.int32)
        # What int32 cannot hold are scores.
        array = numbers if np.array_equal(numbers, array) else array.astype(np.float32)
    return array, weights


def _lists_of_names(values: Any) -> list[Any] | None:
    """Rows with lists of names, of any length, as several labels of a text are; else `None`.

    Lists of one name each are the column `(N, 1)` that Keras users often have.
    """
    if is_array(values):
        array = np.asarray(values)
        values = array.tolist() if array.dtype.kind in "OUT" else ()
    rows = list(values) if isinstance(values, list | tuple) else []
    lists = [one for one in rows if isinstance(one, list | tuple | set)]
    column = len(lists) == len(rows) and all(len(one) == 1 for one in lists)
    names = any(not one or any(isinstance(name, str) for name in one) for one in lists)
    return rows if names and not column else None


def _label_array(task: Task, values: Any) -> np.ndarray:
    """Labels as an array; of objects where some are missing."""
    try:
        if isinstance(values, list | tuple) and any(map(is_missing, values)):
            return np.array([None if is_missing(one) else one for one in values], dtype=object)
        return np.asarray(values)
    except ValueError as error:
        lengths = sorted({np.size(one) for one in values})
        raise ValueError(
            f"Labels of task {task.name!r} must be as many numbers in each row. Received: rows of "
            f"{lengths[0]} to {lengths[-1]}. Lists of label names may be of any length, for a task "
            "of kind `multilabel`."
        ) from error


def _tags_of(
    task: Task, values: Sequence[Any], word_starts: np.ndarray, x: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Lists of tags or of entities as arrays of the shape of `word_starts`, and their weights."""
    where = f"y of task {task.name!r}"
    if len(values) != len(word_starts):
        raise ValueError(
            f"Labels of task {task.name!r} must be a list of tags, or None, for each of the "
            f"{len(word_starts)} rows of x. Received: {len(values)}."
        )
    texts = texts_of(x)
    labels, weights = encode_tags(task, values, texts, where)
    starts = Ragged.from_rows([row[row > 0] for row in word_starts])
    rows, width = word_starts.shape
    of_tags, of_weights = (
        one.take(np.arange(rows), width)
        for one in of_kept_words(task.name, labels, weights, starts, where)
    )
    return of_tags, of_weights.astype(np.float32)


def _weights_of(task: Task, values: Any, shape: tuple[int, ...]) -> np.ndarray:
    weights = np.asarray(values, np.float32)
    if weights.shape == (*shape, 1):
        weights = weights[..., 0]
    if weights.shape != shape or not np.all((weights >= 0) & np.isfinite(weights)):
        worst = "" if weights.shape != shape else f" from {weights.min()} to {weights.max()}"
        raise ValueError(
            f"`sample_weight` of task {task.name!r} must be finite numbers of 0 or more, of shape "
            f"{shape}. Received: shape {weights.shape}{worst}."
        )
    return weights
