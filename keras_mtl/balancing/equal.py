"""The plain sum."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer


@keras.saving.register_keras_serializable(package="keras_mtl")
class EqualWeighting(LossBalancer):
    """Add the losses up, each times its own `loss_weights` and nothing else.

    Example:
        >>> float(EqualWeighting()(ops.array([2.0, 4.0]), present=ops.ones(2)))
        6.0
    """

    weighs_by_losses = False

    def call(self, losses: Any, present: Any) -> Any:
        return ops.sum(losses)
