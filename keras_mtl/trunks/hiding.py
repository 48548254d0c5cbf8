"""Tokens hidden in training, so that what stands around them is learned from."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_mtl")
class HideTokens(keras.layers.Layer):
    """Put another token in the place of some, each time of others, in training only.

    Args:
        rate: Share of the tokens hidden, in [0, 1).
        token: The id that stands for a hidden token.
        kept: Ids that are never hidden; 0, which is padding, is one of them.

    Call arguments:
        token_ids: `(B, L)` integers.

    Returns:
        `(B, L)`, of the same type.
    """

    def __init__(self, rate: float, token: int, kept: Sequence[int] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.token = token
        self.kept = tuple(kept)
        self.seed = keras.random.SeedGenerator()

    def call(self, token_ids: Any, training: bool | None = None) -> Any:
        if not training or not self.rate:
            return token_ids
        # In float32 whatever the policy: half precision has few numbers between 0 and 1.
        chance = keras.random.uniform(ops.shape(token_ids), dtype="float32", seed=self.seed)
        hidden = ops.less(chance, self.rate)
        for one in (0, *self.kept):
            hidden = ops.logical_and(hidden, ops.not_equal(token_ids, one))
        return ops.where(hidden, ops.cast(self.token, token_ids.dtype), token_ids)

    def compute_output_spec(self, token_ids: Any, training: bool | None = None) -> Any:
        return keras.KerasTensor(token_ids.shape, dtype=token_ids.dtype)

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "token": self.token, "kept": self.kept}
        return {**super().get_config(), **own}
