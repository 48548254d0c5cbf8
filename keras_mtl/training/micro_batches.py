"""A training step whose rows pass in parts, one after another: the memory of one part.

The gradient is that of all rows at once. Who is labelled is known before the first pass, so the
means of the tasks are over the whole batch, and never means of means.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.training.aggregation import loss_balancer
from keras_mtl.training.clipping import inner_optimizer
from keras_mtl.training.labels import all_ones
from keras_mtl.training.step import Rows


def check_parts(micro_batches: Any, balancer: Any) -> None:
    """Refuse what is no number of parts, and what needs all rows at once.

    Raises:
        ValueError: If `micro_batches` is not a whole number of 1 or more, or is more than 1 under
            an aggregator at the level of features.
    """
    if not isinstance(micro_batches, int) or isinstance(micro_batches, bool) or micro_batches < 1:
        raise ValueError(
            "`micro_batches` of `compile` must be a whole number of 1 or more: in how many parts "
            f"the rows of a step pass. Received: {micro_batches!r}."
        )
    if micro_batches > 1 and getattr(balancer, "level", None) == "features":
        raise ValueError(
            f"`micro_batches` of `compile` must be 1 under {type(balancer).__name__} with "
            "level='features', which weighs the features of all rows before they go back through "
            f"the trunk. Received: {micro_batches}. Use level='parameters'."
        )


def check_accumulation(optimizer: Any, replicas: int) -> None:
    """Tell who lets the optimizer accumulate gradients what it does.

    Raises:
        ValueError: If it is to under `tf.distribute`, where it fails in the first step.
    """
    optimizer = inner_optimizer(optimizer)
    steps = getattr(optimizer, "gradient_accumulation_steps", None)
    if not steps:
        return
    instead = (
        f"Use `compile(micro_batches={steps})` with batches of {steps} times as many rows, whose "
        "gradient is that of all their labelled rows."
    )
    whose = f"`gradient_accumulation_steps` of {type(optimizer).__name__}"
    if replicas > 1 and keras.backend.backend() == "tensorflow":
        raise ValueError(
            f"{whose} must be None on several devices: Keras's accumulation fails under "
            f"`tf.distribute`. Received: {steps}, and {replicas} devices. {instead}"
        )
    warnings.warn(
        f"{whose} is {steps}: Keras takes the mean of the gradients of {steps} batches, each a "
        f"mean itself, however few labels of a task it has. {instead}",
        stacklevel=3,
    )


def divided(model: Any, rows: Rows) -> Rows:
    """A batch with an axis of parts in front, of `settings.micro_batches`.

    Each stream is divided by itself. With n parts each gets every n-th row: rows that lie on
    several devices then stay where they are. Where a stream cannot be divided evenly its last
    row is repeated, with weight 0.
    """
    count = model.settings.micro_batches

    def in_parts(value: Any) -> Any:
        """`(B, ...)` as `(count, B / count, ...)`."""
        shape = ops.shape(value)
        value = ops.reshape(value, (shape[0] // count, count, *shape[1:]))
        return ops.transpose(value, (1, 0, *range(2, len(shape) + 1)))

    even = {stream: _evened(model, rows, stream) for stream in rows.x}
    each = ({stream: one[place] for stream, one in even.items()} for place in range(3))
    return Rows(*(keras.tree.map_structure(in_parts, one) for one in each))


def part_of(parts: Rows, number: Any) -> Rows:
    """One part of a divided batch."""
    return Rows(*(keras.tree.map_structure(lambda one: one[number], one) for one in parts))


def labelled(model: Any, rows: Rows) -> Any:
    """The labelled rows, or words, of each task, `(tasks,)`, before any pass."""
    counts = {task.name: ops.zeros((), loss_dtype()) for task in model.tasks}
    for stream in rows.y:
        for name, weights in _weights(model, rows, stream).items():
            counts[name] = counts[name] + ops.sum(ops.cast(weights > 0, loss_dtype()))
    return ops.stack(list(counts.values()))


def needs_losses(model: Any) -> bool:
    """Whether the weights of a step are made of its losses, which passes before it must tell."""
    balancer = loss_balancer(model)
    return balancer is not None and balancer.weighs_by_losses


def in_rows(flat: Sequence[Any], length: int) -> list[list[Any]]:
    """Values in rows of a length."""
    return [list(flat[begin : begin + length]) for begin in range(0, len(flat), length)]


def _evened(model: Any, rows: Rows, stream: str) -> tuple[Any, Any, Any]:
    """Inputs, labels and weights of a stream, as many rows as can be divided evenly."""
    count, weights = model.settings.micro_batches, rows.sample_weight[stream]
    size = ops.shape(next(iter(rows.x[stream].values())))[0]
    whole = -(-size // count) * count
    if isinstance(size, int) and whole == size:
        return rows.x[stream], rows.y[stream], weights
    places = ops.arange(whole)
    taken = ops.minimum(places, size - 1)
    x, y, weights = (
        keras.tree.map_structure(lambda one: ops.take(one, taken, axis=0), part)
        for part in (rows.x[stream], rows.y[stream], _weights(model, rows, stream))
    )
    return x, y, {name: _only(one, places < size) for name, one in weights.items()}


def _weights(model: Any, rows: Rows, stream: str) -> Mapping[str, Any]:
    """The weights of each task's rows of a stream, those included that came without."""
    given, labels = rows.sample_weight[stream], rows.y[stream]
    return {
        task.name: given[task.name] if task.name in given else all_ones(task, labels[task.name])
        for task in model.tasks
        if task.name in labels
    }


def _only(weights: Any, real: Any) -> Any:
    """Weights, 0 for rows that are not real."""
    shape = (-1, *(1 for _ in weights.shape[1:]))
    return ops.where(ops.reshape(real, shape), weights, ops.zeros_like(weights))
