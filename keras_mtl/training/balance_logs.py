"""What a balancer does, in the logs."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.heads import loss_dtype

# Cosines of all pairs of more tasks would be too many to look at; then each task has its mean.
_MANY_TASKS = 8


class BalanceSums(keras.metrics.Metric):
    """Sums over steps, of which the means over those with the task are told.

    Logs of each task: `<task>_weight`, the weight of its loss or of its gradient; and where a step
    has the gradient of each task `<task>_gradient_norm`, and the cosine of those of two tasks,
    `<task>_<task>_cosine`, or with more than eight tasks `<task>_mean_cosine` with all others.

    Args:
        names: Names of the tasks.
        gradients: Whether the gradients of the tasks are known.
    """

    def __init__(self, names: Sequence[str], gradients: bool) -> None:
        super().__init__(name="balance", dtype=loss_dtype())
        self.names, self.gradients = tuple(names), gradients
        tasks = len(self.names)
        self.count, self.weight, self.norm = (
            self.add_variable((tasks,), initializer="zeros", name=name)
            for name in ("count", "weight", "norm")
        )
        self.pairs, self.cosine = (
            self.add_variable((tasks, tasks), initializer="zeros", name=name)
            for name in ("pairs", "cosine")
        )

    def update_state(self, weights: Any, present: Any, gramian: Any = None) -> None:
        """Count a step: `(tasks,)`, `(tasks,)` and `(tasks, tasks)`."""
        self.count.assign_add(present)
        self.weight.assign_add(weights * present)
        if gramian is None:
            return
        norms = ops.sqrt(ops.maximum(ops.diagonal(gramian), 0.0))
        self.norm.assign_add(norms * present)
        products = ops.expand_dims(norms, 0) * ops.expand_dims(norms, 1)
        known = ops.cast(products > 0, products.dtype)
        self.pairs.assign_add(known)
        self.cosine.assign_add(gramian / ops.where(products > 0, products, 1.0) * known)

    def result(self) -> dict[str, Any]:
        """The logs, by `log_names`."""
        count = ops.maximum(self.count, 1.0)
        found = [*ops.unstack(self.weight / count, len(self.names))]
        if self.gradients:
            steps = ops.maximum(ops.diagonal(self.pairs), 1.0)
            found += ops.unstack(self.norm / steps, len(self.names))
            found += self._cosines()
        return dict(zip(self.log_names, found, strict=True))

    @property
    def log_names(self) -> list[str]:
        """Names of the logs."""
        names = [f"{name}_weight" for name in self.names]
        if self.gradients:
            names += [f"{name}_gradient_norm" for name in self.names]
            if len(self.names) > _MANY_TASKS:
                names += [f"{name}_mean_cosine" for name in self.names]
            else:
                names += [f"{a}_{b}_cosine" for a, b in itertools.combinations(self.names, 2)]
        return names

    def _cosines(self) -> list[Any]:
        tasks = len(self.names)
        if tasks > _MANY_TASKS:
            others = 1.0 - ops.eye(tasks, dtype=self.dtype)
            pairs = ops.sum(self.pairs * others, axis=1)
            return list(
                ops.unstack(ops.sum(self.cosine * others, axis=1) / ops.maximum(pairs, 1.0), tasks)
            )
        means = self.cosine / ops.maximum(self.pairs, 1.0)
        return [means[a, b] for a, b in itertools.combinations(range(tasks), 2)]
