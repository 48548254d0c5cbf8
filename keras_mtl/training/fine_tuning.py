"""The optimizer that pretrained encoders are fine-tuned with."""

from typing import Any

import keras
from keras import ops

# What shifts, and what scales a normalised feature. Keras looks at the name `bias`, but for
# TensorFlow at that of the variable inside, `bias:0`.
NOT_DECAYED = (r"(^|[/_])(bias|gamma|beta|scale)(:\d+)?$",)


@keras.saving.register_keras_serializable(package="keras_mtl")
class WarmUpAndDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises in a straight line from 0, and falls in one back to 0.

    Args:
        learning_rate: The highest rate.
        steps: Steps of the whole run; from there on the rate is 0.
        warmup_steps: Steps of the rise.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> rate = WarmUpAndDecay(0.4, steps=6, warmup_steps=2)
        >>> [round(float(rate(step)), 3) for step in range(7)]
        [0.2, 0.4, 0.4, 0.3, 0.2, 0.1, 0.0]
    """

    def __init__(self, learning_rate: float, steps: int, warmup_steps: int = 0) -> None:
        super().__init__()
        _check("learning_rate", learning_rate, "above 0", learning_rate > 0)
        _check("steps", steps, "at least 1", steps >= 1)
        _check("warmup_steps", warmup_steps, "from 0 to `steps`", 0 <= warmup_steps <= steps)
        self.learning_rate = learning_rate
        self.steps = steps
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        number = ops.cast(step, "float32")
        # The first step of a rise from 0 would be lost: it is that of a rate of 0.
        rising = (number + 1.0) / max(self.warmup_steps, 1)
        falling = (self.steps - number) / max(self.steps - self.warmup_steps, 1)
        share = ops.where(number < self.warmup_steps, rising, ops.clip(falling, 0.0, 1.0))
        return self.learning_rate * share

    def get_config(self) -> dict[str, Any]:
        return {
            "learning_rate": self.learning_rate,
            "steps": self.steps,
            "warmup_steps": self.warmup_steps,
        }


@keras.saving.register_keras_serializable(package="keras_mtl")
class FineTuning(keras.optimizers.AdamW):
    """AdamW as pretrained encoders are fine-tuned with it.

    The learning rate rises in a straight line over the first part of the run, so that new heads
    do not tear at old weights, and falls to 0 by its end. Weights decay, but not biases and not
    the scales and shifts of normalisation. The gradient of all variables together is clipped.

    Args:
        steps: Steps of the whole run: `mixture.steps_per_epoch * epochs`.
        learning_rate: The highest rate. Small encoders bear more than large ones: 5e-5 or less is
            usual for BERT-base.
        warmup: Share of the steps in which the rate rises, in [0, 1).
        weight_decay: Share of a weight taken away in a step, times the learning rate.
        global_clipnorm: Largest norm of the gradient of all variables, `None` for no limit.
        **options: As in `keras.optimizers.AdamW`.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> FineTuning(steps=1_000).get_config()["warmup"]
        0.1

    Reference:
        [Devlin et al., 2019](https://aclanthology.org/N19-1423/), appendix A;
        [Loshchilov & Hutter, 2019](https://arxiv.org/abs/1711.05101)
    """

    def __init__(
        self,
        steps: int,
        learning_rate: float = 2e-4,
        warmup: float = 0.1,
        weight_decay: float = 0.01,
        global_clipnorm: float | None = 1.0,
        **options: Any,
    ) -> None:
        _check("warmup", warmup, "in [0, 1)", 0 <= warmup < 1)
        schedule = WarmUpAndDecay(learning_rate, steps, int(warmup * steps))
        super().__init__(
            schedule, weight_decay=weight_decay, global_clipnorm=global_clipnorm, **options
        )
        self.steps, self.peak, self.warmup = steps, learning_rate, warmup
        # Kept nowhere by Keras: each optimizer made from a configuration asks for it again.
        self.exclude_from_weight_decay(var_names=NOT_DECAYED)

    def get_config(self) -> dict[str, Any]:
        own = {"steps": self.steps, "learning_rate": self.peak, "warmup": self.warmup}
        return {**super().get_config(), **own}


def _check(argument: str, value: float, expected: str, holds: bool) -> None:
    if not holds:
        raise ValueError(
            f"`{argument}` of a fine-tuning optimizer must be {expected}. "
            f"Received: {argument}={value!r}."
        )
