"""Where gradients by the trunk's features can stand for those by its variables."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.training.step import Rows, task_factors
from keras_mtl.training.task_sums import Scored

_USE = "Use level='parameters', which is exact."


def check_streams(model: Any, rows: Rows) -> None:
    """Refuse tasks with rows of their own: their gradients by features never touch.

    Raises:
        ValueError: If a batch has several streams.
    """
    if len(rows.x) > 1:
        raise ValueError(
            f"`level='features'` of {type(model.balancer).__name__} must be used with tasks on the "
            "same rows. Received: streams with rows of their own, "
            f"{', '.join(map(repr, rows.x))}; at different rows no conflict could be seen. {_USE}"
        )


def check_reached(model: Any, features: Sequence[str], each: Sequence[Sequence[Any]]) -> None:
    """Refuse tasks that read different features.

    Args:
        model: The model.
        features: Names of the features.
        each: Gradients `[task][name]`, those of the features first; `None` where not reached.

    Raises:
        ValueError: If a task reads a feature that another does not.
    """
    read = {
        task.name: [name for name, one in zip(features, row, strict=False) if one is not None]
        for task, row, factor in zip(model.tasks, each, task_factors(model), strict=True)
        if factor > 0
    }
    if len({tuple(names) for names in read.values()}) > 1:
        raise ValueError(
            f"`level='features'` of {type(model.balancer).__name__} must be used with tasks that "
            f"read the same features of the trunk. Received: {read}; where tasks read different "
            f"ones, no conflict could be seen. {_USE}"
        )


def rows_that_differ(model: Any, scored: Mapping[str, Sequence[Scored]]) -> Any:
    """How many rows have labels of some tasks, but not of all that learn."""
    labelled = []
    for task, factor in zip(model.tasks, task_factors(model), strict=True):
        if factor > 0:
            weights = scored[task.name][0].weights
            some = ops.any(ops.reshape(weights > 0, (ops.shape(weights)[0], -1)), axis=1)
            labelled.append(ops.cast(some, loss_dtype()))
    whole = ops.stack(labelled)
    differing = ops.not_equal(ops.max(whole, axis=0), ops.min(whole, axis=0))
    return ops.sum(ops.cast(differing, loss_dtype()))


def places(model: Any) -> tuple[list[int], list[int]]:
    """Places among the trainable variables of those of the trunk, and of the others."""
    own = {id(variable) for variable in model.trunk.trainable_variables}
    trunk: list[int] = []
    rest: list[int] = []
    for place, variable in enumerate(model.trainable_variables):
        (trunk if id(variable) in own else rest).append(place)
    return trunk, rest
