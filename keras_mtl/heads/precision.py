"""The precision in which scores become losses."""

import keras


def loss_dtype() -> str:
    """`"float32"`, or `"float64"` where Keras computes in that; never half precision.

    Losses are logarithms and sums over many rows; under mixed precision the layers before
    them run in half precision, they do not.
    """
    dtype: str = keras.backend.result_type(keras.config.floatx(), "float32")
    return dtype
