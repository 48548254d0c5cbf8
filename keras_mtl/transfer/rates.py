"""Learning rates that fall from the heads down, and the schedules of fine-tuning."""

from typing import Any

import keras
from keras import ops

from keras_mtl.training.selecting import groups_of


@keras.saving.register_keras_serializable(package="keras_mtl")
class LayerwiseDecay:
    """Factors of learning rates that fall with every group of layers, from the heads down.

    Args:
        decay: What each group's factor is of that of the group above it.

    Raises:
        ValueError: If `decay` is not above 0, or above 1.
    """

    def __init__(self, decay: float) -> None:
        if isinstance(decay, bool) or not isinstance(decay, (int, float)) or not 0 < decay <= 1:
            raise ValueError(
                "`decay` of `layerwise_decay` must be above 0 and at most 1: a group's rate is so "
                f"much of that of the group above it. Received: {decay!r}. 0.9 is usual for BERT."
            )
        self.decay = float(decay)

    def factors(self, model: Any) -> dict[str, float]:
        """Path of each variable of a `MultiTaskModel` to its factor: 1 for the heads."""
        groups = groups_of(model)
        return {
            variable.path: self.decay ** (len(groups) - 1 - number)
            for number, group in enumerate(groups)
            for layer in group.layers
            for variable in layer.trainable_variables
        }

    def get_config(self) -> dict[str, float]:
        """The arguments."""
        return {"decay": self.decay}

    @classmethod
    def from_config(cls, config: dict[str, float]) -> "LayerwiseDecay":
        """What `get_config` describes."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"layerwise_decay({self.decay})"


def layerwise_decay(decay: float = 0.9) -> LayerwiseDecay:
    """Rates for `GroupedOptimizer` that fall by `decay` with every group of layers.

    The heads learn at the full rate, the highest group of the trunk at `decay` of it, the next at
    `decay ** 2`, and so on; `trainable(model)` shows the groups.

    Args:
        decay: In (0, 1].

    Raises:
        ValueError: If it is not.

    Example:
        >>> from keras_mtl.transfer import GroupedOptimizer
        >>> GroupedOptimizer("adam", layerwise_decay(0.9)).rates
        layerwise_decay(0.9)

    Reference:
        [Howard & Ruder, 2018](https://aclanthology.org/P18-1031/), section 3.2 (there 1 / 2.6);
        [Sun et al., 2019](https://arxiv.org/abs/1905.05583), section 3.3 (0.95 for BERT)
    """
    return LayerwiseDecay(decay)


@keras.saving.register_keras_serializable(package="keras_mtl")
class SlantedTriangular(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises fast in a straight line, and falls slowly in one.

    With `cut = int(steps * cut_fraction)` and `p` the share of the rise, or of the fall, that is
    left to go, the rate is `learning_rate * (1 + p * (ratio - 1)) / ratio`. `WarmUpAndDecay` is
    the same with 0 for both ends.

    Args:
        learning_rate: The highest rate.
        steps: Steps of the whole run.
        cut_fraction: Share of the steps in which the rate rises, in (0, 1).
        ratio: How many times smaller the lowest rate is than the highest; above 1.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> rate = SlantedTriangular(0.32, steps=10, cut_fraction=0.2)
        >>> [round(float(rate(step)), 3) for step in (0, 1, 2, 6, 10)]
        [0.01, 0.165, 0.32, 0.165, 0.01]

    Reference:
        [Howard & Ruder, 2018](https://aclanthology.org/P18-1031/), section 3.2
    """

    def __init__(
        self, learning_rate: float, steps: int, cut_fraction: float = 0.1, ratio: float = 32.0
    ) -> None:
        super().__init__()
        _check("learning_rate", learning_rate, "above 0", learning_rate > 0)
        _check("steps", steps, "at least 1", steps >= 1)
        _check("cut_fraction", cut_fraction, "in (0, 1)", 0 < cut_fraction < 1)
        _check("ratio", ratio, "above 1", ratio > 1)
        self.learning_rate, self.steps = learning_rate, steps
        self.cut_fraction, self.ratio = cut_fraction, ratio

    def __call__(self, step: Any) -> Any:
        number = ops.cast(step, "float32")
        cut = max(int(self.steps * self.cut_fraction), 1)
        falling = (self.steps - number) / max(self.steps - cut, 1)
        share = ops.clip(ops.where(number < cut, number / cut, falling), 0.0, 1.0)
        return self.learning_rate * (1.0 + share * (self.ratio - 1.0)) / self.ratio

    def get_config(self) -> dict[str, Any]:
        return {
            "learning_rate": self.learning_rate,
            "steps": self.steps,
            "cut_fraction": self.cut_fraction,
            "ratio": self.ratio,
        }


def _check(argument: str, value: float, expected: str, holds: bool) -> None:
    if not holds:
        raise ValueError(
            f"`{argument}` of SlantedTriangular must be {expected}. Received: {argument}={value!r}."
        )
