"""Gradients that come at least as close as they usually do."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import masked
from keras_mtl.balancing.orders import Order, check_order, orders
from keras_mtl.heads import loss_dtype


@keras.saving.register_keras_serializable(package="keras_mtl")
class GradVac(GradientAggregator):
    """Bend each gradient towards those of other tasks to the cosine that the two usually have.

    As `PCGrad`, whose aim is a cosine of 0 at least; here the aim is a moving average `a` of the
    pair's cosines `c`. Where `c < a`, with `s(x) = sqrt(1 - x * x)`:
    `p_t += |p_t| * (a * s(c) - c * s(a)) / (|g_j| * s(a)) * g_j`. The first step is PCGrad's.

    Args:
        beta: Share of a step in the moving average; the paper has .01.
        order: As in `PCGrad`.
        seed: As in `PCGrad`.
        **options: As in `GradientAggregator`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in GradVac().weights([[1.0, -1.0], [-1.0, 2.0]])]
        [2.0, 1.5]

    Reference:
        [Wang et al., 2021](https://arxiv.org/abs/2010.05874)
    """

    def __init__(
        self,
        beta: float = 0.5,
        order: Order = "random",
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        check_order(order, type(self).__name__)
        if not 0 <= beta <= 1:
            raise ValueError(f"`beta` of GradVac must be from 0 to 1. Received: beta={beta!r}.")
        self.beta, self.order, self.seed = beta, order, seed
        self.state.seed_generator = keras.random.SeedGenerator(seed)

    def make_state(self, tasks: int, shapes: Mapping[str, Sequence[int]]) -> None:
        self.usual = self.add_state("usual_cosines", (tasks, tasks))

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present, _ = masked(gramian, present)
        tasks = gramian.shape[0]
        self.build(tasks)
        norms = ops.sqrt(ops.diagonal(gramian))
        own = ops.eye(tasks, dtype=loss_dtype())
        others = orders(self.order, tasks, self.state.seed_generator)

        def bend(number: Any, state: Any) -> Any:
            rows, usual = state
            other = ops.one_hot(ops.take(others, number, axis=1), tasks, dtype=loss_dtype())
            met = other * (1.0 - own) * ops.expand_dims(present, 1) * present
            seen = ops.matmul(rows, gramian)
            length = ops.sqrt(ops.maximum(ops.sum(seen * rows, axis=1), 0.0))
            norm = ops.matmul(other, norms)
            product = length * norm
            # What was bent to almost nothing has no angle that single precision knows.
            known = ops.logical_and(product > 0, length > _SHORTEST * norms)
            cosine = ops.sum(seen * other, axis=1) / ops.where(known, product, 1.0)
            cosine = ops.clip(cosine, -1.0, 1.0)
            aim = ops.clip(ops.sum(usual * other, axis=1), -0.999, 0.999)
            part = length * (aim * _side(cosine) - cosine * _side(aim))
            part = part / (ops.where(known, norm, 1.0) * _side(aim))
            part = ops.where(ops.logical_and(known, cosine < aim), part, 0.0)
            met = met * ops.expand_dims(ops.cast(known, loss_dtype()), 1)
            usual = usual + self.beta * met * (ops.expand_dims(cosine, 1) - usual)
            return rows + ops.expand_dims(part, 1) * met, usual

        start = (own, ops.convert_to_tensor(self.usual))
        rows, usual = ops.fori_loop(0, tasks, bend, start)
        self.usual.assign(usual)
        return ops.matmul(present, rows) * present

    def get_config(self) -> dict[str, Any]:
        own = {"beta": self.beta, "order": self.order, "seed": self.seed}
        return {**super().get_config(), **own}


# Of the length that a gradient had.
_SHORTEST = 1e-3


def _side(cosine: Any) -> Any:
    return ops.sqrt(ops.maximum(1.0 - cosine * cosine, 0.0))
