"""A bargain between the tasks."""

from typing import Any

import keras

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.fair_grad import fair_weights


@keras.saving.register_keras_serializable(package="keras_mtl")
class NashMTL(GradientAggregator):
    """Let the tasks bargain over the direction, each for its own gain.

    The Nash bargaining solution: weights with `G a = 1 / a`, so that `g_t . d = 1 / a_t`; what
    `FairGrad` with `alpha=1` is. The paper updates the weights every few steps: `every`.

    Args:
        **options: As in `GradientAggregator`.

    Example:
        >>> [round(float(one), 3) for one in NashMTL().weights([[1.0, 0.0], [0.0, 4.0]])]
        [1.0, 0.5]

    Reference:
        [Navon et al., 2022](https://arxiv.org/abs/2202.01017)
    """

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        return fair_weights(gramian, present, 1.0)
