"""Shares of the tasks that take part."""

from typing import Any

from keras import ops


def softmax_of(values: Any, present: Any) -> Any:
    """The softmax over those present, 0 for others, `(tasks,)`; one task alone has 1."""
    there = present > 0
    highest = ops.max(ops.where(there, values, -1e30))
    raised = ops.where(there, ops.exp(ops.where(there, values - highest, 0.0)), 0.0)
    return raised / ops.maximum(ops.sum(raised), 1e-30)
