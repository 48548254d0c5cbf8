"""What kinds of tasks with label names have in common."""

import difflib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import POOLINGS
from keras_mtl.missing import is_missing


def checked_labels(name: str, labels: Any) -> tuple[str, ...]:
    """The label names of a task as a tuple.

    Raises:
        TypeError: If they are no strings.
        ValueError: If there are fewer than two, or one is there twice.
    """
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise TypeError(
            f"`labels` of task {name!r} must be label names (strings) in class order. "
            f"Received: labels={labels!r}. For numbers use [str(number) for number in labels]."
        )
    if len(labels) < 2:
        raise ValueError(
            f"`labels` of task {name!r} must be at least 2. Received: labels={labels!r}. "
            "For a yes/no task give both names."
        )
    twice = sorted({label for label in labels if list(labels).count(label) > 1})
    if twice:
        raise ValueError(
            f"`labels` of task {name!r} must hold each label once. Received twice: {twice}."
        )
    return tuple(labels)


def unknown_label(name: str, labels: Sequence[str], value: Any, where: str, row: int) -> str:
    """What to say of a value that is none of a task's labels."""
    nearest = difflib.get_close_matches(str(value), labels, n=1, cutoff=0.0)
    some = ", ".join(map(repr, labels[:8])) + (", ..." if len(labels) > 8 else "")
    return (
        f"Each label of task {name!r} must be one of its {len(labels)} label names "
        f"({some}) or None. Received: {value!r} in row {row} of {where}. The nearest is "
        f"{nearest[0]!r}. Mend the row, or declare the label with the task."
    )


def class_numbers(
    name: str, labels: Sequence[str], values: Sequence[Any], where: str
) -> tuple[np.ndarray, np.ndarray]:
    """Label names as int32 class numbers `(N,)`, and float32 weights: 0 where one is missing.

    Raises:
        ValueError: If a value is none of the labels.
    """
    known = {label: number for number, label in enumerate(labels)}
    numbers = np.zeros(len(values), np.int32)
    weights = np.ones(len(values), np.float32)
    for row, value in enumerate(values):
        if is_missing(value):
            weights[row] = 0.0
        elif isinstance(value, str) and value in known:
            numbers[row] = known[value]
        else:
            several = isinstance(value, list | tuple | set)
            hint = " Several labels of one text are a task of kind `multilabel`."
            message = unknown_label(name, labels, value, where, row)
            raise ValueError(message + (hint if several else ""))
    return numbers, weights


def outside(labels: Any, num_classes: int) -> Any:
    """Booleans in the shape of class numbers: which are none."""
    # What is not inside, so that NaN is outside too.
    inside = ops.logical_and(ops.greater_equal(labels, 0), ops.less(labels, num_classes))
    if "float" in keras.backend.standardize_dtype(labels.dtype):
        inside = ops.logical_and(inside, ops.equal(labels, ops.floor(labels)))
    return ops.logical_not(inside)


def check_share(name: str, **shares: float) -> None:
    """See that arguments of a task are in [0, 1). Raises `ValueError`."""
    for argument, value in shares.items():
        if not 0.0 <= value < 1.0:
            raise ValueError(
                f"`{argument}` of task {name!r} must be in [0, 1). Received: {argument}={value!r}."
            )


def check_choice(name: str, argument: str, value: Any, known: Sequence[str]) -> None:
    """See that an argument of a task is one of those there are. Raises `ValueError`."""
    if value not in known:
        raise ValueError(
            f"`{argument}` of task {name!r} must be one of {', '.join(map(repr, known))}. "
            f"Received: {argument}={value!r}."
        )


def check_pooling(name: str, pooling: str | None) -> None:
    """See that a task's way of pooling is known, or `None`. Raises `ValueError`."""
    if pooling is not None:
        check_choice(name, "pooling", pooling, POOLINGS)


def check_hidden_dim(name: str, hidden_dim: int | None) -> None:
    """See that the width of a task's hidden layer is one, or `None`. Raises `ValueError`."""
    if hidden_dim is not None and hidden_dim < 1:
        raise ValueError(
            f"`hidden_dim` of task {name!r} must be at least 1, or None for a linear head. "
            f"Received: hidden_dim={hidden_dim!r}."
        )


def check_layer(name: str, layer: int | None) -> None:
    """See that the layer that a task reads has a number, or is `None`. Raises `ValueError`."""
    if layer is not None and (isinstance(layer, bool) or not isinstance(layer, int) or layer < 1):
        raise ValueError(
            f"`layer` of task {name!r} must be the number of a layer of the trunk, counted from 1, "
            f"or None for the last. Received: layer={layer!r}."
        )
