"""The gradient of each task by what the trunk hands the heads, on JAX."""

from typing import Any

import jax
from jax import numpy as jnp

from keras_mtl.heads import loss_dtype
from keras_mtl.training import aggregation, step
from keras_mtl.training import at_features as checks
from keras_mtl.training import jax_each as each_of
from keras_mtl.training.features import features_of
from keras_mtl.training.jax_pulls import NO_GRADIENT, added, of_task, one_hot, reached_by
from keras_mtl.training.stateless import scope_of, values_of
from keras_mtl.training.task_sums import separate_sums, stacked


def at_features(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any
) -> tuple[step.Trained, Any]:
    """The direction of a step from the gradients by features, and the state it leaves."""
    checks.check_streams(model, rows)
    trunk, rest = checks.places(model)
    encode = _encoder(model, rows, untrained)
    (passed, _), pull_trunk, (others, untrained) = jax.vjp(encode, trainable, has_aux=True)
    score = _scorer(model, rows, others, trainable, untrained)
    given = (passed, [trainable[place] for place in rest])
    (totals, _), pull, (scored, sums, untrained) = jax.vjp(score, given, has_aux=True)
    seen, factors, of_balancer, untrained = each_of.weighed(model, sums, trainable, untrained)
    outputs = each_of.outputs_of(model, sums[1], factors, scale)
    reached = reached_by(score, given, len(totals))
    each: list[list[Any]] = []
    for place, factor in enumerate(step.task_factors(model)):
        by_features, by_rest = of_task(pull, totals, place, outputs[place])
        known = zip([*by_features.values(), *by_rest], reached[place], strict=True)
        each.append(
            [one.astype(loss_dtype()) / scale if is_ and factor > 0 else None for one, is_ in known]
        )
    checks.check_reached(model, list(passed), each)
    model.settings.part = aggregation.Part(trunk, dict.fromkeys(rest, 0))
    names = [*passed, *(model.trainable_variables[place].path for place in rest)]
    of_penalty = pull((one_hot(totals, -1, NO_GRADIENT), scale * jnp.ones(())))[0]
    with scope_of(model, trainable, untrained) as scope:
        model.balancer.blind.assign_add(checks.rows_that_differ(model, scored))
        found = aggregation.direction(model, names, each, seen, factors)
        back = {
            name: of_penalty[0][name] + (0.0 if by is None else (by * scale).astype(one.dtype))
            for (name, one), by in zip(passed.items(), found.gradients, strict=False)
        }
        by_trunk = pull_trunk((back, scale * jnp.ones(())))[0]
        gradients: list[Any] = [None] * len(trainable)
        for place in trunk:
            gradients[place] = by_trunk[place] / scale
        for place, one, other in zip(
            rest, found.gradients[len(passed) :], of_penalty[1], strict=True
        ):
            gradients[place] = None if one is None else one + other / scale
        weights = each_of.of_weight_penalties(model, trainable, untrained)
        found = found._replace(gradients=aggregation.plus(gradients, weights))
        result = aggregation.trained(model, found, of_balancer, (scored, sums, seen), factors)
    return result, values_of(scope, model.non_trainable_variables)


def _encoder(model: Any, rows: step.Rows, untrained: Any) -> Any:
    """From the trainable variables to features, and penalties."""

    def encode(trainable: Any) -> Any:
        with scope_of(model, trainable, untrained, collect_losses=True) as scope:
            features, penalties = features_of(model, rows.x, True)
        (found,) = features.values()
        passed = {
            name: one for name, one in found.items() if jnp.issubdtype(one.dtype, jnp.floating)
        }
        others = {name: one for name, one in found.items() if name not in passed}
        left = values_of(scope, model.non_trainable_variables)
        return (passed, added(penalties)), (others, left)

    return encode


def _scorer(model: Any, rows: step.Rows, others: Any, trainable: Any, untrained: Any) -> Any:
    """From features and the variables outside of the trunk to sums of losses, and penalties."""
    (stream,) = rows.x
    _, rest = checks.places(model)

    def score(given: Any) -> Any:
        passed, of_rest = given
        values = list(trainable)
        for place, value in zip(rest, of_rest, strict=True):
            values[place] = value
        with scope_of(model, values, untrained, collect_losses=True) as scope:
            features = {stream: {**passed, **others}}
            scored, penalties = step.pass_heads(model, rows, features, True)
            sums = separate_sums(model, scored)
        left = values_of(scope, model.non_trainable_variables)
        totals = [one[0] for one in sums]
        return (totals, added(penalties)), (scored, stacked(sums), left)

    return score
