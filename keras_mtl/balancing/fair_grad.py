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
    answer: 1e-6 of the mean of the diagonal is added to it.

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
    """Weights with `G w = w^(-1 / alpha)`, `(tasks,)`."""
    gramian, present, scale = masked(gramian, present)
    tasks, power = gramian.shape[0], 1.0 / alpha
    eye = ops.eye(tasks, dtype=loss_dtype())
    gramian = gramian + eye * (RIDGE + 1.0 - present)

    def step(_: Any, found: Any) -> Any:
        # In the logarithm of the weights, where no step can leave the positive ones.
        pull = found ** (-power)
        rest = ops.matmul(gramian, found) - pull
        matrix = gramian * found + eye * (power * pull)
        move = ops.squeeze(ops.solve(matrix, ops.expand_dims(-rest, 1)), 1)
        return found * ops.exp(ops.clip(move, -_LONGEST, _LONGEST))

    squares = ops.maximum(ops.diagonal(gramian), RIDGE)
    start = squares ** (-alpha / (1.0 + alpha))
    found = ops.fori_loop(0, _STEPS, step, start)
    return found * scale ** (-alpha / (1.0 + alpha)) * present


# Of the logarithm of a weight, in one step; and how many steps there are.
_LONGEST, _STEPS = 1.0, 40
