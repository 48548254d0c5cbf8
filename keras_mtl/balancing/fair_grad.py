"""Fair shares of what a step gains."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import masked
from keras_mtl.balancing.quadratic import RIDGE
from keras_mtl.heads import loss_dtype


@keras.saving.register_keras_serializable(package="keras_mtl")
class FairGrad(GradientAggregator):
    """Share out fairly what a step gains for each task.

    Weights with `G w = w^(-1 / alpha)`: the direction `d` of unit length that gives the fairest
    `g_t . d` in the sense of alpha-fairness. 1 is proportional fairness, `NashMTL`; the higher, the
    closer to the best for the worst. Found by Newton's method. `w` of `c * c * G` is that of `G`
    times `c^(-2 * alpha / (1 + alpha))`. For gradients that are opposed, or 0, there is no finite
    answer: 1e-6 of itself is added to each entry of the diagonal.

    Args:
        alpha: Above 0.
        **options: As in `GradientAggregator`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in FairGrad(1.0).weights([[1.0, 0.0], [0.0, 4.0]])]
        [1.0, 0.5]

    Reference:
        [Ban & Ji, 2024](https://arxiv.org/abs/2402.15638)
    """

    def __init__(self, alpha: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        if not 0 < alpha < float("inf"):
            raise ValueError(
                f"`alpha` of FairGrad must be a number above 0. Received: alpha={alpha!r}."
            )
        self.alpha = alpha

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        return fair_weights(gramian, present, self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


def fair_weights(gramian: Any, present: Any, alpha: float) -> Any:
    """Weights with `G w = w^(-1 / alpha)`, `(tasks,)`.

    With `w = s * v` and `s_t = G_tt^(-alpha / (1 + alpha))` it is `A v = v^(-1 / alpha)`, where the
    diagonal of `A` is 1: a gradient far shorter than others counts as they do.
    """
    gramian, present, scale = masked(gramian, present)
    tasks, power = gramian.shape[0], 1.0 / alpha
    eye = ops.eye(tasks, dtype=loss_dtype())
    size = ops.maximum(ops.diagonal(gramian), _SHORTEST) ** (-alpha / (1.0 + alpha))
    matrix = ops.expand_dims(size**power, 1) * gramian * size
    # An absent task has no row.
    matrix = matrix + eye * (RIDGE + 1.0 - present)

    def step(_: Any, found: Any) -> Any:
        # In the logarithm of the weights, where no step can leave the positive ones.
        pull = found ** (-power)
        rest = ops.matmul(matrix, found) - pull
        slope = matrix * found + eye * (power * pull)
        move = ops.squeeze(ops.solve(slope, ops.expand_dims(-rest, 1)), 1)
        return found * ops.exp(ops.clip(move, -_LONGEST, _LONGEST))

    found = ops.fori_loop(0, _STEPS, step, ops.ones_like(size))
    return found * size * scale ** (-alpha / (1.0 + alpha)) * present


# Of the logarithm of a weight, in one step; and how many steps there are.
_LONGEST, _STEPS = 1.0, 40
# Squared length of a gradient, of the mean of all; shorter ones count as this long.
_SHORTEST = 1e-12
