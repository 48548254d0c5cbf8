"""A word about gradients of few rows."""

import warnings
from collections.abc import Mapping
from typing import Any

from keras_mtl.balancing import GradientAggregator

_FEWEST = 8


def warn_of_few_rows(model: Any, rows: Mapping[str, int]) -> None:
    """Warn where a balancer of gradients gets few rows of a task in each step.

    Args:
        model: The model.
        rows: Task name to its rows in a step, as far as they are known.
    """
    few = {name: count for name, count in rows.items() if count < _FEWEST}
    if few and isinstance(model.balancer, GradientAggregator) and len(model.tasks) > 1:
        said = ", ".join(f"{count} of {name!r}" for name, count in few.items())
        warnings.warn(
            f"{type(model.balancer).__name__} should have {_FEWEST} rows or more of each task in a "
            "step: a conflict between gradients of few rows is mostly noise. Received: "
            f"{said}. Use a larger `batch_size`, or share='uniform' in the mixture.",
            stacklevel=3,
        )
