"""Labels that are not there."""

from typing import Any

import numpy as np


def is_missing(value: Any) -> bool:
    """Whether a label is not there: `None`, NaN (as tables of pandas have it) or an empty string.

    Example:
        >>> [is_missing(value) for value in (None, float("nan"), "", "pos", 0)]
        [True, True, True, False, False]
    """
    if value is None or (isinstance(value, str) and not value):
        return True
    # The `NA` of pandas is neither equal to itself nor not.
    return type(value).__name__ == "NAType" or (
        isinstance(value, float | np.floating) and bool(np.isnan(value))
    )
