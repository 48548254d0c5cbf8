"""Small layers that the trunks are made of."""

from typing import Any

import keras
from keras import ops

# The bigram hash multiplies by one and then, after a remainder, by the other: so its products
# stay in int32 for ids up to 60 million and for as many buckets as are allowed.
_FIRST, _SECOND = 31, 527
_MAX_BUCKETS = 2**21


@keras.saving.register_keras_serializable(package="keras_mtl")
class PaddingMask(keras.layers.Layer):
    """`(B, L)` token ids to booleans, true at real tokens (id 0 is padding)."""

    def call(self, token_ids: Any) -> Any:
        return ops.not_equal(token_ids, 0)

    def compute_output_spec(self, token_ids: Any) -> Any:
        return keras.KerasTensor(token_ids.shape, dtype="bool")


@keras.saving.register_keras_serializable(package="keras_mtl")
class ClearPadding(keras.layers.Layer):
    """Set `(B, L, D)` to 0 at padding, whatever stands there.

    Call arguments:
        sequence: `(B, L, D)`.
        padding_mask: `(B, L)` booleans, true at real tokens.

    Returns:
        `(B, L, D)`.
    """

    def call(self, sequence: Any, padding_mask: Any) -> Any:
        return ops.where(ops.expand_dims(padding_mask, -1), sequence, 0.0)

    def compute_output_shape(self, sequence_shape: Any, padding_mask_shape: Any) -> Any:
        return sequence_shape


@keras.saving.register_keras_serializable(package="keras_mtl")
class ReverseTokens(keras.layers.Layer):
    """Reverse the real tokens of each row of `(B, L, D)`; padding stays behind them.

    A recurrent layer can then read backwards without a mask, and without seeing padding
    first. Applied twice it is the identity.

    Call arguments:
        sequence: `(B, L, D)`.
        padding_mask: `(B, L)` booleans, true at real tokens; these come first in a row.

    Returns:
        `(B, L, D)`.
    """

    def call(self, sequence: Any, padding_mask: Any) -> Any:
        lengths = ops.sum(ops.cast(padding_mask, "int32"), axis=1, keepdims=True)
        steps = ops.expand_dims(ops.arange(ops.shape(sequence)[1], dtype="int32"), 0)
        source = ops.expand_dims(ops.where(steps < lengths, lengths - 1 - steps, steps), -1)

        # The gradient of this permutation is itself, where a backend would scatter and add.
        @ops.custom_gradient
        def reverse(values: Any) -> Any:
            def gradient(upstream: Any) -> Any:
                return ops.take_along_axis(upstream, source, axis=1)

            return ops.take_along_axis(values, source, axis=1), gradient

        return reverse(sequence)

    def compute_output_shape(self, sequence_shape: Any, padding_mask_shape: Any) -> Any:
        return sequence_shape


@keras.saving.register_keras_serializable(package="keras_mtl")
class HashedBigrams(keras.layers.Layer):
    """Number each pair of neighbouring tokens by a hash.

    Args:
        buckets: How many numbers there are. Different pairs may share one.

    Call arguments:
        token_ids: `(B, L)` integers, 0 where padded.

    Returns:
        int32 `(B, L)`: at a token the number, in [1, buckets], of the pair that it makes with
        the next one; 0 at the last token of a text and at padding.

    Raises:
        ValueError: If `buckets` is out of range.

    Example:
        >>> ops.convert_to_numpy(HashedBigrams(100)(ops.array([[5, 6, 0]]))).tolist()
        [[92, 0, 0]]
    """

    def __init__(self, buckets: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 2 <= buckets <= _MAX_BUCKETS:
            raise ValueError(
                f"`buckets` of hashed bigrams must be from 2 to {_MAX_BUCKETS}. "
                f"Received: {buckets=}."
            )
        self.buckets = buckets

    def call(self, token_ids: Any) -> Any:
        left = ops.cast(token_ids, "int32")
        right = ops.pad(left[:, 1:], [[0, 0], [0, 1]])
        spread = ops.mod(left * _FIRST, self.buckets) * _SECOND
        number = ops.mod(spread + right, self.buckets) + 1
        pair = ops.logical_and(left > 0, right > 0)
        return ops.where(pair, number, 0)

    def compute_output_spec(self, token_ids: Any) -> Any:
        return keras.KerasTensor(token_ids.shape, dtype="int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "buckets": self.buckets}
