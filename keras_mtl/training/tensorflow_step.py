"""Steps on TensorFlow, on one device or under a `tf.distribute` strategy."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from keras_mtl.data.mixing.batches import Batches
from keras_mtl.devices import only_one_cpu
from keras_mtl.heads import loss_dtype
from keras_mtl.training import step
from keras_mtl.training.clipping import clip, clips
from keras_mtl.training.task_sums import task_sums

# A run of its own data may have many shapes; from here on they share a compiled step.
_MAX_STATIC_SHAPES = 32


def train_step(model: Any, data: Any) -> dict[str, Any]:
    """One optimisation step in replica context; Keras calls it compiled."""
    settings, optimizer = model.settings, model.optimizer
    replicas = model.distribute_strategy.num_replicas_in_sync
    with tf.GradientTape() as tape:
        scored, penalties = step.forward(model, data, training=True)
        sums = task_sums(model, scored)
        scalar = step.objective(model, *sums[:2], penalties, _add_up, replicas)
        scalar = optimizer.scale_loss(scalar)
    variables = model.trainable_variables
    gradients = [dense(one) for one in tape.gradient(scalar, [v.value for v in variables])]
    gradients = step.without_idle(model, gradients)
    reached = _apply(model, gradients, replicas)
    step.update_metrics(model, scored, sums)
    if settings.self_checks and reached is not None:
        settings.scoring.sums.update_reached(reached)
    return model.get_metrics_result()


def test_step(model: Any, data: Any) -> dict[str, Any]:
    """Score one batch."""
    scored, _ = step.forward(model, data, training=False)
    step.update_metrics(model, scored, task_sums(model, scored))
    return model.get_metrics_result()


def dense(gradient: Any) -> Any:
    """A dense gradient, `None` where there is none.

    Keras's optimizers square the rows of a sparse gradient before rows of one token are added
    up, which is wrong; and a reduction over replicas lines such rows up once more.
    """
    return None if gradient is None else tf.convert_to_tensor(gradient)


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

    compiled: dict[Any, Callable[[Any], Any]] = {}

    def compiled_for(data: Any) -> Callable[[Any], Any]:
        if model.run_eagerly:
            return on_data
        kind_of_data = _kind_of(data)
        if kind_of_data not in compiled and len(compiled) >= _MAX_STATIC_SHAPES:
            kind_of_data = ()
        if kind_of_data not in compiled:
            function = tf.function(
                on_data,
                jit_compile=model.jit_compile,
                autograph=False,
                reduce_retracing=not kind_of_data,
            )
            # Concrete, because TensorFlow takes a trace per shape for a mistake and warns.
            compiled[kind_of_data] = (
                function.get_concrete_function(data) if kind_of_data else function
            )
        return compiled[kind_of_data]

    def function(iterator: Any) -> Any:
        outputs = None
        for data in itertools.islice(iterator, model.steps_per_execution):
            outputs = compiled_for(data)(data)
        if outputs is None:
            raise StopIteration
        return outputs

    return function


def training_input(batches: Batches) -> Any:
    """Mixture batches in the form that `fit` takes on this backend."""
    return _dataset(batches.forward, batches)


def evaluation_input(batches: Batches) -> Any:
    """Mixture batches in the form that `evaluate` takes on this backend."""
    dataset = _dataset(batches.forward, batches)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))


def replica_count(model: Any) -> int:
    """Replicas that share each batch."""
    count: int = model.distribute_strategy.num_replicas_in_sync
    return count


def scope(model: Any) -> Any:
    """Where the variables of a model's metrics are made."""
    return model.distribute_strategy.scope()


def sync(model: Any) -> None:
    """Variables are always current here."""


def _dataset(forward: Callable[[], Iterator[Any]], batches: Batches) -> Any:
    signature = tf.nest.map_structure(
        lambda leaf: tf.TensorSpec((None,) * leaf.ndim, leaf.dtype), batches[0]
    )
    dataset = tf.data.Dataset.from_generator(forward, output_signature=signature).prefetch(4)
    # Nothing here can be tuned, and the tuner, which looks at 10 ms, 20 ms, 40 ms and so on,
    # keeps the end of `fit` waiting for its next look: as long as all the training before.
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def _apply(model: Any, gradients: list[Any], replicas: int) -> Any:
    """Hand the gradients to the optimizer; `step.reached` of them, `None` without variables."""
    optimizer, variables = model.optimizer, model.trainable_variables
    if not variables:
        return None
    if only_one_cpu() and _is_kerass(optimizer):
        settings = model.settings
        if settings.update is None or settings.update[0] is not optimizer:
            settings.update = optimizer, _compiled_update(optimizer, variables)
        return settings.update[1](gradients)
    reached = step.reached(gradients)
    if replicas > 1:  # The optimizer adds them up over replicas itself.
        if clips(optimizer):
            # Keras would clip each replica's part, before the reduction.
            scale = optimizer.scale_loss(tf.ones((), loss_dtype()))
            whole = [_times(_add_up(one), 1 / (replicas * scale)) for one in gradients]
            gradients = [_times(one, scale) for one in clip(optimizer, whole)]
        gradients = [_times(one, 1 / replicas) for one in gradients]
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
        return step.reached(gradients)

    return update


def _update(optimizer: Any, gradients: list[Any], variables: list[Any]) -> None:
    pairs = [pair for pair in zip(gradients, variables, strict=True) if pair[0] is not None]
    if pairs:
        optimizer.apply(*zip(*pairs, strict=True))


def _is_kerass(optimizer: Any) -> bool:
    """Whether optimizer and schedule are Keras's own or ours, and so known to compile."""
    parts = (optimizer, getattr(optimizer, "_learning_rate", None))
    return not isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and all(
        type(part).__module__.startswith(("keras.", "keras_mtl.")) for part in parts
    )


def _times(gradient: Any, factor: Any) -> Any:
    return None if gradient is None else gradient * tf.cast(factor, gradient.dtype)


def _add_up(value: Any) -> Any:
    if value is None:
        return None
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def _first(model: Any, value: Any) -> Any:
    # Logs are results of metrics, which are the same on every replica.
    return model.distribute_strategy.experimental_local_results(value)[0]


def _kind_of(data: Any) -> tuple[Any, ...]:
    """Names, types and shapes of a batch on every replica: what a compiled step is made for."""
    return tuple(
        (path, part.dtype, tuple(part.shape))
        for path, leaf in keras.tree.flatten_with_path(data)
        if leaf is not None
        for part in (leaf.values if hasattr(leaf, "values") else (leaf,))
    )
