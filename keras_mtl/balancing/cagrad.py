"""Near the mean of the gradients, the best for the worst task."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import normalised
from keras_mtl.balancing.quadratic import RIDGE
from keras_mtl.heads import loss_dtype

RESCALES = ("none", "one", "square")


@keras.saving.register_keras_serializable(package="keras_mtl")
class CAGrad(GradientAggregator):
    """Stay near the mean of the gradients, and serve the task best that gains least.

    With `g_0` the mean: over the simplex minimise `g_w . g_0 + c |g_0| |g_w|`; the direction is
    `g_0 + c |g_0| g_w / |g_w|`. With `c = 0` it is the mean; with a large `c` that of `MGDA`.

    Args:
        c: How far from the mean, in its lengths; 0 or more, below 1 for the paper's guarantee.
        rescale: What the direction is divided by: `"none"` 1, `"one"` `1 + c`, `"square"`
            `1 + c * c`.
        **options: As in `GradientAggregator`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in CAGrad(0.0).weights([[1.0, 0.0], [0.0, 4.0]])]
        [0.5, 0.5]

    Reference:
        [Liu et al., 2021](https://arxiv.org/abs/2110.14048)
    """

    def __init__(self, c: float = 0.5, rescale: str = "none", **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= c < float("inf"):
            raise ValueError(f"`c` of CAGrad must be a number of 0 or more. Received: c={c!r}.")
        if rescale not in RESCALES:
            raise ValueError(
                f"`rescale` of CAGrad must be one of {', '.join(map(repr, RESCALES))}. "
                f"Received: rescale={rescale!r}."
            )
        self.c, self.rescale = c, rescale

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present = normalised(gramian, present)
        mean = present / ops.maximum(ops.sum(present), 1.0)
        products = ops.matmul(gramian, mean) * present
        length = ops.sqrt(ops.maximum(ops.sum(mean * products), 0.0))
        shares = _least(gramian, products, self.c * length, present)
        norm = ops.sqrt(ops.maximum(ops.sum(shares * ops.matmul(gramian, shares)), 0.0))
        usable = norm > 0
        extra = self.c * length * shares / ops.where(usable, norm, 1.0)
        found = mean + ops.where(usable, extra, 0.0)
        divisor = {"none": 1.0, "one": 1.0 + self.c, "square": 1.0 + self.c**2}[self.rescale]
        return found / divisor * present

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "c": self.c, "rescale": self.rescale}


def _least(gramian: Any, linear: Any, reach: Any, present: Any) -> Any:
    """The least `b' w + k sqrt(w' G w)` over `w >= 0`, `sum(w) = 1`, `(tasks,)`.

    An active set method as in `quadratic.nonnegative`: over the free entries the minimum has a
    closed form. It begins at the entry that is the best alone.
    """
    tasks = gramian.shape[0]
    eye = ops.eye(tasks, dtype=loss_dtype())
    gramian = gramian + RIDGE * eye
    alone = linear + reach * ops.sqrt(ops.diagonal(gramian))
    alone = ops.where(present > 0, alone, 1e30)
    start = ops.one_hot(ops.argmin(alone), tasks, dtype=loss_dtype())

    def step(_: Any, state: Any) -> Any:
        found, free = state
        target = _free_least(gramian, linear, reach, free, eye)
        inside = ops.all(ops.where(free > 0, target > 0, True))
        leaving = ops.logical_and(free > 0, target <= 0)
        way = ops.where(leaving, found / ops.maximum(found - target, 1e-30), 1.0)
        share = ops.min(way)
        stays = ops.logical_and(free > 0, ops.logical_not(ops.logical_and(leaving, way <= share)))
        moved = ops.where(stays, ops.maximum(found + share * (target - found), 0.0), 0.0)
        found = ops.where(inside, target, moved / ops.maximum(ops.sum(moved), 1e-30))
        seen = ops.matmul(gramian, found)
        slope = linear + reach * seen / ops.sqrt(ops.maximum(ops.sum(found * seen), 1e-30))
        promise = ops.sum(found * slope) - slope
        promise = ops.where(ops.logical_and(present > 0, free == 0), promise, 0.0)
        grown = ops.maximum(free, ops.one_hot(ops.argmax(promise), tasks, dtype=loss_dtype()))
        grown = ops.where(ops.max(promise) > RIDGE, grown, free)
        return found, ops.where(inside, grown, ops.cast(stays, loss_dtype()))

    return ops.fori_loop(0, 3 * tasks + 1, step, (start, start))[0]


def _free_least(gramian: Any, linear: Any, reach: Any, free: Any, eye: Any) -> Any:
    """The minimum over the free entries, which sum to 1, all others 0.

    There `b + k G w / s = m` for all free entries with `s = sqrt(w' G w)`, so that
    `w = s / k * inv(G) (m - b)`; that `w' G w = s * s` is a quadratic equation for `m`. Where it
    has no solution, the objective falls for ever, and `w` is far out.
    """
    both = ops.expand_dims(free, 0) * ops.expand_dims(free, 1)
    matrix = ops.where(both > 0, gramian, eye)
    right = ops.stack([free, linear * free], axis=1)
    ones, own = ops.unstack(ops.solve(matrix, right), 2, axis=1)
    p, q, r = ops.sum(ones * free), ops.sum(own * free), ops.sum(own * linear * free)
    # `p * m - q`, above 0; the terms that cancel are put together first.
    rest = ops.sqrt(ops.maximum(q * q - p * (r - reach * reach), 1e-12 * (q * q + p * r) + 1e-30))
    return free * ((rest + q) / p * ones - own) / rest
