"""What a computation runs on."""

from typing import Any


def only_one_cpu() -> bool:
    """Whether TensorFlow is tracing a function that one CPU will run."""
    import tensorflow as tf

    return (
        not tf.executing_eagerly()
        and not tf.config.list_logical_devices("GPU")
        and not tf.config.list_logical_devices("TPU")
        and not tf.distribute.has_strategy()
    )


def all_rows(values: Any) -> Any:
    """The rows of every replica that shares a step, one replica's behind another's.

    Args:
        values: `(B, ...)`, the rows of this replica.

    Returns:
        `(R * B, ...)`, the same on each of `R` replicas; `values` where there is one, or where
        arrays hold the rows of all devices anyway, as on JAX.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return values
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    # Added up with zeros in the places of the others, which keeps shapes static for a TPU.
    replicas = context.num_replicas_in_sync
    own = tf.range(replicas) == context.replica_id_in_sync_group
    own = tf.reshape(own, [replicas] + [1] * len(values.shape))
    placed = tf.where(own, values[None], tf.zeros_like(values[None]))
    everyones = context.all_reduce(tf.distribute.ReduceOp.SUM, placed)
    return tf.reshape(everyones, [-1, *values.shape[1:]])
