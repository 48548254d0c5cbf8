"""The mean of the gradients, bent so that it hurts no task."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import normalised
from keras_mtl.balancing.quadratic import nonnegative


@keras.saving.register_keras_serializable(package="keras_mtl")
class DualProj(GradientAggregator):
    """Project the mean of the gradients onto the directions that hurt no task.

    The least `v' G v` over `v >= 1 / T`: what GEM does with the gradients of earlier tasks.

    Args:
        **options: As in `GradientAggregator`.

    Example:
        >>> [round(float(one), 2) for one in DualProj().weights([[1.0, -1.0], [-1.0, 2.0]])]
        [0.5, 0.5]

    Reference:
        [Lopez-Paz & Ranzato, 2017](https://arxiv.org/abs/1706.08840)
    """

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present = normalised(gramian, present)
        shares = ops.expand_dims(present / ops.maximum(ops.sum(present), 1.0), 0)
        return (shares + nonnegative(gramian, ops.matmul(shares, gramian)))[0] * present
