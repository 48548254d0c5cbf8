"""Which adapter runs the steps."""

from typing import Any

import keras


def adapter() -> Any:
    """The module that runs steps on the backend that Keras runs on.

    Raises:
        RuntimeError: If there is none for this backend.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from keras_mtl.training import tensorflow_step

        return tensorflow_step
    if backend == "jax":
        from keras_mtl.training import jax_step

        return jax_step
    raise RuntimeError(
        "keras_mtl trains on the TensorFlow and JAX backends. Received: "
        f"KERAS_BACKEND={backend!r}. Set KERAS_BACKEND=tensorflow before importing Keras."
    )
