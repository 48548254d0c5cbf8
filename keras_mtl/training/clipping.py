"""Clipping by an optimizer's own settings, of gradients that are already reduced."""

from collections.abc import Sequence
from typing import Any

from keras import ops


def clips(optimizer: Any) -> bool:
    """Whether the optimizer was told to clip in any way."""
    return any(
        getattr(inner_optimizer(optimizer), name, None) is not None
        for name in ("clipnorm", "global_clipnorm", "clipvalue")
    )


def clip(optimizer: Any, gradients: Sequence[Any]) -> list[Any]:
    """Clip as the optimizer would; what it clips again afterwards is within bounds.

    Args:
        optimizer: A Keras optimizer with one of `clipnorm`, `global_clipnorm`, `clipvalue`.
        gradients: Dense gradients of the unscaled loss, or `None` where a variable has none.

    Returns:
        The clipped gradients.
    """
    optimizer = inner_optimizer(optimizer)
    present = [gradient for gradient in gradients if gradient is not None]
    if optimizer.clipvalue is not None:
        clipped = [ops.clip(one, -optimizer.clipvalue, optimizer.clipvalue) for one in present]
    elif optimizer.clipnorm is not None:
        clipped = [one * _shrink(_norm([one]), optimizer.clipnorm) for one in present]
    elif optimizer.global_clipnorm is not None:
        shrink = _shrink(_norm(present), optimizer.global_clipnorm)
        clipped = [one * shrink for one in present]
    else:
        clipped = present
    rest = iter(clipped)
    return [None if gradient is None else next(rest) for gradient in gradients]


def inner_optimizer(optimizer: Any) -> Any:
    """The optimizer that a LossScaleOptimizer wraps."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _norm(gradients: Sequence[Any]) -> Any:
    return ops.sqrt(sum(ops.sum(ops.square(gradient)) for gradient in gradients))


def _shrink(norm: Any, largest: float) -> Any:
    return ops.minimum(1.0, largest / ops.maximum(norm, 1e-12))
