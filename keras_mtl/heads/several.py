"""Several texts of a row on their way through a trunk that reads one."""

from typing import Any

import keras
from keras import ops

from keras_mtl.heads.compared import flat_texts


@keras.saving.register_keras_serializable(package="keras_mtl")
class JoinTexts(keras.layers.Layer):
    """Several texts of each row, `(B, T, L)`, as rows of their own, `(B * T, L)`."""

    def call(self, inputs: Any) -> Any:
        return flat_texts(inputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((None, *inputs.shape[2:]), dtype=inputs.dtype)


@keras.saving.register_keras_serializable(package="keras_mtl")
class SplitTexts(keras.layers.Layer):
    """What a trunk gives of `(B * T, ...)` texts, as `(B, T, ...)`.

    Call arguments:
        feature: `(B * T, ...)`.
        inputs: What the texts were, `(B, T, L)`.
    """

    def call(self, feature: Any, inputs: Any) -> Any:
        rows, texts = ops.shape(inputs)[:2]
        return ops.reshape(feature, (rows, texts, *ops.shape(feature)[1:]))

    def compute_output_spec(self, feature: Any, inputs: Any) -> Any:
        shape = (inputs.shape[0], inputs.shape[1], *feature.shape[1:])
        return keras.KerasTensor(shape, dtype=feature.dtype)


@keras.saving.register_keras_serializable(package="keras_mtl")
class FirstText(keras.layers.Layer):
    """The first text of each row, of features `(B, T, ...)`: `(B, ...)`."""

    def call(self, feature: Any) -> Any:
        return feature[:, 0]

    def compute_output_spec(self, feature: Any) -> Any:
        return keras.KerasTensor((feature.shape[0], *feature.shape[2:]), dtype=feature.dtype)
