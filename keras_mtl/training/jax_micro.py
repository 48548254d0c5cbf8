"""Steps whose rows pass in parts, on JAX."""

from collections.abc import Callable
from typing import Any

import jax
from jax import numpy as jnp

from keras_mtl.heads import loss_dtype
from keras_mtl.training import aggregation, jax_each, step
from keras_mtl.training.micro_batches import divided, in_rows, labelled, needs_losses
from keras_mtl.training.stateless import scope_of, values_of
from keras_mtl.training.task_sums import task_sums

Found = tuple[step.Trained, Any]


def train(model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any) -> Found:
    """A balancer of losses: a backward pass for each part."""
    parts = divided(model, rows)
    looks = needs_losses(model)
    if looks:
        sums = losses(model, parts, trainable, untrained, False)
        seen, factors, of_balancer, untrained = jax_each.weighed(model, sums, trainable, untrained)
    else:  # It is asked once more when the losses are there.
        count = labelled(model, rows)
        sums = jnp.zeros_like(count), count, count
        _, factors, *_ = jax_each.weighed(model, sums, trainable, untrained)
    outputs = jax_each.outputs_of(model, sums[1], factors, scale)

    def one(rows: step.Rows, untrained: Any) -> Any:
        def loss(trainable: Any) -> Any:
            with scope_of(model, trainable, untrained, collect_losses=True) as scope:
                scored, penalties = step.forward(model, rows, training=True)
                sums = task_sums(model, scored)
                # Weights are penalised once.
                share = scale / model.settings.micro_batches
                scalar = jnp.sum(outputs * sums[0]) + share * step.penalty(model, penalties)
            return scalar, (scored, sums, values_of(scope, model.non_trainable_variables))

        gradients, (scored, sums, left) = jax.grad(loss, has_aux=True)(trainable)
        return [gradient / scale for gradient in gradients], scored, sums, left

    gradients, scored, sums, untrained = _summed(parts, one, trainable, untrained)
    if not looks:
        seen, factors, of_balancer, untrained = jax_each.weighed(model, sums, trainable, untrained)
    paths = [variable.path for variable in model.trainable_variables]
    gradients = aggregation.plus(gradients, [of_balancer.get(path) for path in paths])
    balance = (factors, seen.present)
    gradients = step.without_idle(model, gradients)
    return step.Trained(gradients, True, scored, sums, seen, balance), untrained


def at_parameters(model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any) -> Found:
    """A step that computes new weights from the gradients by the shared variables."""
    parts, tasks = divided(model, rows), len(model.tasks)
    ones = jnp.ones((tasks,), loss_dtype())
    outputs = jax_each.outputs_of(model, labelled(model, rows), ones, scale)

    def one(rows: step.Rows, untrained: Any) -> Any:
        pulls, scored, sums, left = jax_each.pulled(model, rows, trainable, untrained)
        each, of_penalty = jax_each.by_task(model, rows, pulls, outputs, scale)
        return [one for row in (*each, of_penalty) for one in row], scored, sums, left

    flat, scored, sums, untrained = _summed(parts, one, list(trainable) * (tasks + 1), untrained)
    *each, of_penalty = in_rows(flat, len(trainable))
    seen, factors, of_balancer, untrained = jax_each.weighed(model, sums, trainable, untrained)
    each = [
        [None if one is None else one * factors[place] for one in row]
        for place, row in enumerate(each)
    ]
    share = 1 / model.settings.micro_batches
    of_penalty = [None if one is None else one * share for one in of_penalty]
    of_weights = jax_each.of_weight_penalties(model, trainable, untrained)
    gradients = each, aggregation.plus(of_penalty, of_weights)
    state = trainable, untrained
    return jax_each.combined(model, gradients, (scored, sums, seen), factors, of_balancer, state)


def keep(model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any) -> Found:
    """A step with the weights of an earlier one."""
    parts = divided(model, rows)
    apart = model.balancer.needs_losses_after and aggregation.passes_apart(model)
    sums = losses(model, parts, trainable, untrained, apart)
    seen, factors, of_balancer, untrained = jax_each.weighed(model, sums, trainable, untrained)
    with scope_of(model, trainable, untrained) as scope:
        weights, of_heads = aggregation.kept(model, seen, factors)
    untrained = values_of(scope, model.non_trainable_variables)
    outputs = jax_each.outputs_of(model, sums[1], factors, scale)

    def one(rows: step.Rows, untrained: Any) -> Any:
        run = jax_each.together(model, rows, untrained)
        _, pull, (scored, sums, left) = jax.vjp(run, trainable, has_aux=True)
        of_shared, of_own = outputs * weights, outputs * of_heads
        count = model.settings.micro_batches
        by = jax_each.by_kept(model, pull, of_shared, of_own, scale, count)
        return by, scored, sums, left

    gradients, scored, sums, untrained = _summed(parts, one, trainable, untrained)
    state = trainable, untrained
    with scope_of(model, *state) as scope:
        passed = scored, sums, seen
        result = jax_each.with_kept(model, gradients, weights, passed, factors, of_balancer, state)
    return result, values_of(scope, model.non_trainable_variables)


def losses(model: Any, parts: step.Rows, trainable: Any, untrained: Any, apart: bool) -> Any:
    """The sums of the whole batch, by passes without a way back that leave nothing behind."""

    def one(untrained: Any, rows: step.Rows) -> Any:
        with scope_of(model, trainable, untrained, collect_losses=True) as scope:
            scored, _ = aggregation.passes(model, step.Rows(*rows), apart)
            sums = task_sums(model, scored)
        return values_of(scope, model.non_trainable_variables), sums

    _, sums = jax.lax.scan(one, untrained, parts)
    return tuple(jnp.sum(one, 0) for one in sums)


def _summed(
    parts: step.Rows, one: Callable[[step.Rows, Any], Any], like: Any, untrained: Any
) -> tuple[list[Any], Any, tuple[Any, Any, Any], Any]:
    """The gradients of all parts, added up; all rows; their sums; and the state they leave.

    Args:
        parts: The divided batch.
        one: From a part and a state to gradients, `None` where there is none; rows; sums; and the
            state it leaves.
        like: Arrays of the shapes of the gradients.
        untrained: The state before.
    """
    there = [False] * len(like)

    def body(carried: Any, rows: step.Rows) -> Any:
        gradients, untrained = carried
        found, scored, sums, untrained = one(rows, untrained)
        there[:] = [gradient is not None for gradient in found]
        gradients = [
            old if new is None else old + new for old, new in zip(gradients, found, strict=True)
        ]
        return (gradients, untrained), (scored, sums)

    begin = [jnp.zeros(value.shape, value.dtype) for value in like]
    (gradients, untrained), (scored, sums) = jax.lax.scan(body, (begin, untrained), parts)
    gradients = [one if is_ else None for one, is_ in zip(gradients, there, strict=True)]
    scored = jax.tree.map(lambda one: one.reshape((-1, *one.shape[2:])), scored)
    return gradients, scored, tuple(jnp.sum(one, 0) for one in sums), untrained
