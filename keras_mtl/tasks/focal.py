"""Focal loss: what the model is sure of and right about counts less."""

import math
from numbers import Real
from typing import Any

from keras import ops

# Keeps the slope finite where a probability is 1 and the power below 1.
_TINY = 1e-12


def focal_factor(log_probabilities: Any, gamma: float) -> Any:
    """`(1 - p) ** gamma` from the logarithms of probabilities, of any shape.

    Args:
        log_probabilities: `log(p)`, at most 0.
        gamma: The power, above 0.

    Reference:
        [Lin et al., 2017](https://arxiv.org/abs/1708.02002)
    """
    # 1 - p by `expm1`: the difference of two numbers near 1 would have lost its digits.
    missing = ops.maximum(-ops.expm1(log_probabilities), _TINY)
    return ops.exp(gamma * ops.log(missing))


def check_focal_gamma(name: str, gamma: Any) -> None:
    """See that the power of a task's focal loss is 0 or more. Raises `ValueError`."""
    real = isinstance(gamma, Real) and not isinstance(gamma, bool)
    if not real or not 0.0 <= float(gamma) < math.inf:
        raise ValueError(
            f"`focal_gamma` of task {name!r} must be a number of 0 or more; 0 is cross-entropy, 2 "
            f"is usual. Received: focal_gamma={gamma!r}."
        )
