"""Steps whose rows pass in parts, on TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_mtl.heads import loss_dtype
from keras_mtl.training import aggregation, counting, step
from keras_mtl.training import tensorflow_each as each_of
from keras_mtl.training.micro_batches import divided, in_rows, labelled, needs_losses, part_of
from keras_mtl.training.stateless import pass_variables, values_of
from keras_mtl.training.task_sums import separate_sums, stacked, task_sums
from keras_mtl.training.tensorflow_each import add_up, dense, times

Sums = tuple[Any, Any, Any]
# From a part to gradients, `None` where there is none; rows, if metrics are to count them; sums.
Pass = Callable[[step.Rows], tuple[Sequence[Any], Any, Sums]]


def train(model: Any, rows: step.Rows) -> step.Trained:
    """A step of parts under any balancer."""
    if not step.needs_each(model):
        return _train(model, rows)
    return _at_parameters(model, rows) if model.settings.solves else _keep(model, rows)


def losses(model: Any, parts: step.Rows, begin: Sequence[Any], apart: bool) -> Sums:
    """This replica's sums of the whole batch, by passes without a way back.

    Nothing is left behind: seeds and moving averages begin as told, and stay as they are.
    """

    def one(rows: step.Rows) -> Any:
        scored, _ = aggregation.passes(model, rows, apart)
        return [], None, task_sums(model, scored)

    _, sums, _ = _in_turn(model, parts, one, [], begin)
    return sums


def _train(model: Any, rows: step.Rows) -> step.Trained:
    """A balancer of losses: a backward pass for each part."""
    parts, variables = divided(model, rows), model.trainable_variables
    looks = needs_losses(model)
    if looks:
        sums = losses(model, parts, _state(model), False)
        seen, factors, of_balancer = _weighed(model, sums)
    else:
        count = labelled(model, rows)
        sums = tf.zeros_like(count), count, count
        with keras.StatelessScope():  # It is asked once more when the losses are there.
            _, factors, _ = _weighed(model, sums)
    scale = _scale(model)
    outputs = model.replicas * scale * factors * _shares(model, sums[1])

    def one(rows: step.Rows) -> Any:
        with each_of.Gradients() as tape:
            scored, penalties = step.forward(model, rows, training=True)
            sums = task_sums(model, scored)
            scalar = tf.reduce_sum(outputs * sums[0]) + scale * _penalty(model, penalties)
        return tape.gradient(scalar, [one.value for one in variables]), scored, sums

    gradients, sums = _counted(model, parts, one, variables)
    if not looks:
        seen, factors, of_balancer = _weighed(model, sums)
    own = [of_balancer.get(variable.path) for variable in variables]
    own = [None if one is None else one * tf.cast(scale, one.dtype) for one in own]
    found = [
        None if one is None else tf.cast(one, variable.dtype)
        for one, variable in zip(aggregation.plus(gradients, own), variables, strict=True)
    ]
    balance = (factors, seen.present)
    return step.Trained(step.without_idle(model, found), False, None, sums, seen, balance)


def _at_parameters(model: Any, rows: step.Rows) -> step.Trained:
    """A step that computes new weights from the gradients by the shared variables."""
    parts, variables, tasks = divided(model, rows), model.trainable_variables, len(model.tasks)
    scale, learns = _scale(model), [factor > 0 for factor in step.task_factors(model)]
    outputs = tf.unstack(scale * _shares(model, labelled(model, rows)))

    def one(rows: step.Rows) -> Any:
        with each_of.Gradients() as tape:
            scored, penalties = aggregation.passes(model, rows, apart=True)
            sums = separate_sums(model, scored)
            penalty = _penalty(model, penalties)
        values = [one.value for one in variables]
        found: list[Any] = []
        for (total, *_), output, is_ in zip(sums, outputs, learns, strict=True):
            found += tape.gradient(total, values, output) if is_ else [None] * len(values)
        return [*found, *tape.gradient(penalty, values)], scored, stacked(sums)

    flat, sums = _counted(model, parts, one, [*variables] * (tasks + 1))
    seen, factors, of_balancer = _weighed(model, sums)
    *each, of_penalty = in_rows(flat, len(variables))
    each = [
        [times(add_up(one), factor / scale) for one in row]
        for row, factor in zip(each, tf.unstack(factors), strict=True)
    ]
    model.settings.part = aggregation.parts_of(model, each)
    paths = [variable.path for variable in variables]
    found = aggregation.direction(model, paths, each, seen, factors)
    found = found._replace(gradients=_with_penalty(model, found.gradients, of_penalty))
    return aggregation.trained(model, found, of_balancer, (None, sums, seen), factors)


def _keep(model: Any, rows: step.Rows) -> step.Trained:
    """A step with the weights of an earlier one."""
    parts, variables = divided(model, rows), model.trainable_variables
    apart = model.balancer.needs_losses_after and aggregation.passes_apart(model)
    sums = losses(model, parts, _state(model), apart)
    seen, factors, of_balancer = _weighed(model, sums)
    weights, of_heads = aggregation.kept(model, seen, factors)
    scale, part = _scale(model), model.settings.part
    outputs = scale * factors * _shares(model, sums[1])

    def one(rows: step.Rows) -> Any:
        with each_of.Gradients() as tape:
            scored, penalties = aggregation.passes(model, rows, apart)
            sums = task_sums(model, scored)
            penalty = _penalty(model, penalties)
        values = [one.value for one in variables]
        found: list[Any] = [None] * len(values)
        for places, own in ((part.shared, weights), (list(part.own), of_heads)):
            back = tape.gradient(sums[0], [values[place] for place in places], outputs * own)
            for place, gradient in zip(places, back, strict=True):
                found[place] = gradient
        return [*found, *tape.gradient(penalty, values)], scored, sums

    flat, sums = _counted(model, parts, one, [*variables] * 2)
    gradients, of_penalty = in_rows(flat, len(variables))
    gradients = [times(add_up(one), 1 / scale) for one in gradients]
    gradients = _with_penalty(model, gradients, of_penalty)
    unknown = tf.zeros((len(model.tasks),) * 2, loss_dtype())
    found = aggregation.Direction(gradients, weights, unknown, seen.present, tf.constant(True))
    return aggregation.trained(model, found, of_balancer, (None, sums, seen), factors)


def _counted(
    model: Any, parts: step.Rows, one: Pass, like: Sequence[Any]
) -> tuple[list[Any], Sums]:
    """Gradients and sums of all parts; seeds and moving averages are left as the passes do."""
    gradients, sums, state = _in_turn(model, parts, one, like, _state(model))
    for variable, value in zip(pass_variables(model), state, strict=True):
        variable.assign(value)
    return gradients, sums


def _in_turn(
    model: Any, parts: step.Rows, one: Pass, like: Sequence[Any], begin: Sequence[Any]
) -> tuple[list[Any], Sums, Sequence[Any]]:
    """Pass parts one after another, never two at once.

    Args:
        model: The model.
        parts: The divided batch.
        one: A pass of one part.
        like: Variables of the shapes of the gradients.
        begin: Values of `pass_variables` before the first part.

    Returns:
        The sums of gradients in full precision, `None` where no part has one; those of the sums;
        and the values of `pass_variables` behind the last part.
    """
    changed, there = pass_variables(model), [False] * len(like)
    # Keras asks the scope, and nothing else, for what it is to penalise.
    penalised = [(one, one.value) for one in model.trainable_variables if one.regularizer]

    def body(number: Any, gradients: Any, sums: Any, state: Any) -> Any:
        # An assignment would have replicas wait for each other, which a loop cannot.
        mapping = [*zip(changed, state, strict=True), *penalised]
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
            found, scored, more = one(part_of(parts, number))
        if scored is not None:
            counting.count_rows(model, scored)
        there[:] = [gradient is not None for gradient in found]
        gradients = [
            old if new is None else old + tf.cast(dense(new), old.dtype)
            for old, new in zip(gradients, found, strict=True)
        ]
        sums = [old + new for old, new in zip(sums, more, strict=True)]
        return number + 1, gradients, sums, values_of(scope, changed)

    zeros = [tf.zeros(variable.shape, loss_dtype()) for variable in like]
    sums = [tf.zeros((len(model.tasks),), loss_dtype())] * 3
    count = model.settings.micro_batches
    _, gradients, sums, state = tf.while_loop(
        lambda number, *_: number < count,
        body,
        (0, zeros, sums, list(begin)),
        parallel_iterations=1,
    )
    known = [one if is_ else None for one, is_ in zip(gradients, there, strict=True)]
    return known, tuple(sums), state


def _state(model: Any) -> list[Any]:
    return [tf.identity(variable.value) for variable in pass_variables(model)]


def _scale(model: Any) -> Any:
    return model.optimizer.scale_loss(tf.ones((), loss_dtype()))


def _shares(model: Any, count: Any) -> Any:
    """The derivative of each task's weighted loss by the sum of its losses, `(tasks,)`."""
    return aggregation.factors_of(model) / tf.maximum(add_up(count), 1.0)


def _penalty(model: Any, penalties: Sequence[Any]) -> Any:
    """The part of one pass in the penalties of the batch."""
    return step.penalty(model, penalties) / model.settings.micro_batches


def _with_penalty(model: Any, gradients: Sequence[Any], of_penalty: Sequence[Any]) -> list[Any]:
    """Gradients of the whole batch, and the mean over replicas of those of penalties."""
    added = [times(add_up(one), 1 / model.replicas) for one in of_penalty]
    return aggregation.plus(gradients, added)


def _weighed(model: Any, sums: Sums) -> Any:
    """What a balancer of losses says to the sums of a replica."""
    counts = add_up(sums[1])
    return each_of.weighed(model, tf.unstack(sums[0] / tf.maximum(counts, 1.0)), tf.unstack(counts))
