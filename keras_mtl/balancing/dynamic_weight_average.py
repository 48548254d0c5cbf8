"""More weight for tasks that learn slowly."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer


@keras.saving.register_keras_serializable(package="keras_mtl")
class DynamicWeightAverage(LossBalancer):
    """Give tasks whose loss falls slowly more weight in the next epoch.

    With `r_t` the mean loss of the last epoch over that of the one before:
    `w = T * softmax(r / temperature)`. In the first two epochs all weights are 1; later a task
    without labels in an epoch keeps what it had.

    Args:
        temperature: The higher, the more alike the weights.
        **options: As of a Keras layer.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> float(DynamicWeightAverage()(ops.array([2.0, 4.0]), present=ops.ones(2)))
        6.0

    Reference:
        [Liu et al., 2019](https://arxiv.org/abs/1803.10704)
    """

    weighs_by_losses = False

    def __init__(self, temperature: float = 2.0, **options: Any) -> None:
        super().__init__(**options)
        if not temperature > 0:
            raise ValueError(
                "`temperature` of DynamicWeightAverage must be a number above 0. "
                f"Received: temperature={temperature!r}."
            )
        self.temperature = temperature

    def build(self, losses_shape: tuple[int, ...]) -> None:
        shape = tuple(losses_shape)
        self.weight = self.add_state("weight", shape, "ones")
        # Mean losses of the last two epochs; 0 where there is none.
        self.last = self.add_state("last", shape)
        self.before = self.add_state("before", shape)
        self.built = True

    def call(self, losses: Any, present: Any) -> Any:
        return ops.sum(ops.stop_gradient(self.weight) * losses)

    def end_epoch(
        self, epoch: int, losses: Mapping[str, float], metrics: Mapping[str, Mapping[str, float]]
    ) -> None:
        last, before = (ops.convert_to_numpy(one).copy() for one in (self.last, self.before))
        for place, name in enumerate(self.task_names):
            if name in losses:
                before[place], last[place] = last[place], losses[name]
        known = before > 0
        weight = np.ones_like(last)
        if known.any():
            rates = last[known] / before[known] / self.temperature
            rates = np.exp(rates - rates.max())
            weight[known] = known.sum() * rates / rates.sum()
        for variable, value in ((self.last, last), (self.before, before), (self.weight, weight)):
            variable.assign(value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "temperature": self.temperature}
