"""The weights of the tasks' losses, and their change while training runs."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keras_mtl.tasks import by_task


def checked_loss_weights(
    given: Any, names: Sequence[str], others: Mapping[str, float] | None = None
) -> dict[str, float]:
    """The weight of every task.

    Args:
        given: What the user gave.
        names: Names of the tasks.
        others: Weights of the tasks that are not named; 1 by default.

    Raises:
        ValueError: If a weight is negative or not finite, or all are 0.
    """
    weights = {**(others or dict.fromkeys(names, 1.0)), **by_task(given, names, "loss_weights")}
    for name, weight in weights.items():
        if not 0.0 <= float(weight) < float("inf"):
            raise ValueError(
                f"`loss_weights` of task {name!r} must be a number of 0 or more. "
                f"Received: {weight!r}."
            )
    if not any(weights.values()):
        raise ValueError(
            f"At least one of `loss_weights` must be above 0. Received: {dict(weights)!r}."
        )
    return {name: float(weights[name]) for name in names}


def idle_paths(model: Any, weights: Mapping[str, float]) -> frozenset[str]:
    """Paths of the variables that only heads of tasks of weight 0 have."""
    used, unused = (
        {
            v.path
            for name in weights
            if (weights[name] > 0) is counts
            for v in model.heads[name].variables
        }
        for counts in (True, False)
    )
    return frozenset(unused - used)


def training_weights(model: Any) -> dict[str, float]:
    """Task name to the weight of its loss in the next step."""
    names = [task.name for task in model.tasks]
    return dict(zip(names, model.settings.training_weights, strict=True))


def change_training_weights(model: Any, weights: Mapping[str, float]) -> None:
    """Train with other weights from the next step on; the optimizer keeps its state."""
    settings = model.settings
    if training_weights(model) == weights:
        return
    settings.training_weights = tuple(weights[task.name] for task in model.tasks)
    settings.idle = idle_paths(model, weights)
    if model.train_function is not None:  # Weights are constants of a compiled step.
        model.adapter.sync(model)
        model.make_train_function(force=True)


@contextlib.contextmanager
def until_the_end(model: Any) -> Iterator[None]:
    """Undo, at the end of the block and after an error in it, what the block did to the weights."""
    before = training_weights(model)
    try:
        yield
    finally:
        change_training_weights(model, before)
