"""The gradient of each task, on TensorFlow."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from keras_mtl.heads import loss_dtype
from keras_mtl.training import aggregation, at_features, step
from keras_mtl.training.features import features_of
from keras_mtl.training.task_sums import separate_sums, stacked, task_sums


def train(model: Any, rows: step.Rows) -> step.Trained:
    """The direction of a step from the gradients of its tasks, taken over the whole batch."""
    if not model.settings.solves:
        return _keep(model, rows)
    if aggregation.level(model) == "features":
        return _at_features(model, rows)
    with Gradients() as tape:
        # Each stream by itself: the gradient of a task then passes through its own rows alone.
        scored, penalties = aggregation.passes(model, rows, apart=True)
        sums = separate_sums(model, scored)
        losses, counts = _means(sums)
        penalty = step.penalty(model, penalties)
    seen, factors, of_balancer = weighed(model, losses, counts)
    values = [variable.value for variable in model.trainable_variables]
    each = _each(model, tape, losses, values, factors)
    each, spread = _compact(model, each)
    model.settings.part = aggregation.parts_of(model, each)
    paths = [variable.path for variable in model.trainable_variables]
    found = aggregation.direction(model, paths, each, seen, factors)
    gradients = [
        spread[place](one) if place in spread else one for place, one in enumerate(found.gradients)
    ]
    found = found._replace(
        gradients=aggregation.plus(gradients, _of_penalty(model, tape, penalty, values))
    )
    return aggregation.trained(model, found, of_balancer, (scored, stacked(sums), seen), factors)


class Gradients:
    """A tape that can be asked several times.

    While a step is compiled its graph is asked, without a tape: a persistent tape would have
    functions inside give all that any derivative could need, which those for XLA cannot.
    """

    def __enter__(self) -> "Gradients":
        self._tape = None if tf.inside_function() else tf.GradientTape(persistent=True)
        if self._tape is not None:
            self._tape.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        if self._tape is not None:
            self._tape.__exit__(*error)

    def gradient(self, targets: Any, sources: Sequence[Any], outputs: Any = None) -> list[Any]:
        """The gradient of targets, times `outputs`, by sources; `None` where there is none."""
        if self._tape is not None:
            return list(self._tape.gradient(targets, sources, outputs))
        return list(tf.gradients(targets, sources, outputs))


def dense(gradient: Any) -> Any:
    """A dense gradient, `None` where there is none.

    Keras's optimizers square the rows of a sparse gradient before rows of one token are added
    up, which is wrong; and a reduction over replicas lines such rows up once more.
    """
    return None if gradient is None else tf.convert_to_tensor(gradient)


def add_up(value: Any) -> Any:
    """The sum over replicas."""
    if value is None:
        return None
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def _at_features(model: Any, rows: step.Rows) -> step.Trained:
    """The same, by the gradients of what the trunk hands the heads."""
    at_features.check_streams(model, rows)
    with Gradients() as tape:
        features, penalties = features_of(model, rows.x, True)
        # As new tensors: of features that are made of one another each is taken by itself.
        features = tf.nest.map_structure(tf.identity, features)
        scored, of_heads = step.pass_heads(model, rows, features, True)
        sums = separate_sums(model, scored)
        losses, counts = _means(sums)
        penalty = step.penalty(model, [*penalties, *of_heads])
    seen, factors, of_balancer = weighed(model, losses, counts)
    passed = {
        name: one for name, one in next(iter(features.values())).items() if one.dtype.is_floating
    }
    variables = model.trainable_variables
    trunk, rest = at_features.places(model)
    sources = [*passed.values(), *(variables[place].value for place in rest)]
    each = [
        # A feature is of the rows of this replica, a variable's gradient of all.
        [dense(one) if place < len(passed) else add_up(dense(one)) for place, one in enumerate(row)]
        for row in _each(model, tape, losses, sources, factors)
    ]
    at_features.check_reached(model, list(passed), each)
    model.balancer.blind.assign_add(add_up(at_features.rows_that_differ(model, scored)))
    names = [*passed, *(variables[place].path for place in rest)]
    model.settings.part = aggregation.Part(trunk, dict.fromkeys(rest, 0))
    found = aggregation.direction(model, names, each, seen, factors, add_up)
    targets = [
        (feature, tf.cast(one, feature.dtype))
        for feature, one in zip(passed.values(), found.gradients, strict=False)
        if one is not None
    ]
    values = [variable.value for variable in variables]
    gradients: list[Any] = [None] * len(values)
    if targets:
        scale = model.optimizer.scale_loss(tf.ones((), loss_dtype()))
        back = tape.gradient(
            [feature for feature, _ in targets],
            [values[place] for place in trunk],
            [one * tf.cast(scale, one.dtype) for _, one in targets],
        )
        for place, one in zip(trunk, back, strict=True):
            gradients[place] = add_up(unscaled(dense(one), scale))
    for place, one in zip(rest, found.gradients[len(passed) :], strict=True):
        gradients[place] = one
    found = found._replace(
        gradients=aggregation.plus(gradients, _of_penalty(model, tape, penalty, values))
    )
    return aggregation.trained(model, found, of_balancer, (scored, stacked(sums), seen), factors)


def _keep(model: Any, rows: step.Rows) -> step.Trained:
    """A step with the weights of an earlier one."""
    with Gradients() as tape:
        again = model.balancer.needs_losses_after and aggregation.passes_apart(model)
        scored, penalties = aggregation.passes(model, rows, again)
        sums = task_sums(model, scored)
        counts = add_up(tf.stop_gradient(sums[1]))
        losses = sums[0] / tf.maximum(counts, 1.0)
        penalty = step.penalty(model, penalties)
    seen, factors, of_balancer = weighed(model, tf.unstack(losses), tf.unstack(counts))
    values = [variable.value for variable in model.trainable_variables]
    weights, of_heads = aggregation.kept(model, seen, factors)
    gradients: list[Any] = [None] * len(values)
    scale = model.optimizer.scale_loss(tf.ones((), loss_dtype()))
    part = model.settings.part
    for places, own in ((part.shared, weights), (list(part.own), of_heads)):
        outputs = scale * own * factors * aggregation.factors_of(model)
        back = tape.gradient(losses, [values[place] for place in places], outputs)
        for place, one in zip(places, back, strict=True):
            gradients[place] = add_up(unscaled(dense(one), scale))
    gradients = aggregation.plus(gradients, _of_penalty(model, tape, penalty, values))
    unknown = tf.zeros((len(model.tasks), len(model.tasks)), loss_dtype())
    found = aggregation.Direction(gradients, weights, unknown, seen.present, tf.constant(True))
    return aggregation.trained(model, found, of_balancer, (scored, sums, seen), factors)


def _means(sums: Sequence[Sequence[Any]]) -> tuple[list[Any], list[Any]]:
    """Each task's part of its mean loss, and its labelled rows on all replicas."""
    counts = tf.unstack(add_up(tf.stop_gradient(tf.stack([count for _, count, _ in sums]))))
    losses = [
        total / tf.maximum(count, 1.0) for (total, *_), count in zip(sums, counts, strict=True)
    ]
    return losses, counts


def weighed(
    model: Any, losses: Sequence[Any], counts: Sequence[Any]
) -> tuple[step.Losses, Any, Mapping[str, Any]]:
    """What a balancer of losses says.

    Returns:
        The losses that it saw; its weights, `(tasks,)`; and path of each of its variables to its
        gradient.
    """
    seen = step.weighted(model, add_up(tf.stack(losses)), tf.stack(counts))
    balancer = aggregation.loss_balancer(model)
    if balancer is None:
        return seen, tf.ones_like(seen.losses), {}
    (weighed, present), usable = aggregation.weighable(model, seen)
    with tf.GradientTape() as tape:
        tape.watch(weighed)
        scalar = balancer(weighed, present=present)
    own = balancer.trainable_variables
    factors, *gradients = tape.gradient(scalar, [weighed, *(one.value for one in own)])
    factors = tf.where(usable, factors, 1.0)
    paths = [one.path for one in own]
    return seen, factors, dict(zip(paths, gradients, strict=True))


def _each(
    model: Any, tape: Any, losses: Sequence[Any], sources: Sequence[Any], factors: Any
) -> list[list[Any]]:
    """The gradient of each task's loss by the sources, `[task][source]`, on this replica."""
    scale = model.optimizer.scale_loss(tf.ones((), loss_dtype()))
    outputs = tf.unstack(scale * factors * aggregation.factors_of(model))
    found = []
    for loss, output, factor in zip(losses, outputs, step.task_factors(model), strict=True):
        if factor > 0:
            gradients = tape.gradient(loss, sources, output)
            found.append([unscaled(one, scale) for one in gradients])
        else:
            found.append([None] * len(sources))
    return found


def _compact(
    model: Any, each: Sequence[Sequence[Any]]
) -> tuple[list[list[Any]], dict[int, Callable[[Any], Any]]]:
    """Gradients that can be added and multiplied: of embeddings, the rows of tokens in the batch.

    Returns:
        The gradients; and for each embedding what makes a whole gradient of such rows.
    """
    found, spread = [list(row) for row in each], {}
    rows_alone = aggregation.may_be_compact(model) and not model.jit_compile
    for place in range(len(found[0])):
        parts = [row[place] for row in found if row[place] is not None]
        sparse = all(isinstance(one, tf.IndexedSlices) for one in parts)
        if len(parts) > 1 and sparse and rows_alone:
            tokens, rows = tf.unique(tf.concat([one.indices for one in parts], 0))
            ends = tf.split(rows, [tf.shape(one.indices)[0] for one in parts])
            spread[place] = _spreads(tokens, tf.shape(model.trainable_variables[place].value)[0])
            own = iter(ends)
            for row in found:
                if row[place] is not None:
                    row[place] = tf.math.unsorted_segment_sum(
                        row[place].values, next(own), tf.size(tokens)
                    )
        else:
            for row in found:
                row[place] = add_up(dense(row[place]))
    return found, spread


def _spreads(tokens: Any, size: Any) -> Callable[[Any], Any]:
    def spread(rows: Any) -> Any:
        return tf.math.unsorted_segment_sum(rows, tokens, size)

    return spread


def _of_penalty(model: Any, tape: Any, penalty: Any, values: Sequence[Any]) -> list[Any]:
    """The gradient of penalties, the mean over replicas."""
    replicas = model.distribute_strategy.num_replicas_in_sync
    gradients = [dense(one) for one in tape.gradient(penalty, values)]
    return [None if one is None else add_up(one) / replicas for one in gradients]


def unscaled(gradient: Any, scale: Any) -> Any:
    """An unscaled gradient, in full precision."""
    if gradient is None:
        return None
    if isinstance(gradient, tf.IndexedSlices):
        values = tf.cast(gradient.values, loss_dtype()) / scale
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return tf.cast(gradient, loss_dtype()) / scale


def times(gradient: Any, factor: Any) -> Any:
    """A gradient times a factor, `None` where there is none."""
    return None if gradient is None else gradient * tf.cast(factor, gradient.dtype)
