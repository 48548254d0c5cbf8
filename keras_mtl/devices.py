"""What a computation runs on."""


def only_one_cpu() -> bool:
    """Whether TensorFlow is tracing a function that one CPU will run."""
    import tensorflow as tf

    return (
        not tf.executing_eagerly()
        and not tf.config.list_logical_devices("GPU")
        and not tf.config.list_logical_devices("TPU")
        and not tf.distribute.has_strategy()
    )
