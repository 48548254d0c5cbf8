"""Values from one variable to another."""

from typing import Any

import keras
import numpy as np


def copy_value(target: Any, source: Any) -> None:
    """Give a variable the value of another, in memory of its own.

    On JAX `assign` would leave both with one array, which a training step of either gives away.
    """
    target.assign(np.array(keras.ops.convert_to_numpy(source)))
