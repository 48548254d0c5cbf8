"""The gradient of each task, on JAX."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import keras
from jax import numpy as jnp
from jax.interpreters import ad
from jax.interpreters.partial_eval import dce_jaxpr

from keras_mtl.training import aggregation, step
from keras_mtl.training.task_sums import separate_sums, stacked, task_sums

# Of a scalar.
NO_GRADIENT = ad.Zero(jax.typeof(jnp.zeros(())))


def train(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any
) -> tuple[step.Trained, Any]:
    """The direction of a step from the gradients of its tasks, and the state it leaves."""
    from keras_mtl.training.jax_at_features import at_features  # It builds on this module.

    solve = at_features if aggregation.level(model) == "features" else at_parameters
    every = getattr(model.balancer, "every", 1)
    if every == 1:
        return solve(model, rows, trainable, untrained, scale)
    with scope_of(model, trainable, untrained):
        turn = jnp.mod(jnp.asarray(model.balancer.steps), every) == 0
    return jax.lax.cond(
        turn,
        lambda trainable, untrained: solve(model, rows, trainable, untrained, scale),
        lambda trainable, untrained: keep(model, rows, trainable, untrained, scale),
        trainable,
        untrained,
    )


def scope_of(
    model: Any, trainable: Any, untrained: Any, more: Sequence[Any] = (), **options: Any
) -> keras.StatelessScope:
    """Where the model's variables have these values."""
    mapping = [
        *more,
        *zip(model.trainable_variables, trainable, strict=True),
        *zip(model.non_trainable_variables, untrained, strict=True),
    ]
    return keras.StatelessScope(state_mapping=mapping, **options)


def values_of(scope: keras.StatelessScope, variables: Any) -> list[Any]:
    """What variables are at the end of a scope."""
    found = [scope.get_current_value(variable) for variable in variables]
    return [
        variable.value if value is None else value
        for variable, value in zip(variables, found, strict=True)
    ]


def at_parameters(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any
) -> tuple[step.Trained, Any]:
    """A step that computes new weights from the gradients by the shared variables."""
    each: list[list[Any]] = [[None] * len(trainable) for _ in model.tasks]
    passes, pulls = [], []
    for stream in rows.x:
        # Each stream by itself: the gradient of a task then passes through its own rows alone.
        run = _pass_of(model, rows, stream, untrained)
        (totals, _), pull, (scored, penalties, sums, untrained) = jax.vjp(
            run, trainable, has_aux=True
        )
        passes.append((scored, penalties, sums))
        pulls.append((pull, totals, penalties, reached_by(run, trainable, len(totals))))
    scored, _ = step.merged([(scored, []) for scored, *_ in passes])
    sums = tuple(map(sum, zip(*(stacked(one) for *_, one in passes), strict=True)))
    seen, factors, of_balancer, untrained = weighed(model, sums, trainable, untrained)
    outputs = outputs_of(model, sums[1], factors, scale)
    of_penalty = of_weight_penalties(model, trainable, untrained)
    for stream, (pull, totals, penalties, reached) in zip(rows.x, pulls, strict=True):
        feeding = [place for place, task in enumerate(model.tasks) if task.name in rows.y[stream]]
        for number, place in enumerate(feeding):
            if step.task_factors(model)[place] > 0:
                found = of_task(pull, totals, number, outputs[place])
                known = [
                    one / scale if there else None
                    for one, there in zip(found, reached[number], strict=True)
                ]
                each[place] = aggregation.plus(each[place], known)
        if penalties:
            of_penalty = aggregation.plus(
                of_penalty, pull((one_hot(totals, -1, NO_GRADIENT), jnp.ones(())))[0]
            )
    model.settings.part = aggregation.parts_of(model, each)
    paths = [variable.path for variable in model.trainable_variables]
    with scope_of(model, trainable, untrained) as scope:
        found = aggregation.direction(model, paths, each, seen, factors)
        found = found._replace(gradients=aggregation.plus(found.gradients, of_penalty))
        result = aggregation.trained(model, found, of_balancer, (scored, sums, seen), factors)
    return result, values_of(scope, model.non_trainable_variables)


def keep(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any
) -> tuple[step.Trained, Any]:
    """A step with the weights of an earlier one."""

    def run(trainable: Any) -> Any:
        with scope_of(model, trainable, untrained, collect_losses=True) as scope:
            again = model.balancer.needs_losses_after and aggregation.passes_apart(model)
            scored, penalties = aggregation.passes(model, rows, again)
            sums = task_sums(model, scored)
        left = values_of(scope, model.non_trainable_variables)
        return (sums[0], added(penalties)), (scored, sums, left)

    _, pull, (scored, sums, left) = jax.vjp(run, trainable, has_aux=True)
    seen, factors, of_balancer, left = weighed(model, sums, trainable, left)
    part, tasks = model.settings.part, len(model.tasks)
    with scope_of(model, trainable, left) as scope:
        weights, of_heads = aggregation.kept(model, seen, factors)
        outputs = outputs_of(model, sums[1], factors, scale)
        by_shared = pull((outputs * weights, NO_GRADIENT))[0]
        by_own = pull((outputs * of_heads, scale * jnp.ones(())))[0]
        of_penalty = pull((jnp.zeros((tasks,)), scale * jnp.ones(())))[0]
        gradients = [
            (by_shared[place] + of_penalty[place] if place in part.shared else by_own[place])
            / scale
            for place in range(len(trainable))
        ]
        gradients = aggregation.plus(gradients, of_weight_penalties(model, trainable, left))
        unknown = jnp.zeros((tasks, tasks))
        found = aggregation.Direction(gradients, weights, unknown, seen.present, jnp.array(True))
        result = aggregation.trained(model, found, of_balancer, (scored, sums, seen), factors)
    return result, values_of(scope, model.non_trainable_variables)


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


def added(penalties: Sequence[Any]) -> Any:
    """The sum of penalties, which may be none."""
    return sum((one.astype("float32") for one in penalties), start=jnp.zeros(()))


def one_hot(totals: Sequence[Any], place: int, value: Any) -> list[Any]:
    """Zeros but for one value, in the form of the totals.

    Symbolic ones: a real zero would go through every head, and come back NaN from a broken one.
    """
    return [value if number == place else NO_GRADIENT for number in range(len(totals))]


def of_task(pull: Any, totals: Sequence[Any], place: int, output: Any) -> Any:
    """The gradient of one of several sums of losses, times `output`."""
    try:
        return pull((one_hot(totals, place, output), NO_GRADIENT))[0]
    except ValueError:  # JAX cannot go back through a scan of a head that has no gradient at all.
        zero = jnp.zeros(())
        real = [output if number == place else zero for number in range(len(totals))]
        return pull((real, zero))[0]


def reached_by(run: Callable[[Any], Any], inputs: Any, outputs: int) -> list[list[bool]]:
    """Which inputs each of the first outputs depends on, `[output][input]`."""
    graph = jax.make_jaxpr(lambda given: run(given)[0])(inputs).jaxpr
    found = []
    for number in range(outputs):
        used = [place == number for place in range(len(graph.outvars))]
        found.append(list(dce_jaxpr(graph, used)[1]))
    return found


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
