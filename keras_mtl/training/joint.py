"""Many tasks alike, scored in one go.

Sixty tasks of a few rows each would be sixty times all the small operations of a loss and of its
metrics: more than the work on the rows. Those of tasks alike are done once, for all their rows.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from keras_mtl.tasks import Task

# Fewer are scored one by one.
_LEAST_TASKS = 4


class Joined(NamedTuple):
    """Rows of all tasks of a group, one behind the other.

    `owners` is the place in the group of the task of each row, `(N,)`; `None` in a group of one.
    """

    labels: Any
    scores: Any
    prediction: Any
    weights: Any
    owners: Any


def groups_of(tasks: Sequence[Task], own: Mapping[str, Any]) -> list[tuple[Task, ...]]:
    """Tasks that differ in name and column alone, where there are several.

    Args:
        tasks: All tasks of the model.
        own: Names of tasks with a loss or metrics that the user gave.
    """
    kinds: list[tuple[Task, list[Task]]] = []
    for task in tasks:
        if task.name in own or not task.joins:
            continue
        kind = dataclasses.replace(task, name="alike", column="alike")
        found = next((group for other, group in kinds if other == kind), None)
        if found is None:
            kinds.append((kind, [task]))
        else:
            found.append(task)
    return [tuple(group) for _, group in kinds if len(group) >= _LEAST_TASKS]


def join(group: Sequence[Task], scored: Mapping[str, Sequence[Any]]) -> Joined | None:
    """The rows of a group of tasks, or `None` if a batch has none."""
    parts = [(place, one) for place, task in enumerate(group) for one in scored[task.name]]
    if not parts:
        return None
    labels, scores, prediction, weights = (
        ops.concatenate([one[part] for _, one in parts]) if len(parts) > 1 else parts[0][1][part]
        for part in range(4)
    )
    if len(group) == 1:
        return Joined(labels, scores, prediction, weights, None)
    rows = [one.weights.shape[0] for _, one in parts]
    if None in rows:
        like = [ops.full_like(ops.cast(one.weights, "int32"), place) for place, one in parts]
        owners = ops.concatenate(like)
    else:
        owners = ops.convert_to_tensor(np.repeat([place for place, _ in parts], rows), "int32")
    return Joined(labels, scores, prediction, weights, owners)


def sums_by_owner(values: Sequence[Any], owners: Any, tasks: int) -> list[Any]:
    """The sums of values `(N,)` over the rows of each task, `(tasks,)` each."""
    own = ops.equal(ops.expand_dims(ops.arange(tasks, dtype="int32"), 1), owners)
    # Not a product: of a loss that is not finite, others would get their part.
    return [ops.sum(ops.where(own, ops.expand_dims(one, 0), 0.0), axis=1) for one in values]
