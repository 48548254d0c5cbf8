"""The geometric mean of losses."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.positive import PositiveLosses


@keras.saving.register_keras_serializable(package="keras_mtl")
class GeometricMean(PositiveLosses, LossBalancer):
    """Minimise the geometric mean of the losses, which knows no scales.

    `exp(mean_t log(loss_t))` over the tasks of the batch; the weight of a task is the mean over
    `T * loss_t`. Losses must be above 0.

    Args:
        **options: As of a Keras layer.

    Example:
        >>> round(float(GeometricMean()(ops.array([2.0, 8.0]), present=ops.ones(2))), 5)
        4.0

    Reference:
        [Chennupati et al., 2019](https://arxiv.org/abs/1904.08492)
    """

    def build(self, losses_shape: tuple[int, ...]) -> None:
        self.count_from(losses_shape[0])
        self.built = True

    def call(self, losses: Any, present: Any) -> Any:
        losses, present = self.positive(losses, present)
        logarithms = ops.log(losses)
        count = ops.sum(present)
        mean = ops.exp(ops.sum(logarithms) / ops.maximum(count, 1.0))
        return ops.where(count > 0, mean, 0.0)

    def problem(self) -> str | None:
        return self.without_logarithm()
