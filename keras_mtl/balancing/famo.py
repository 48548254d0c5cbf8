"""Equal progress of all tasks, from losses alone."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.positive import PositiveLosses
from keras_mtl.balancing.shares import softmax_of

_TINY = 1e-8
# Of Adam, as usual.
_FIRST, _SECOND, _EPSILON = 0.9, 0.999, 1e-8


@keras.saving.register_keras_serializable(package="keras_mtl")
class FAMO(PositiveLosses, LossBalancer):
    """Let all losses fall at the same rate, without a gradient for each task.

    With `z = softmax(x)` and `D = loss - least + 1e-8`: minimises `sum_t z_t * log(D_t) / c`, where
    `c = sum_t z_t / D_t` is held constant. After the step the losses of the same rows are computed
    once more, and Adam moves `x` so that tasks whose `log(D)` fell least get more. Losses must be
    above `least`.

    Args:
        learning_rate: Of `x`.
        weight_decay: Of `x`, added to its gradient.
        least: The smallest loss that a task can reach.
        **options: As of a Keras layer.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> round(float(FAMO()(ops.array([1.0, 1.0]), present=ops.ones(2))), 5)
        0.0

    Reference:
        [Liu et al., 2023](https://arxiv.org/abs/2306.03792)
    """

    needs_losses_after = True

    def __init__(
        self,
        learning_rate: float = 0.025,
        weight_decay: float = 1e-3,
        least: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        given = {"learning_rate": learning_rate, "weight_decay": weight_decay}
        for name, value in given.items():
            if not value >= 0:
                raise ValueError(
                    f"`{name}` of FAMO must be a number of 0 or more. Received: {name}={value!r}."
                )
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.least = least

    def build(self, losses_shape: tuple[int, ...]) -> None:
        shape = tuple(losses_shape)
        self.logits = self.add_state("logits", shape)
        self.first = self.add_state("first_moment", shape)
        self.second = self.add_state("second_moment", shape)
        self.steps = self.add_state("steps", shape)
        self.count_from(shape[0])
        self.built = True

    def call(self, losses: Any, present: Any) -> Any:
        above, present = self.positive(losses - self.least + _TINY, present)
        shares = softmax_of(ops.convert_to_tensor(self.logits), present)
        constant = ops.stop_gradient(ops.sum(shares / above))
        found = ops.sum(shares * ops.log(above)) / ops.where(constant > 0, constant, 1.0)
        return ops.where(ops.sum(present) > 0, found, 0.0)

    def after_step(self, before: Any, after: Any, present: Any) -> None:
        before, after = before - self.least + _TINY, after - self.least + _TINY
        # Without a logarithm, or not finite, on either side: no part.
        for one in (before, after):
            usable = ops.logical_and(one > 0, ops.isfinite(one))
            present = present * ops.cast(usable, present.dtype)
        there = present > 0
        fallen = ops.log(ops.where(there, before, 1.0)) - ops.log(ops.where(there, after, 1.0))
        shares = softmax_of(ops.convert_to_tensor(self.logits), present)
        gradient = shares * (fallen - ops.sum(shares * fallen)) + self.weight_decay * self.logits
        steps = self.steps + present
        first = _FIRST * self.first + (1 - _FIRST) * gradient
        second = _SECOND * self.second + (1 - _SECOND) * gradient * gradient
        even = ops.maximum(steps, 1.0)
        mean, spread = first / (1 - _FIRST**even), ops.sqrt(second / (1 - _SECOND**even))
        moved = self.logits - self.learning_rate * mean / (spread + _EPSILON)
        for variable, new in (
            (self.logits, moved), (self.first, first), (self.second, second), (self.steps, steps)
        ):  # fmt: skip
            variable.assign(ops.where(present > 0, new, ops.convert_to_tensor(variable)))

    def problem(self) -> str | None:
        return self.without_logarithm()

    def get_config(self) -> dict[str, Any]:
        own = {
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
            "least": self.least,
        }
        return {**super().get_config(), **own}
