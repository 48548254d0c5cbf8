"""Losses of one scale, and gradients of one length."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gradients import TaskGradients, gramian_of, weighted_sum
from keras_mtl.balancing.gramians import masked
from keras_mtl.balancing.positive import PositiveLosses


@keras.saving.register_keras_serializable(package="keras_mtl")
class DBMTL(PositiveLosses, GradientAggregator):
    """Balance losses by their logarithm, and make their gradients as long as the longest.

    With `g_t` the gradient of `log(loss_t)` and `k` the number of the step: moving averages
    `a_t <- g_t + beta / k^sigma * (a_t - g_t)`, from 0; the direction is
    `sum_t (max |a| / |a_t|) * a_t`. Heads get the gradient of the logarithm. The averages are as
    large as all shared variables, once for each task. Losses must be above 0.

    Args:
        beta: Share of the past in the averages, from 0 to 1; 0 keeps none.
        sigma: How fast that share falls.
        **options: As in `GradientAggregator`, but `every` and `level`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in DBMTL().weights([[1.0, 0.0], [0.0, 4.0]])]
        [2.0, 1.0]

    Reference:
        [Lin et al., 2023](https://arxiv.org/abs/2308.12029)
    """

    keeps_gradients = True

    def __init__(self, beta: float = 0.9, sigma: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= beta < 1:
            raise ValueError(f"`beta` of DBMTL must be from 0 to below 1. Received: beta={beta!r}.")
        if not 0 <= sigma < float("inf"):
            raise ValueError(
                f"`sigma` of DBMTL must be a number of 0 or more. Received: sigma={sigma!r}."
            )
        self.beta, self.sigma = beta, sigma

    def make_state(self, tasks: int, shapes: Mapping[str, Sequence[int]]) -> None:
        self.count_from(tasks)
        self.taken = self.add_state("taken", ())
        self.averages = {
            path: self.add_state(f"average_{number}", (tasks, *shape))
            for number, (path, shape) in enumerate(shapes.items())
        }

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        """The weights of averages with such dot products."""
        gramian, present, _ = masked(gramian, present)
        norms = ops.sqrt(ops.diagonal(gramian))
        known = norms > 0
        return ops.where(known, ops.max(norms) / ops.where(known, norms, 1.0), 0.0) * present

    def combine(
        self, gradients: TaskGradients, gramian: Any, losses: Any, present: Any
    ) -> tuple[Mapping[str, Any], Any]:
        self.taken.assign_add(1.0)
        past = self.beta / ops.convert_to_tensor(self.taken) ** self.sigma
        losses, present = self.positive(losses, present)
        scales = ops.unstack(1.0 / losses, present.shape[0])
        there = ops.unstack(present, present.shape[0])
        averages: dict[str, list[Any]] = {}
        for path, each in gradients.items():
            before = ops.unstack(ops.convert_to_tensor(self.averages[path]), len(each))
            averages[path] = [
                old if one is None else
                ops.where(here > 0, one * scale + past * (old - one * scale), old)
                for one, old, scale, here in zip(each, before, scales, there, strict=True)
            ]  # fmt: skip
            self.averages[path].assign(ops.stack(averages[path]))
        both = ops.expand_dims(present, 0) * ops.expand_dims(present, 1)
        weights = self.weights(gramian_of(averages, present.shape[0]) * both, losses, present)
        return weighted_sum(averages, weights), weights

    def head_weights(self, weights: Any, losses: Any, present: Any) -> Any:
        usable = ops.logical_and(present > 0, losses > 0)
        return ops.where(usable, 1.0 / ops.where(usable, losses, 1.0), 0.0)

    def problem(self) -> str | None:
        return self.without_logarithm() or super().problem()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta": self.beta, "sigma": self.sigma}
