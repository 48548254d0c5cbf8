"""A direction on which the gradients of all tasks have the same shadow."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import inverse_of_range, masked


@keras.saving.register_keras_serializable(package="keras_mtl")
class IMTLG(GradientAggregator):
    """Go where the projections on all unit gradients are equal.

    `w ~ G+ sqrt(diag(G))` with `sum(w) = 1`. Weights may be negative.

    Args:
        **options: As in `GradientAggregator`.

    Example:
        >>> [round(float(one), 3) for one in IMTLG().weights([[1.0, 0.0], [0.0, 4.0]])]
        [0.667, 0.333]

    Reference:
        [Liu et al., 2021](https://openreview.net/forum?id=IMPnRXEWpvr)
    """

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present, _ = masked(gramian, present)
        found = inverse_of_range(gramian, ops.sqrt(ops.diagonal(gramian))) * present
        total = ops.sum(found)
        # Opposed gradients have no such direction: the mean stands in.
        usable = ops.abs(total) > 1e-6 * ops.sum(ops.abs(found))
        mean = present / ops.maximum(ops.sum(present), 1.0)
        return ops.where(usable, found / ops.where(usable, total, 1.0), mean)
