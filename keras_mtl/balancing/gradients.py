"""Gradients of several tasks, variable by variable."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras import ops

from keras_mtl.heads import loss_dtype

# Path of a shared variable to the gradient of each task, all of one shape; `None` for a task that
# does not reach it. Of an embedding the rows alone may be there that any task's tokens have.
TaskGradients = Mapping[str, Sequence[Any]]


def gramian_of(gradients: TaskGradients, tasks: int) -> Any:
    """Dot products of the tasks' gradients over all variables, `(tasks, tasks)`."""
    gramian = ops.zeros((tasks, tasks), loss_dtype())
    for each in gradients.values():
        there = [task for task, one in enumerate(each) if one is not None]
        rows = ops.stack([ops.reshape(ops.cast(each[task], loss_dtype()), (-1,)) for task in there])
        products = ops.matmul(rows, ops.transpose(rows))
        if len(there) < tasks:
            places = ops.one_hot(ops.convert_to_tensor(there, "int32"), tasks, dtype=loss_dtype())
            products = ops.matmul(ops.transpose(places), ops.matmul(products, places))
        gramian = gramian + products
    return gramian


def weighted_sum(gradients: TaskGradients, weights: Any) -> dict[str, Any]:
    """`sum_t weights[t] * g_t` of each variable."""
    factors = ops.unstack(weights, weights.shape[0])
    return {
        path: sum(
            ops.cast(factor, one.dtype) * one
            for factor, one in zip(factors, each, strict=True)
            if one is not None
        )
        for path, each in gradients.items()
    }
