"""The gradient of each task, on JAX."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
from jax import numpy as jnp

from keras_mtl.training import aggregation, step
from keras_mtl.training.jax_pulls import NO_GRADIENT, added, of_task, one_hot, reached_by
from keras_mtl.training.stateless import scope_of, values_of
from keras_mtl.training.task_sums import separate_sums, stacked, task_sums


class Pull(NamedTuple):
    """The way back of one stream, from the sums of its tasks' losses and from its penalties.

    `reached` tells which variables each sum depends on, `[sum][variable]`.
    """

    pull: Callable[[Any], Any]
    totals: Sequence[Any]
    has_penalty: bool
    reached: list[list[bool]]


def at_parameters(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any
) -> tuple[step.Trained, Any]:
    """A step that computes new weights from the gradients by the shared variables."""
    pulls, scored, sums, untrained = pulled(model, rows, trainable, untrained)
    seen, factors, of_balancer, untrained = weighed(model, sums, trainable, untrained)
    outputs = outputs_of(model, sums[1], factors, scale)
    each, of_penalty = by_task(model, rows, pulls, outputs, scale)
    of_penalty = aggregation.plus(of_penalty, of_weight_penalties(model, trainable, untrained))
    state = trainable, untrained
    return combined(model, (each, of_penalty), (scored, sums, seen), factors, of_balancer, state)


def pulled(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any
) -> tuple[list[Pull], Any, tuple[Any, Any, Any], Any]:
    """A pass of each stream by itself: the gradient of a task then passes its own rows alone.

    Returns:
        The way back of each stream; rows by task; their sums; and the state it leaves.
    """
    passes, pulls = [], []
    for stream in rows.x:
        run = _pass_of(model, rows, stream, untrained)
        (totals, _), pull, (scored, penalties, sums, untrained) = jax.vjp(
            run, trainable, has_aux=True
        )
        passes.append((scored, sums))
        reached = reached_by(run, trainable, len(totals))
        pulls.append(Pull(pull, totals, bool(penalties), reached))
    scored, _ = step.merged([(scored, []) for scored, _ in passes])
    sums = tuple(map(sum, zip(*(stacked(one) for _, one in passes), strict=True)))
    return pulls, scored, sums, untrained


def by_task(
    model: Any, rows: step.Rows, pulls: Sequence[Pull], outputs: Any, scale: Any
) -> tuple[list[list[Any]], list[Any]]:
    """The unscaled gradient of each task, `[task][variable]`, and that of penalties.

    `outputs`, `(tasks,)`, are what each task's sum of losses is multiplied by, scale included.
    """
    variables = len(model.trainable_variables)
    each: list[list[Any]] = [[None] * variables for _ in model.tasks]
    of_penalty: list[Any] = [None] * variables
    for stream, (pull, totals, has_penalty, reached) in zip(rows.x, pulls, strict=True):
        feeding = [place for place, task in enumerate(model.tasks) if task.name in rows.y[stream]]
        for number, place in enumerate(feeding):
            if step.task_factors(model)[place] > 0:
                found = of_task(pull, totals, number, outputs[place])
                known = [
                    one / scale if there else None
                    for one, there in zip(found, reached[number], strict=True)
                ]
                each[place] = aggregation.plus(each[place], known)
        if has_penalty:
            of_penalty = aggregation.plus(
                of_penalty, pull((one_hot(totals, -1, NO_GRADIENT), jnp.ones(())))[0]
            )
    return each, of_penalty


def combined(
    model: Any,
    gradients: tuple[list[list[Any]], list[Any]],
    passed: tuple[Any, Any, step.Losses],
    factors: Any,
    of_balancer: Mapping[str, Any],
    state: tuple[Any, Any],
) -> tuple[step.Trained, Any]:
    """The direction of a step, and the state it leaves.

    Args:
        model: The model.
        gradients: Those of the tasks, and that of penalties.
        passed: Rows by task, their sums, and the losses.
        factors: The weights of the loss balancer, `(tasks,)`.
        of_balancer: Path to the gradient of each variable of the loss balancer.
        state: Values of trainable variables, and of the others.
    """
    each, of_penalty = gradients
    model.settings.part = aggregation.parts_of(model, each)
    paths = [variable.path for variable in model.trainable_variables]
    with scope_of(model, *state) as scope:
        found = aggregation.direction(model, paths, each, passed[-1], factors)
        found = found._replace(gradients=aggregation.plus(found.gradients, of_penalty))
        result = aggregation.trained(model, found, of_balancer, passed, factors)
    return result, values_of(scope, model.non_trainable_variables)


def keep(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any
) -> tuple[step.Trained, Any]:
    """A step with the weights of an earlier one."""
    run = together(model, rows, untrained)
    _, pull, (scored, sums, left) = jax.vjp(run, trainable, has_aux=True)
    seen, factors, of_balancer, left = weighed(model, sums, trainable, left)
    with scope_of(model, trainable, left) as scope:
        weights, of_heads = aggregation.kept(model, seen, factors)
        outputs = outputs_of(model, sums[1], factors, scale)
        gradients = by_kept(model, pull, outputs * weights, outputs * of_heads, scale)
        result = with_kept(
            model, gradients, weights, (scored, sums, seen), factors, of_balancer, (trainable, left)
        )
    return result, values_of(scope, model.non_trainable_variables)


def together(model: Any, rows: step.Rows, untrained: Any) -> Callable[[Any], Any]:
    """From the trainable variables to the sums of losses of all tasks, and penalties."""

    def run(trainable: Any) -> Any:
        with scope_of(model, trainable, untrained, collect_losses=True) as scope:
            again = model.balancer.needs_losses_after and aggregation.passes_apart(model)
            scored, penalties = aggregation.passes(model, rows, again)
            sums = task_sums(model, scored)
        left = values_of(scope, model.non_trainable_variables)
        return (sums[0], added(penalties)), (scored, sums, left)

    return run


def by_kept(
    model: Any, pull: Any, of_shared: Any, of_own: Any, scale: Any, parts: int = 1
) -> list[Any]:
    """Unscaled gradients, of shared variables and of those of one task by other outputs.

    Penalties count as those of one of several parts of a batch.
    """
    part, share = model.settings.part, scale * jnp.ones(()) / parts
    by_shared = pull((of_shared, NO_GRADIENT))[0]
    by_own = pull((of_own, share))[0]
    of_penalty = pull((jnp.zeros_like(of_shared), share))[0]
    return [
        (by_shared[place] + of_penalty[place] if place in part.shared else by_own[place]) / scale
        for place in range(len(by_own))
    ]


def with_kept(
    model: Any,
    gradients: list[Any],
    weights: Any,
    passed: tuple[Any, Any, step.Losses],
    factors: Any,
    of_balancer: Mapping[str, Any],
    state: tuple[Any, Any],
) -> step.Trained:
    """What a step with the weights of an earlier one found; penalties on weights come here."""
    gradients = aggregation.plus(gradients, of_weight_penalties(model, *state))
    unknown, present = jnp.zeros((len(model.tasks),) * 2), passed[-1].present
    found = aggregation.Direction(gradients, weights, unknown, present, jnp.array(True))
    return aggregation.trained(model, found, of_balancer, passed, factors)


def weighed(
    model: Any, sums: Sequence[Any], trainable: Any, untrained: Any
) -> tuple[step.Losses, Any, Mapping[str, Any], Any]:
    """What a balancer of losses says.

    Returns:
        The losses that it saw; its weights, `(tasks,)`; path of each of its variables to its
        gradient; and the state it leaves.
    """
    total, count, _ = sums
    seen = step.weighted(model, total / jnp.maximum(count, 1.0), count)
    balancer = aggregation.loss_balancer(model)
    if balancer is None:
        return seen, jnp.ones_like(seen.losses), {}, untrained
    (weighed, present), usable = aggregation.weighable(model, seen)
    paths = [variable.path for variable in model.trainable_variables]
    places = [paths.index(variable.path) for variable in balancer.trainable_variables]

    def scalar(losses: Any, own: Sequence[Any]) -> Any:
        values = list(trainable)
        for place, value in zip(places, own, strict=True):
            values[place] = value
        with scope_of(model, values, untrained) as scope:
            found = balancer(losses, present=present)
        return found, values_of(scope, model.non_trainable_variables)

    own = [trainable[place] for place in places]
    (factors, gradients), untrained = jax.grad(scalar, argnums=(0, 1), has_aux=True)(weighed, own)
    factors = jnp.where(usable, factors, 1.0)
    of_balancer = {paths[place]: one for place, one in zip(places, gradients, strict=True)}
    return seen, factors, of_balancer, untrained


def outputs_of(model: Any, count: Any, factors: Any, scale: Any) -> Any:
    """The scaled derivative of what is minimised by each task's sum of losses, `(tasks,)`."""
    return scale * factors * aggregation.factors_of(model) / jnp.maximum(count, 1.0)


def of_weight_penalties(model: Any, trainable: Any, untrained: Any) -> list[Any]:
    """The gradient of the penalties on weights."""

    def penalty(trainable: Any) -> Any:
        with scope_of(model, trainable, untrained):
            return step.penalty(model, [])

    found = jax.grad(penalty)(trainable)
    return [
        None if variable.regularizer is None else one
        for variable, one in zip(model.trainable_variables, found, strict=True)
    ]


def _pass_of(
    model: Any, rows: step.Rows, stream: str, untrained: Any
) -> Callable[[Any], tuple[Any, Any]]:
    """From the trainable variables to the sums of losses of a stream's tasks, and penalties."""

    def run(trainable: Any) -> Any:
        with scope_of(model, trainable, untrained, collect_losses=True) as scope:
            scored, penalties = step.forward(model, rows, True, [stream])
            sums = separate_sums(model, scored)
        totals = [
            one[0]
            for task, one in zip(model.tasks, sums, strict=True)
            if task.name in rows.y[stream]
        ]
        left = values_of(scope, model.non_trainable_variables)
        return (totals, added(penalties)), (scored, penalties, sums, left)

    return run
