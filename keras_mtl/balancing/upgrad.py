"""The mean of the gradients, each bent so that it hurts no task."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import normalised
from keras_mtl.balancing.quadratic import nonnegative
from keras_mtl.heads import loss_dtype


@keras.saving.register_keras_serializable(package="keras_mtl")
class UPGrad(GradientAggregator):
    """Project each gradient onto the directions that hurt no task, then take the mean.

    For each task `t`: the least `v' G v` over `v >= e_t / T`; the weights are the sum of these.
    The direction has no negative product with the gradient of any task.

    Args:
        **options: As in `GradientAggregator`.

    Example:
        >>> [round(float(one), 2) for one in UPGrad().weights([[1.0, -1.0], [-1.0, 2.0]])]
        [1.0, 0.75]

    Reference:
        [Quinton & Rey, 2024](https://arxiv.org/abs/2406.16232)
    """

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present = normalised(gramian, present)
        shares = ops.eye(gramian.shape[0], dtype=loss_dtype()) * present
        shares = shares / ops.maximum(ops.sum(present), 1.0)
        projected = shares + nonnegative(gramian, ops.matmul(shares, gramian))
        return ops.sum(projected, axis=0) * present
