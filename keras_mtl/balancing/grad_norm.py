"""Gradients whose norms keep step with how fast tasks learn."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import masked, task_values

# Of Adam, as usual; and what no weight goes below.
_FIRST, _SECOND, _EPSILON, _LEAST = 0.9, 0.999, 1e-8, 1e-3


@keras.saving.register_keras_serializable(package="keras_mtl")
class GradNorm(GradientAggregator):
    """Weigh the losses so that tasks which learn slowly have the larger gradients.

    With `N_t = w_t * |g_t|` and `r_t = loss_t / first loss_t` over the mean of these: Adam lowers
    `sum_t |N_t - mean(N) * r_t^alpha|` by `w`, the target held constant, and `w` is scaled to its
    sum again. A step uses the weights from before it, for the heads too. The paper takes norms at
    the last shared layer; here they are those of all shared variables, whose gradients a step has.

    Args:
        alpha: How much more tasks get that learn slowly; 0 gives norms alike.
        learning_rate: Of the weights.
        **options: As in `GradientAggregator`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in GradNorm().weights([[1.0, 0.0], [0.0, 4.0]])]
        [1.0, 1.0]

    Reference:
        [Chen et al., 2018](https://arxiv.org/abs/1711.02257)
    """

    def __init__(self, alpha: float = 1.5, learning_rate: float = 0.025, **options: Any) -> None:
        super().__init__(**options)
        for name, value in (("alpha", alpha), ("learning_rate", learning_rate)):
            if not 0 <= value < float("inf"):
                raise ValueError(
                    f"`{name}` of GradNorm must be a number of 0 or more. "
                    f"Received: {name}={value!r}."
                )
        self.alpha, self.learning_rate = alpha, learning_rate

    def make_state(self, tasks: int, shapes: Mapping[str, Sequence[int]]) -> None:
        self.weight = self.add_state("weight", (tasks,), "ones")
        # 0 until a task was seen.
        self.first_losses = self.add_state("first_losses", (tasks,))
        self.first = self.add_state("first_moment", (tasks,))
        self.second = self.add_state("second_moment", (tasks,))
        self.taken = self.add_state("taken", (tasks,))

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present, _ = masked(gramian, present)
        losses = task_values(losses, gramian)
        self.build(gramian.shape[0])
        there = present > 0
        known = ops.convert_to_tensor(self.first_losses)
        self.first_losses.assign(ops.where(ops.logical_and(there, known == 0), losses, known))
        used = ops.convert_to_tensor(self.weight) * 1.0
        self._learn(self.gradient(gramian, losses, present), present)
        return ops.where(there, used, 0.0)

    def gradient(self, gramian: Any, losses: Any, present: Any) -> Any:
        """The derivative by the weights of what they minimise, `(tasks,)`."""
        norms = ops.sqrt(ops.diagonal(gramian))
        count = ops.maximum(ops.sum(present), 1.0)
        first = ops.convert_to_tensor(self.first_losses)
        first = ops.where(first > 0, first, 1.0)
        rates = ops.maximum(losses, 0.0) / first * present
        mean = ops.sum(rates) / count
        rates = rates / ops.where(mean > 0, mean, 1.0)
        weighed = self.weight * norms * present
        target = ops.sum(weighed) / count * rates**self.alpha
        return ops.sign(weighed - target) * norms * present

    def head_weights(self, weights: Any, losses: Any, present: Any) -> Any:
        return weights

    def get_config(self) -> dict[str, Any]:
        own = {"alpha": self.alpha, "learning_rate": self.learning_rate}
        return {**super().get_config(), **own}

    def _learn(self, gradient: Any, present: Any) -> None:
        taken = self.taken + present
        first = _FIRST * self.first + (1 - _FIRST) * gradient
        second = _SECOND * self.second + (1 - _SECOND) * gradient * gradient
        even = ops.maximum(taken, 1.0)
        mean, spread = first / (1 - _FIRST**even), ops.sqrt(second / (1 - _SECOND**even))
        moved = self.weight - self.learning_rate * mean / (spread + _EPSILON)
        moved = ops.maximum(moved, _LEAST) * present
        share = ops.sum(self.weight * present) / ops.maximum(ops.sum(moved), _EPSILON)
        for variable, new in (
            (self.weight, moved * share), (self.first, first), (self.second, second),
            (self.taken, taken),
        ):  # fmt: skip
            variable.assign(ops.where(present > 0, new, ops.convert_to_tensor(variable)))
