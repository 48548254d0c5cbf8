"""Weights drawn at random."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.shares import softmax_of


@keras.saving.register_keras_serializable(package="keras_mtl")
class RandomLossWeighting(LossBalancer):
    """Draw the weights anew at each step: hard to beat, and what others should be held against.

    `w = T * softmax(n)` with `n` from a normal distribution, over the tasks of the batch.

    Args:
        seed: Decides the weights.
        **options: As of a Keras layer.

    Example:
        >>> round(float(RandomLossWeighting()(ops.array([2.0, 2.0]), present=ops.ones(2))), 5)
        4.0

    Reference:
        [Lin et al., 2022](https://arxiv.org/abs/2111.10603)
    """

    weighs_by_losses = False

    def __init__(self, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, losses: Any, present: Any) -> Any:
        drawn = keras.random.normal(losses.shape, dtype=losses.dtype, seed=self.seed_generator)
        return ops.sum(ops.sum(present) * softmax_of(drawn, present) * losses)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}
