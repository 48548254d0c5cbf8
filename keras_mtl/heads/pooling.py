"""One vector per text, from one vector per token."""

from typing import Any

import keras
from keras import ops

POOLINGS = ("mean", "sqrtn", "max", "first", "last")


@keras.saving.register_keras_serializable(package="keras_mtl")
class Pooling(keras.layers.Layer):
    """Reduce a sequence to one vector per row, looking at real tokens only.

    The result never depends on how far a row is padded, nor on what stands there. A row
    without any token gives zeros.

    Args:
        mode: `"mean"`, `"sqrtn"` (the sum over the square root of the length), `"max"`,
            `"first"` (the first token: that of BERT stands for the whole text), or `"last"` (the
            last real token).

    Call arguments:
        sequence: `(B, L, D)` floats.
        padding_mask: `(B, L)` booleans, true at real tokens; these come first in a row.

    Returns:
        `(B, D)`.

    Raises:
        ValueError: If `mode` is none of these.

    Example:
        >>> sequence = ops.array([[[1.0], [3.0], [9.0]]])
        >>> mask = ops.array([[True, True, False]])
        >>> [round(float(Pooling(mode)(sequence, mask)[0, 0]), 3) for mode in POOLINGS]
        [2.0, 2.828, 3.0, 1.0, 3.0]
    """

    def __init__(self, mode: str = "mean", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode not in POOLINGS:
            raise ValueError(
                f"`mode` of a pooling must be one of {', '.join(map(repr, POOLINGS))}. "
                f"Received: {mode=}."
            )
        self.mode = mode

    def call(self, sequence: Any, padding_mask: Any) -> Any:
        mask = ops.expand_dims(ops.cast(padding_mask, "bool"), -1)
        lengths = ops.sum(ops.cast(mask, "int32"), axis=1)
        if self.mode in ("mean", "sqrtn"):
            # Added up in float32: half precision loses tokens from a few hundred on.
            wide = keras.backend.result_type(sequence.dtype, "float32")
            total = ops.sum(ops.where(mask, ops.cast(sequence, wide), 0.0), axis=1)
            by = ops.cast(ops.maximum(lengths, 1), wide)
            return ops.cast(total / (by if self.mode == "mean" else ops.sqrt(by)), sequence.dtype)
        if self.mode == "max":
            pooled = ops.max(ops.where(mask, sequence, float("-inf")), axis=1)
        elif self.mode == "first":
            pooled = sequence[:, 0]
        else:
            places = ops.expand_dims(ops.arange(ops.shape(sequence)[1], dtype="int32"), -1)
            last = ops.equal(places, ops.expand_dims(lengths - 1, 1))
            return ops.sum(ops.where(last, sequence, 0.0), axis=1)
        return ops.where(lengths > 0, pooled, 0.0)

    def compute_output_shape(self, sequence_shape: Any, padding_mask_shape: Any) -> Any:
        return (sequence_shape[0], sequence_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}
