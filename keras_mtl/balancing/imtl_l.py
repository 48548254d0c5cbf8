"""Losses of one scale, learned."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer


@keras.saving.register_keras_serializable(package="keras_mtl")
class IMTLL(LossBalancer):
    """Bring the losses of all tasks to the scale 1.

    Learns one `s_t` per task, from 0, and minimises `sum_t exp(s_t) * loss_t - s_t`: at the minimum
    `exp(s_t) * loss_t` is 1. `IMTLG` is its half for gradients.

    Args:
        **options: As of a Keras layer.

    Example:
        >>> float(IMTLL()(ops.array([2.0, 4.0]), present=ops.ones(2)))
        6.0

    Reference:
        [Liu et al., 2021](https://openreview.net/forum?id=IMPnRXEWpvr)
    """

    weighs_by_losses = False

    def build(self, losses_shape: tuple[int, ...]) -> None:
        self.log_scale = self.add_weight(
            shape=tuple(losses_shape), initializer="zeros", name="log_scale"
        )
        self.built = True

    def call(self, losses: Any, present: Any) -> Any:
        terms = ops.exp(self.log_scale) * losses - self.log_scale
        return ops.sum(ops.where(present > 0, terms, 0.0))
