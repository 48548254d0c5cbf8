"""Gradients of several tasks, and what becomes of them."""

import numpy as np
from keras import ops

# Three tasks, the first two at odds.
CASE_A = np.array([[4.0, 0, 0, 1], [-2, 2, 1, 0], [1, -1, 2, 1]])
LOSSES_A = np.array([1.0, 0.5, 2.0])


def weights_of(method, gradients, losses=None, present=None):
    """The weights of a method, as numpy."""
    gramian = np.asarray(gradients) @ np.asarray(gradients).T
    return ops.convert_to_numpy(method.weights(gramian, losses, present)).astype("float64")


def combined(method, gradients, losses=None, present=None, cut=(2,)):
    """Direction and weights of a method, the gradients cut into variables at these places."""
    gradients = np.asarray(gradients, "float32")
    parts = np.split(gradients, list(cut), axis=1)
    shapes = {f"v{number}": one.shape[1:] for number, one in enumerate(parts)}
    tasks = len(gradients)
    method.build(tasks, shapes)
    present = np.ones(tasks, "float32") if present is None else np.asarray(present, "float32")
    losses = np.ones(tasks, "float32") if losses is None else np.asarray(losses, "float32")
    gramian = (gradients * present[:, None]) @ (gradients * present[:, None]).T
    given = {
        f"v{number}": [ops.convert_to_tensor(row * here)
                       for row, here in zip(one, present, strict=True)]
        for number, one in enumerate(parts)
    }  # fmt: skip
    found, weights = method.combine(
        given, ops.convert_to_tensor(gramian), ops.convert_to_tensor(losses),
        ops.convert_to_tensor(present),
    )  # fmt: skip
    direction = np.concatenate([ops.convert_to_numpy(found[name]) for name in given])
    return direction.astype("float64"), ops.convert_to_numpy(weights).astype("float64")


def random_gradients(seed, tasks, kind="well", scale=1.0):
    """Gradients `(tasks, width)` of a kind: well or badly conditioned, or of low rank."""
    random = np.random.default_rng(seed)
    width = 2 * tasks + 3
    if kind == "low rank":
        rank = max(tasks // 2, 1)
        found = random.normal(size=(tasks, rank)) @ random.normal(size=(rank, width))
    else:
        found = random.normal(size=(tasks, width))
    if kind == "badly":
        found = found * 10.0 ** random.uniform(-1.5, 1.5, (tasks, 1))
        found = found + random.normal(size=width) * 3.0  # They nearly agree on one direction.
    return found * scale
