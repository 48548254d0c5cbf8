"""What methods on a Gramian have in common."""

from typing import Any

from keras import ops

from keras_mtl.heads import loss_dtype


def normalised(gramian: Any, present: Any = None) -> tuple[Any, Any]:
    """A Gramian of tasks that take part, whose trace is their number.

    So that no method needs to know how large gradients are: the weights of `G` and of `c * c * G`
    are the same.

    Args:
        gramian: `(tasks, tasks)`, an array of any kind.
        present: `(tasks,)`, 1 for a task that takes part, else 0; all when `None`.

    Returns:
        The Gramian, where an absent task has 1 on the diagonal and 0 beside it (never a row of
        zeros, which no solver likes), and all is 0 among tasks without a gradient; and `present`.
    """
    gramian = ops.cast(ops.convert_to_tensor(gramian), loss_dtype())
    tasks = gramian.shape[0]
    present = ops.ones((tasks,)) if present is None else ops.convert_to_tensor(present)
    present = ops.cast(present, loss_dtype())
    both = ops.expand_dims(present, 0) * ops.expand_dims(present, 1) > 0
    gramian = ops.where(both, gramian, 0.0)
    scale = ops.trace(gramian) / ops.maximum(ops.sum(present), 1.0)
    gramian = gramian / ops.where(scale > 0, scale, 1.0)
    return ops.where(both, gramian, ops.eye(tasks, dtype=loss_dtype())), present
