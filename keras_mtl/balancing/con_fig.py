"""A direction at the same angle to the gradients of all tasks."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import inverse_of_range, masked, unit_diagonal


@keras.saving.register_keras_serializable(package="keras_mtl")
class ConFIG(GradientAggregator):
    """Go at the same angle to all gradients, as far as they together reach that way.

    With `x` the unit vector along `pinv(unit gradients) 1`, the direction is `(sum g_t . x) x`.

    Args:
        **options: As in `GradientAggregator`.

    Example:
        >>> [round(float(one), 3) for one in ConFIG().weights([[1.0, 0.0], [0.0, 4.0]])]
        [1.5, 0.75]

    Reference:
        [Liu et al., 2025](https://arxiv.org/abs/2408.11104)
    """

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present, _ = masked(gramian, present)
        cosines, inverse = unit_diagonal(gramian)
        found = inverse_of_range(cosines, ops.cast(inverse > 0, inverse.dtype))
        length = ops.sqrt(ops.maximum(ops.sum(found * ops.matmul(cosines, found)), 0.0))
        usable = length > 1e-6
        unit = ops.where(usable, found * inverse / ops.where(usable, length, 1.0), 0.0)
        return ops.sum(ops.matmul(gramian, unit)) * unit * present
