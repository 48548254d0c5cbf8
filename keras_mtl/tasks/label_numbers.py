"""Arguments of a task that are one number, or one for each label."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np


def label_numbers(
    task: str,
    argument: str,
    given: Any,
    labels: Sequence[str],
    otherwise: float,
    allowed: Callable[[float], bool],
    limits: str,
) -> float | tuple[float, ...]:
    """One number for all labels, or one for each.

    Args:
        task: Name of the task, for messages.
        argument: Name of the argument, for messages.
        given: A number, a mapping from label to number, or a number for each label.
        labels: The label names, in class order.
        otherwise: The number of labels that a mapping does not name.
        allowed: Whether a number is in its limits.
        limits: These in words, for messages.

    Returns:
        The number, or as many as there are labels, in class order.

    Raises:
        ValueError: If it is none of these, or names a label that the task does not have.
    """
    numbers = given
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - set(labels), key=str)
        if unknown:
            raise ValueError(
                f"`{argument}` of task {task!r} must name labels of the task "
                f"({', '.join(map(repr, labels))}). Received: {unknown}. Labels not named have "
                f"{otherwise}."
            )
        numbers = [given.get(label, otherwise) for label in labels]
    several = isinstance(numbers, list | tuple | np.ndarray)
    found = list(numbers) if several else [numbers]
    good = len(found) == (len(labels) if several else 1)
    if not good or not all(_is_number(one) and allowed(float(one)) for one in found):
        raise ValueError(
            f"`{argument}` of task {task!r} must be a number {limits}, a dictionary from label to "
            f"such a number, or {len(labels)} of them in class order. Received: "
            f"{argument}={given!r:.120}."
        )
    return tuple(float(one) for one in found) if several else float(found[0])


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
