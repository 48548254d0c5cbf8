"""The least quadratic over what is not negative, by what it must meet to be the least."""

import numpy as np
import pytest
from keras import ops

from keras_mtl.balancing.quadratic import RIDGE, nonnegative
from tests.figures import at_most


def missed(gramian, linear, found):
    """How far `found` is from `z >= 0`, `s = G z + c >= 0` and `z s = 0`, as shares."""
    slope = found @ (gramian + RIDGE * np.eye(len(gramian))) + linear
    size, longest = np.abs(linear).max(axis=1, keepdims=True), 1.0 + np.abs(found).max()
    together = np.abs(found * slope) / size
    return max((-found / longest).max(), (-slope / size).max(), (together / longest).max())


@pytest.mark.parametrize("tasks", [2, 4, 9, 16])
def test_it_meets_what_the_least_must_meet(tasks):
    random, farthest = np.random.default_rng(tasks), 0.0
    for number in range(80):
        directions = random.integers(1, 2 * tasks + 1)
        gradients = random.normal(size=(tasks, directions))
        if number % 3 == 0:  # Nearly parallel ones.
            gradients = 0.05 * gradients + random.normal(size=(1, directions))
        gradients /= np.linalg.norm(gradients, axis=1, keepdims=True)
        gramian = (gradients @ gradients.T).astype("float32")
        linear = (random.normal(size=(tasks, tasks)) @ gramian).astype("float32")
        found = nonnegative(ops.convert_to_tensor(gramian), ops.convert_to_tensor(linear))
        found = ops.convert_to_numpy(found).astype("float64")
        farthest = max(farthest, missed(gramian, linear, found))
    at_most(f"conditions missed, {tasks} tasks", farthest, 1e-4)
