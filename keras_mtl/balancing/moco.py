"""Conflicts weighed on gradients without their noise."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gradients import TaskGradients, gramian_of, weighted_sum
from keras_mtl.balancing.gramians import masked
from keras_mtl.balancing.shares import softmax_of
from keras_mtl.heads import loss_dtype


@keras.saving.register_keras_serializable(package="keras_mtl")
class MoCo(GradientAggregator):
    """Follow averages of the gradients, and weigh them a little better with each step.

    With `k` the number of the step: averages `y_t <- y_t - beta / sqrt(k) * (y_t - loss_t * g_t /
    |g_t|)`, from 0, and `x <- softmax(x - gamma / sqrt(k) * (y y' + rho) x)`, from `1 / T`, a step
    towards the weights of `MGDA`; the direction is `sum_t x_t y_t`. The averages are as large as
    all shared variables, once for each task.

    Args:
        beta: How much of a step enters the averages.
        gamma: How far the weights move.
        rho: Keeps the weights alike.
        **options: As in `GradientAggregator`, but `every` and `level`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in MoCo().weights([[1.0, 0.0], [0.0, 4.0]])]
        [0.5, 0.5]

    Reference:
        [Fernando et al., 2023](https://openreview.net/forum?id=dLAYGdKTi2)
    """

    keeps_gradients = True

    def __init__(
        self, beta: float = 0.5, gamma: float = 0.1, rho: float = 0.0, **options: Any
    ) -> None:
        super().__init__(**options)
        for name, value in (("beta", beta), ("gamma", gamma), ("rho", rho)):
            if not 0 <= value < float("inf"):
                raise ValueError(
                    f"`{name}` of MoCo must be a number of 0 or more. Received: {name}={value!r}."
                )
        self.beta, self.gamma, self.rho = beta, gamma, rho

    def make_state(self, tasks: int, shapes: Mapping[str, Sequence[int]]) -> None:
        self.taken = self.add_state("taken", ())
        # What each task has of the weights, times their number.
        self.shares = self.add_state("shares", (tasks,), "ones")
        self.averages = {
            path: self.add_state(f"average_{number}", (tasks, *shape))
            for number, (path, shape) in enumerate(shapes.items())
        }

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        """The weights as they stand: it takes the gradients themselves to change them."""
        gramian, present, _ = masked(gramian, present)
        self.build(gramian.shape[0])
        return self._among(present)

    def combine(
        self, gradients: TaskGradients, gramian: Any, losses: Any, present: Any
    ) -> tuple[Mapping[str, Any], Any]:
        tasks = present.shape[0]
        self.taken.assign_add(1.0)
        slower = 1.0 / ops.sqrt(ops.convert_to_tensor(self.taken))
        norms = ops.sqrt(ops.diagonal(gramian))
        sizes = ops.where(norms > 0, losses / ops.where(norms > 0, norms, 1.0), 0.0)
        scales, there = ops.unstack(sizes, tasks), ops.unstack(present, tasks)
        averages: dict[str, list[Any]] = {}
        for path, each in gradients.items():
            before = ops.unstack(ops.convert_to_tensor(self.averages[path]), tasks)
            averages[path] = [
                old if one is None else
                ops.where(here > 0, old - self.beta * slower * (old - scale * one), old)
                for one, old, scale, here in zip(each, before, scales, there, strict=True)
            ]  # fmt: skip
            self.averages[path].assign(ops.stack(averages[path]))
        products = gramian_of(averages, tasks) + self.rho * ops.eye(tasks, dtype=loss_dtype())
        shares = self._among(present)
        moved = shares - self.gamma * slower * ops.matmul(products, shares)
        found = softmax_of(moved, present)
        kept = ops.sum(self.shares * present) * found
        self.shares.assign(ops.where(present > 0, kept, ops.convert_to_tensor(self.shares)))
        return weighted_sum(averages, found), found

    def get_config(self) -> dict[str, Any]:
        own = {"beta": self.beta, "gamma": self.gamma, "rho": self.rho}
        return {**super().get_config(), **own}

    def _among(self, present: Any) -> Any:
        """The weights among those present, which sum to 1."""
        own = self.shares * present
        return own / ops.maximum(ops.sum(own), 1e-30)
