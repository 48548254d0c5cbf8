"""One sign for each coordinate."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gradients import TaskGradients
from keras_mtl.balancing.gramians import masked


@keras.saving.register_keras_serializable(package="keras_mtl")
class GradDrop(GradientAggregator):
    """Let each coordinate have gradients of one sign alone, drawn by how much speaks for it.

    With `P = (1 + sum_t g_t / sum_t |g_t|) / 2` and `U` drawn from 0 to 1 for each coordinate:
    positive gradients stay where `P > U`, negative ones where `P < U`; then they are added up.

    Args:
        leak: The share of a dropped gradient that stays, from 0 to 1.
        seed: Decides what is dropped.
        **options: As in `GradientAggregator`; it has no weights to keep, so `every` is 1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in GradDrop().weights([[1.0, 0.0], [0.0, 4.0]])]
        [1.0, 1.0]

    Reference:
        [Chen et al., 2020](https://arxiv.org/abs/2010.06808)
    """

    def __init__(self, leak: float = 0.0, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= leak <= 1:
            raise ValueError(f"`leak` of GradDrop must be from 0 to 1. Received: leak={leak!r}.")
        self.leak, self.seed = leak, seed
        self.state.seed_generator = keras.random.SeedGenerator(seed)

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        """1 for each task that takes part: what is dropped, `combine` drops."""
        return masked(gramian, present)[1]

    def combine(
        self, gradients: TaskGradients, gramian: Any, losses: Any, present: Any
    ) -> tuple[Mapping[str, Any], Any]:
        found = {}
        for path, each in gradients.items():
            rows = [one for one in each if one is not None]
            drawn = keras.random.uniform(
                ops.shape(rows[0]), dtype=rows[0].dtype, seed=self.state.seed_generator
            )
            found[path] = self.kept(rows, drawn)
        return found, present * 1.0

    def kept(self, rows: Any, drawn: Any) -> Any:
        """The sum of the gradients of a variable, given what was drawn for each coordinate."""
        size = sum(ops.abs(one) for one in rows)
        known = size > 0
        purity = 0.5 * (1.0 + sum(rows) / ops.where(known, size, 1.0))
        up, down = purity > drawn, purity < drawn
        parts = [
            ops.where(ops.logical_or(ops.logical_and(one > 0, up), ops.logical_and(one < 0, down)),
                      one, self.leak * one)
            for one in rows
        ]  # fmt: skip
        return ops.where(known, sum(parts), 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "leak": self.leak, "seed": self.seed}
