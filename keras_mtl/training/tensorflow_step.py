"""Steps on TensorFlow, on one device or under a `tf.distribute` strategy."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_mtl.devices import only_one_cpu
from keras_mtl.heads import loss_dtype
from keras_mtl.training import counting, step, tensorflow_each, tensorflow_micro
from keras_mtl.training.aggregation import passes, passes_apart, scales
from keras_mtl.training.clipping import clip, clips
from keras_mtl.training.micro_batches import divided
from keras_mtl.training.stateless import pass_variables
from keras_mtl.training.task_sums import task_sums
from keras_mtl.training.tensorflow_each import add_up, dense, times
from keras_mtl.training.tensorflow_input import (
    Feed,
    evaluation_input,
    feed_of,
    input_scope,
    training_input,
)

__all__ = [
    "any_process",
    "evaluation_input",
    "input_scope",
    "make_function",
    "processes",
    "replica_count",
    "scope",
    "skip",
    "split_rows",
    "sync",
    "test_step",
    "train_step",
    "training_input",
    "turns_of",
]

# A run of its own data may have many shapes; from here on they share a compiled step.
_MAX_STATIC_SHAPES = 32


def train_step(model: Any, data: Any) -> dict[str, Any]:
    """One optimisation step in replica context; Keras calls it compiled."""
    settings, rows = model.settings, step.rows_of(model, data)
    before = None
    if model.balancer.needs_losses_after:
        before = [tf.identity(variable.value) for variable in pass_variables(model)]
    train = tensorflow_each.train if step.needs_each(model) else _train
    if settings.micro_batches > 1:
        train = tensorflow_micro.train
    found = train(model, rows)
    reached = _apply(model, found.gradients, found.whole)
    if before is not None:
        model.balancer.after_step(
            found.seen.losses, _after(model, rows, before), found.seen.present
        )
    counting.update_metrics(model, found.scored, found.sums)
    if settings.self_checks and reached is not None:
        settings.scoring.sums.update_reached(reached)
    if settings.scoring.balance is not None:
        settings.scoring.balance.update_state(*found.balance)
    return settings.scoring.logs(settings.loss_weights, training=True)


def _train(model: Any, rows: step.Rows) -> step.Trained:
    """A balancer of losses: one backward pass."""
    replicas, probe = replica_count(model), tf.zeros((len(model.tasks),), loss_dtype())
    values = [variable.value for variable in model.trainable_variables]
    # What is frozen is not watched: of a frozen trunk nothing is kept, and nothing goes back.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([probe, *values])
        scored, penalties = step.forward(model, rows, training=True)
        sums = task_sums(model, scored)
        scalar, seen = step.objective(model, *sums[:2], penalties, add_up, replicas, probe)
        scalar = model.optimizer.scale_loss(scalar)
    *gradients, weights = tape.gradient(scalar, [*values, probe])
    gradients = step.without_idle(model, [dense(one) for one in gradients])
    balance = (weights / model.optimizer.scale_loss(1.0), seen.present)
    return step.Trained(gradients, False, scored, sums, seen, balance)


def _after(model: Any, rows: step.Rows, before: Sequence[Any]) -> Any:
    """The losses after the update, `(tasks,)`: the same rows, the same words and units dropped."""
    if model.settings.micro_batches > 1:
        parts = divided(model, rows)
        total, count, _ = tensorflow_micro.losses(model, parts, before, passes_apart(model))
    else:
        changed = pass_variables(model)
        now = [tf.identity(variable.value) for variable in changed]
        _set(changed, before)
        scored, _ = passes(model, rows, passes_apart(model))
        _set(changed, now)
        total, count, _ = task_sums(model, scored)
    global_count = add_up(count)
    losses = add_up(total / tf.maximum(global_count, 1.0))
    return step.weighted(model, losses, global_count).losses


def test_step(model: Any, data: Any) -> dict[str, Any]:
    """Score one batch."""
    scored, _ = step.forward(model, step.rows_of(model, data), training=False)
    counting.update_metrics(model, scored, task_sums(model, scored))
    return model.get_metrics_result()


def make_function(
    model: Any, step_function: Callable[[Any], Any], kind: str
) -> Callable[[Any], Any]:
    """Compile a step once for each shape of its batches.

    Stock Keras relaxes shapes to `(None, None)`, which no TPU takes and which hides from the
    step which streams can share a pass through the trunk.
    """

    def on_data(data: Any) -> Any:
        model.settings.traces[kind] += not model.run_eagerly
        outputs = model.distribute_strategy.run(step_function, args=(data,))
        return tf.nest.map_structure(lambda value: _first(model, value), outputs)

    compiled: dict[Any, Callable[..., Any]] = {}
    turns = turns_of(model) if kind == "train" else itertools.repeat(True)

    def compiled_for(feed: Feed) -> Callable[..., Any]:
        solves = next(turns)
        if model.run_eagerly:
            model.settings.solves = solves or model.settings.part is None
            return lambda *arguments: on_data(feed.batch(*arguments))
        kind_of_data = feed.kind
        if (kind_of_data, solves) not in compiled and len(compiled) >= _MAX_STATIC_SHAPES:
            kind_of_data = feed.any_shape
        if not solves and model.settings.part is None:  # A run that goes on between two solves.
            compile_for(feed, kind_of_data, True)
        if (kind_of_data, solves) not in compiled:
            compile_for(feed, kind_of_data, solves)
        return compiled[kind_of_data, solves]

    def compile_for(feed: Feed, kind_of_data: Any, solves: bool) -> None:
        model.settings.solves = solves
        static = kind_of_data == feed.kind
        batch = feed.batch if static else feed.batch_of_any_shape
        function = tf.function(
            lambda *arguments: on_data(batch(*arguments)),
            jit_compile=model.jit_compile,
            autograph=False,
            reduce_retracing=not static,
        )
        # Concrete, because TensorFlow takes a trace per shape for a mistake and warns.
        found = function.get_concrete_function(*feed.arguments)
        compiled[kind_of_data, solves] = found if static else function

    def function(iterator: Any) -> Any:
        outputs = None
        for data in itertools.islice(iterator, model.steps_per_execution):
            feed = feed_of(data)
            outputs = compiled_for(feed)(*feed.arguments)
        if outputs is None:
            raise StopIteration
        return outputs

    return function


def skip(model: Any, iterator: Any) -> dict[str, Any]:
    """Pass steps by that were done before: their batches are taken, nothing else happens."""
    for _ in itertools.islice(iterator, model.steps_per_execution):
        pass
    return dict(model._passed)


def turns_of(model: Any) -> Iterator[bool]:
    """Whether a step computes new weights of gradients, from the next one on."""
    every = getattr(model.balancer, "every", 1)
    if every == 1:
        yield from itertools.repeat(True)
    # Read when the first step comes: a run may have been restored after `compile`.
    done = int(keras.ops.convert_to_numpy(model.balancer.steps))
    yield from (number % every == 0 for number in itertools.count(done))


def replica_count(model: Any) -> int:
    """Replicas that share each batch."""
    count: int = model.distribute_strategy.num_replicas_in_sync
    return count


def processes(model: Any) -> tuple[int, int]:
    """The number of this process among those that train the model, and how many there are."""
    resolver = model.distribute_strategy.cluster_resolver
    if resolver is None or resolver.task_type not in ("chief", "worker"):
        return 0, 1
    workers = resolver.cluster_spec().as_dict()
    chiefs = len(workers.get("chief", ()))
    own = resolver.task_id + (chiefs if resolver.task_type == "worker" else 0)
    return own, chiefs + len(workers.get("worker", ()))


def any_process(model: Any, wishes: Sequence[bool]) -> tuple[bool, ...]:
    """Of each wish, whether a process has it; all must call this at the same point of a run."""
    strategy = model.distribute_strategy
    own = strategy.run(tf.constant, args=(list(wishes), tf.int32))
    return tuple((strategy.reduce("SUM", own, axis=None).numpy() > 0).tolist())


def scope(model: Any) -> Any:
    """Where the variables of a model's metrics are made."""
    return model.distribute_strategy.scope()


def split_rows(values: Any, rows: Sequence[int]) -> list[Any]:
    """Values `(N, ...)` in parts of so many rows."""
    # `keras.ops.split` would compute the rows from where parts end, in the step, for each value.
    return list(tf.split(values, list(rows)))


def sync(model: Any) -> None:
    """Variables are always current here."""


def _apply(model: Any, gradients: list[Any], whole: bool) -> Any:
    """Hand the gradients to the optimizer; `counting.reached` of them, `None` without variables.

    `whole` gradients are those of the unscaled loss of the whole batch; others are of the scaled
    loss, and their mean over replicas is that of the batch.
    """
    optimizer, variables, replicas = (
        model.optimizer,
        model.trainable_variables,
        replica_count(model),
    )
    if not variables:
        return None
    if only_one_cpu() and _is_kerass(optimizer):
        settings = model.settings
        if settings.update is None or settings.update[0] is not optimizer:
            settings.update = optimizer, _compiled_update(optimizer, variables)
        return settings.update[1](gradients)
    reached = counting.reached(gradients)
    scale = optimizer.scale_loss(tf.ones((), loss_dtype()))
    if replicas > 1 and clips(optimizer):
        # Keras would clip each replica's part, before the reduction.
        if not whole:
            gradients = [times(add_up(one), 1 / (replicas * scale)) for one in gradients]
        gradients, whole = clip(optimizer, gradients), True
    if whole and scales(optimizer):
        gradients = [times(one, scale) for one in gradients]
    if replicas > 1:  # The optimizer adds them up over replicas itself.
        gradients = [times(one, 1 / replicas) for one in gradients]
    _update(optimizer, gradients, variables)
    return reached


def _compiled_update(optimizer: Any, variables: list[Any]) -> Callable[[list[Any]], Any]:
    """An update by XLA: it goes through an embedding once, not once for each operation.

    The rest of a step gains less from XLA than its compilation costs, or loses: a loop over
    tokens, most of all.
    """

    @tf.function(jit_compile=True, autograph=False)
    def update(gradients: list[Any]) -> Any:
        _update(optimizer, gradients, variables)
        return counting.reached(gradients)

    return update


def _update(optimizer: Any, gradients: list[Any], variables: list[Any]) -> None:
    pairs = [pair for pair in zip(gradients, variables, strict=True) if pair[0] is not None]
    if pairs:
        optimizer.apply(*zip(*pairs, strict=True))


def _is_kerass(optimizer: Any) -> bool:
    """Whether optimizer and schedule are Keras's own or ours, and so known to compile."""
    pattern = getattr(optimizer, "pattern", optimizer)
    parts = (optimizer, pattern, getattr(optimizer, "_learning_rate", None))
    return not isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and all(
        type(part).__module__.startswith(("keras.", "keras_mtl.")) for part in parts
    )


def _set(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _first(model: Any, value: Any) -> Any:
    # Logs are results of metrics, which are the same on every replica.
    return model.distribute_strategy.experimental_local_results(value)[0]
