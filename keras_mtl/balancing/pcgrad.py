"""Gradients without what they say against one another."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import masked
from keras_mtl.balancing.orders import Order, check_order, orders
from keras_mtl.heads import loss_dtype


@keras.saving.register_keras_serializable(package="keras_mtl")
class PCGrad(GradientAggregator):
    """Take from each gradient what points against that of another task, and add them up.

    For each task `t`, over the others `j` in a random order: if `p_t . g_j < 0`, then
    `p_t -= (p_t . g_j) / (g_j . g_j) * g_j`, with `p_t` from `g_t` on. The direction is `sum p_t`.

    Args:
        order: `"random"`, new at each step and for each task; `"ascending"` or `"descending"` in
            the order of the tasks.
        seed: Decides the random orders.
        **options: As in `GradientAggregator`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in PCGrad().weights([[1.0, -1.0], [-1.0, 2.0]])]
        [2.0, 1.5]

    Reference:
        [Yu et al., 2020](https://arxiv.org/abs/2001.06782)
    """

    def __init__(self, order: Order = "random", seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        check_order(order, type(self).__name__)
        self.order, self.seed = order, seed
        self.state.seed_generator = keras.random.SeedGenerator(seed)

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present, _ = masked(gramian, present)
        tasks = gramian.shape[0]
        squares = ops.diagonal(gramian)
        others = orders(self.order, tasks, self.state.seed_generator)

        def project(number: Any, rows: Any) -> Any:
            other = ops.one_hot(ops.take(others, number, axis=1), tasks, dtype=loss_dtype())
            product = ops.sum(ops.matmul(rows, gramian) * other, axis=1)
            square = ops.matmul(other, squares)
            against = ops.logical_and(product < 0, square > 0)
            part = ops.where(against, product / ops.where(square > 0, square, 1.0), 0.0)
            return rows - ops.expand_dims(part, 1) * other * (1.0 - own)

        own = ops.eye(tasks, dtype=loss_dtype())
        rows = ops.fori_loop(0, tasks, project, own)
        return ops.matmul(present, rows) * present

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "order": self.order, "seed": self.seed}
