"""What a task taught a trunk, as something to add and to take away."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl.data.datasets.label_space import listed
from keras_mtl.training.ancestry import digest_of
from keras_mtl.transfer.freezing import check_model


class TaskVector:
    """The difference between a fine-tuned trunk and the one it began with.

    Vectors of one ancestor can be added, subtracted and multiplied by numbers, and applied to a
    model whose trunk stands at that ancestor. Heads have no part in it.

    Args:
        ancestor: A checksum of the trunk that it began with.
        values: Path of each variable to its change.

    Example:
        `(task_vector(imdb, base) + 0.5 * task_vector(topics, base)).apply_to(model)`

    Reference:
        [Ilharco et al., 2023](https://arxiv.org/abs/2212.04089)
    """

    def __init__(self, ancestor: str, values: Mapping[str, np.ndarray]) -> None:
        self.ancestor, self.values = ancestor, dict(values)

    def __add__(self, other: "TaskVector") -> "TaskVector":
        if not isinstance(other, TaskVector):
            return NotImplemented
        _check_ancestor(self.ancestor, other.ancestor, "Task vectors that are added")
        return TaskVector(
            self.ancestor, {path: one + other.values[path] for path, one in self.values.items()}
        )

    def __mul__(self, factor: float) -> "TaskVector":
        if not isinstance(factor, (int, float)):
            return NotImplemented
        return TaskVector(self.ancestor, {path: factor * one for path, one in self.values.items()})

    __rmul__ = __mul__

    def __neg__(self) -> "TaskVector":
        return -1.0 * self

    def __sub__(self, other: "TaskVector") -> "TaskVector":
        return self + -other if isinstance(other, TaskVector) else NotImplemented

    def apply_to(self, model: Any) -> None:
        """Add the vector to a model's trunk, which must stand where the fine-tuning began.

        Raises:
            TypeError: If `model` is no MultiTaskModel.
            ValueError: If its trunk is another, or was trained since.
        """
        trunk = check_model(model, "apply_to").trunk
        _check_ancestor(self.ancestor, digest_of(trunk), "A task vector and the trunk it is added")
        for variable in trunk.weights:
            value = keras.ops.convert_to_numpy(variable).astype(np.float64)
            change = self.values.get(variable.path)
            if change is not None:
                variable.assign((value + change).astype(np.float32))
        model.ancestor = None  # What is trained from here began here.


def task_vector(model: Any, base: Any) -> TaskVector:
    """What training taught the trunk of a model: its weights less those it began with.

    Args:
        model: A `MultiTaskModel`, fine-tuned.
        base: The model, or the trunk, that it began as.

    Raises:
        TypeError: If `model` is no MultiTaskModel.
        ValueError: If its training did not begin at `base`.
    """
    check_model(model, "task_vector")
    trunk = getattr(base, "trunk", base)
    before = {one.path: one for one in trunk.weights}
    after = {one.path: one for one in model.trunk.weights}
    differing = sorted(before.keys() ^ after.keys()) or [
        path for path, one in before.items() if tuple(one.shape) != tuple(after[path].shape)
    ]
    if differing:
        raise ValueError(
            "`base` of `task_vector` must be the trunk that the model began with. Received: one "
            f"that differs in {listed(differing)}."
        )
    began = model.ancestor or digest_of(model.trunk)
    _check_ancestor(began, digest_of(trunk), "A model and the `base` of its task vector")
    convert = keras.ops.convert_to_numpy
    values = {
        path: convert(after[path]).astype(np.float64) - convert(one).astype(np.float64)
        for path, one in before.items()
    }
    return TaskVector(began, values)


def _check_ancestor(one: str, other: str, what: str) -> None:
    if one != other:
        raise ValueError(
            f"{what} must have begun at the same weights. Received: two that began at others "
            f"({one[:8]} and {other[:8]}). Fine-tune both from one trunk."
        )
