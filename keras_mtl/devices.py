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
    return context.all_gather(values, axis=0)
