"""In which order a task meets the others."""

from typing import Any, Literal

import keras
from keras import ops

Order = Literal["random", "ascending", "descending"]


def check_order(order: Any, whose: str) -> None:
    """Refuse what is no order.

    Raises:
        ValueError: If it is none.
    """
    if order not in ("random", "ascending", "descending"):
        raise ValueError(
            f"`order` of {whose} must be 'random', 'ascending' or 'descending'. "
            f"Received: order={order!r}."
        )


def orders(order: Order, tasks: int, seed: Any) -> Any:
    """For each task all tasks, itself among them, in the order in which it meets them.

    Returns:
        Numbers of tasks, int32 `(tasks, tasks)`.
    """
    if order == "random":
        found = ops.argsort(keras.random.uniform((tasks, tasks), seed=seed), axis=1)
        return ops.cast(found, "int32")
    ascending = ops.arange(tasks, dtype="int32")
    one = ascending if order == "ascending" else ops.flip(ascending)
    return ops.tile(ops.expand_dims(one, 0), (tasks, 1))
