"""From a gradient for each task to the gradient of a step, the same on every backend."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_mtl.balancing.gradients import gramian_of, weighted_sum
from keras_mtl.heads import loss_dtype
from keras_mtl.training.step import (
    Losses,
    Passed,
    Rows,
    Trained,
    forward,
    merged,
    needs_each,
    task_factors,
    without_idle,
)


class Direction(NamedTuple):
    """The gradient of a step, and what it was made of.

    `gradients` has one for each trainable variable, `None` where there is none; `weights` are
    those of the tasks' gradients, `(tasks,)`, `gramian` their dot products, `(tasks, tasks)`, and
    `present` who took part, `(tasks,)`. `all_finite` is false if a task was left out because its
    gradient was not finite.
    """

    gradients: list[Any]
    weights: Any
    gramian: Any
    present: Any
    all_finite: Any


class Part(NamedTuple):
    """Which variables are whose: places among the trainable variables.

    `shared` are those that two tasks or more reach; `own` gives each other one its task.
    """

    shared: list[int]
    own: dict[int, int]


def loss_balancer(model: Any) -> Any:
    """The balancer that acts on the losses, `None` for the plain sum under an aggregator."""
    if isinstance(model.balancer, keras.layers.Layer):
        return model.balancer
    return model.balancer.loss_balancer


def weighable(model: Any, seen: Losses) -> tuple[Losses, Any]:
    """The losses as a balancer of losses is to see them, and which tasks are usable, `(tasks,)`.

    Under an aggregator a loss that is not finite is that of a task which is absent: a weight of
    one task may be made of the losses of all.
    """
    if isinstance(model.balancer, keras.layers.Layer):
        return seen, ops.ones_like(seen.losses, dtype="bool")
    usable = ops.isfinite(seen.losses)
    losses = ops.where(usable, seen.losses, 0.0)
    return Losses(losses, ops.where(usable, seen.present, 0.0)), usable


def parts_of(model: Any, each: Sequence[Sequence[Any]]) -> Part:
    """Which variables are shared, as the gradients `[task][variable]` that are there tell."""
    learning = [task for task, factor in enumerate(task_factors(model)) if factor > 0]
    shared, own = [], {}
    for place in range(len(each[0])):
        reaching = [task for task in learning if each[task][place] is not None]
        if len(reaching) > 1:
            shared.append(place)
        elif reaching:
            own[place] = reaching[0]
    return Part(shared, own)


def direction(
    model: Any,
    names: Sequence[str],
    each: Sequence[Sequence[Any]],
    seen: Losses,
    factors: Any,
    add_up: Callable[[Any], Any] = lambda gramian: gramian,
) -> Direction:
    """Combine the tasks' gradients as the balancer says.

    Args:
        model: The model.
        names: What the gradients are of: paths of variables, or names of features.
        each: The gradient of each task by each of them, `[task][name]`, of the whole batch and in
            full precision; `None` where a task does not reach it.
        seen: The losses.
        factors: `(tasks,)`, what a balancer of losses multiplied them by before the gradients.
        add_up: Sums dot products over replicas, where gradients are of a replica's rows.

    Returns:
        The direction; what no task reaches has `None`.
    """
    part, tasks = parts_of(model, each), len(model.tasks)
    shared = {names[place]: [one[place] for one in each] for place in part.shared}
    gramian = add_up(gramian_of(shared, tasks))
    finite = _finite(gramian, part.own, each)
    present = seen.present * ops.cast(finite, seen.present.dtype)
    both = ops.expand_dims(present, 0) * ops.expand_dims(present, 1)
    gramian = ops.where(both > 0, gramian, 0.0)
    shared = {
        name: [_kept(one, finite, task) for task, one in enumerate(rows)]
        for name, rows in shared.items()
    }
    losses = ops.where(present > 0, seen.losses * factors, 0.0)
    combined, weights, of_heads = _combined(model, shared, gramian, losses, present)
    _count_left_out(model, seen.present - present)
    heads = ops.unstack(of_heads, tasks)
    gradients: list[Any] = [combined.get(name) for name in names]
    for place, task in part.own.items():
        own = _kept(each[task][place], finite, task)
        gradients[place] = own * ops.cast(heads[task], own.dtype)
    return Direction(gradients, weights, gramian, present, ops.all(finite))


def trained(
    model: Any,
    found: Direction,
    of_balancer: Mapping[str, Any],
    passed: tuple[Any, Any, Any],
    factors: Any,
) -> Trained:
    """A step's gradients, those of a loss balancer's own variables included.

    Args:
        model: The model.
        found: The direction, by trainable variables.
        of_balancer: Path to the gradient of each variable of the loss balancer.
        passed: Rows by task, their sums, and the losses.
        factors: The weights of the loss balancer, `(tasks,)`.
    """
    gradients = [
        of_balancer.get(variable.path, gradient)
        for variable, gradient in zip(model.trainable_variables, found.gradients, strict=True)
    ]
    if scales(model.optimizer):  # It skips the step and lowers its scale.
        gradients = [
            None if one is None else ops.where(found.all_finite, one, float("nan"))
            for one in gradients
        ]
    scored, sums, seen = passed
    if not isinstance(model.balancer, keras.layers.Layer):
        model.balancer.steps.assign_add(1)
        sums = _without_broken(sums)
    balance = (found.weights * factors, found.present, found.gramian)
    return Trained(without_idle(model, gradients), True, scored, sums, seen, balance)


def _without_broken(sums: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """Sums that the logs can take: of a task that was left out because of its loss, nothing."""
    total, count, outside = sums
    finite = ops.isfinite(total)
    return ops.where(finite, total, 0.0), ops.where(finite, count, 0.0), outside


def kept(model: Any, seen: Losses, factors: Any) -> tuple[Any, Any]:
    """The weights of an earlier step for those present, and those of what tasks have alone."""
    losses, present = seen.losses * factors, seen.present
    weights = model.balancer.current * present
    return weights, model.balancer.head_weights(weights, losses, present) * present


def plus(gradients: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Sums of gradients that may be `None`."""
    return [
        one if other is None else other if one is None else one + other
        for one, other in zip(gradients, others, strict=True)
    ]


def factors_of(model: Any) -> Any:
    """What each task's loss is multiplied by before any balancer, `(tasks,)`."""
    return ops.array(task_factors(model), loss_dtype())


def level(model: Any) -> str:
    """At which level a step takes the gradients of the tasks."""
    is_of_losses = isinstance(model.balancer, keras.layers.Layer)
    return "parameters" if is_of_losses else str(model.balancer.level)


def passes(model: Any, rows: Rows, apart: bool) -> Passed:
    """A batch in training: streams by themselves, or all that can together."""
    if not apart:
        return forward(model, rows, True)
    return merged([forward(model, rows, True, [stream]) for stream in rows.x])


def passes_apart(model: Any) -> bool:
    """Whether a step sends each stream through the trunk by itself.

    The losses after a step are of the same passes, so that the same words and units are dropped.
    """
    return needs_each(model) and level(model) == "parameters"


def may_be_compact(model: Any) -> bool:
    """Whether gradients of embeddings may be the rows of tokens in the batch alone."""
    is_of_losses = isinstance(model.balancer, keras.layers.Layer)
    return model.replicas == 1 and (is_of_losses or not model.balancer.keeps_gradients)


def _count_left_out(model: Any, left_out: Any) -> None:
    """Count tasks left out, but for those of a loss scale that is too high: it mends itself."""
    aggregator = model.balancer
    if not isinstance(aggregator, keras.layers.Layer) and not scales(model.optimizer):
        aggregator.non_finite.assign_add(left_out)


def scales(optimizer: Any) -> bool:
    """Whether an optimizer scales losses for half precision, and skips what overflows."""
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)


def _combined(
    model: Any, shared: Mapping[str, Any], gramian: Any, losses: Any, present: Any
) -> tuple[Mapping[str, Any], Any, Any]:
    """The shared variables' direction, the weights, and those of what tasks have alone."""
    aggregator = model.balancer
    if isinstance(aggregator, keras.layers.Layer):  # The gradients are of weighed losses already.
        return weighted_sum(shared, present), present, present
    combined, weights = aggregator.combine(shared, gramian, losses, present)
    aggregator.current.assign(weights)
    return combined, weights, aggregator.head_weights(weights, losses, present) * present


def _finite(gramian: Any, own: Mapping[int, int], each: Sequence[Sequence[Any]]) -> Any:
    """Whether each task's gradient is finite, `(tasks,)`."""
    norms = ops.unstack(ops.diagonal(gramian), gramian.shape[0])
    for place, task in own.items():
        norms[task] = norms[task] + ops.sum(ops.square(ops.cast(each[task][place], loss_dtype())))
    return ops.isfinite(ops.stack(norms))


def _kept(gradient: Any, finite: Any, task: int) -> Any:
    """A gradient, all 0 if that of its task is not finite."""
    return None if gradient is None else ops.where(finite[task], gradient, ops.zeros_like(gradient))
