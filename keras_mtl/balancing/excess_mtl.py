"""More weight for tasks with more left to learn."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gradients import TaskGradients, weighted_sum
from keras_mtl.balancing.gramians import masked

_TINY = 1e-7


@keras.saving.register_keras_serializable(package="keras_mtl")
class ExcessMTL(GradientAggregator):
    """Weigh tasks by how far they are from the best they can do, which noise does not count in.

    With `S_t` the sum of `g_t^2` over all steps, coordinate by coordinate: `e_t = sum(g_t^2 /
    sqrt(S_t + 1e-7))` over its first value estimates the excess risk, and `w_t` is multiplied by
    `exp(step_size * e_t)`, then scaled to its sum. The weights are those of the losses, for heads
    too. `S` is as large as all shared variables, once for each task.

    Args:
        step_size: How fast weights change.
        **options: As in `GradientAggregator`, but `every` and `level`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in ExcessMTL().weights([[1.0, 0.0], [0.0, 4.0]])]
        [1.0, 1.0]

    Reference:
        [He et al., 2024](https://arxiv.org/abs/2402.02009)
    """

    keeps_gradients = True

    def __init__(self, step_size: float = 0.01, **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= step_size < float("inf"):
            raise ValueError(
                "`step_size` of ExcessMTL must be a number of 0 or more. "
                f"Received: step_size={step_size!r}."
            )
        self.step_size = step_size

    def make_state(self, tasks: int, shapes: Mapping[str, Sequence[int]]) -> None:
        self.weight = self.add_state("weight", (tasks,), "ones")
        self.first = self.add_state("first_excess", (tasks,))
        self.squares = {
            path: self.add_state(f"squares_{number}", (tasks, *shape))
            for number, (path, shape) in enumerate(shapes.items())
        }

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        """The weights as they stand: it takes the gradients themselves to change them."""
        gramian, present, _ = masked(gramian, present)
        self.build(gramian.shape[0])
        return self.weight * present

    def combine(
        self, gradients: TaskGradients, gramian: Any, losses: Any, present: Any
    ) -> tuple[Mapping[str, Any], Any]:
        excess = ops.zeros_like(present)
        for path, each in gradients.items():
            squares = ops.stack(
                [ops.zeros(self.squares[path].shape[1:]) if one is None else one * one
                 for one in each]
            )  # fmt: skip
            whole = self.squares[path] + squares
            self.squares[path].assign(whole)  # An absent task adds 0.
            axes = tuple(range(1, len(whole.shape)))
            excess = excess + ops.sum(squares / ops.sqrt(whole + _TINY), axis=axes)
        first = ops.convert_to_tensor(self.first)
        first = ops.where(ops.logical_and(present > 0, first == 0), excess, first)
        self.first.assign(first)
        relative = excess / ops.where(first > 0, first, 1.0)
        before = ops.convert_to_tensor(self.weight)
        grown = before * ops.exp(self.step_size * relative) * present
        share = ops.sum(before * present) / ops.maximum(ops.sum(grown), _TINY)
        weights = grown * share
        self.weight.assign(ops.where(present > 0, weights, before))
        return weighted_sum(gradients, weights), weights

    def head_weights(self, weights: Any, losses: Any, present: Any) -> Any:
        return weights

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "step_size": self.step_size}
