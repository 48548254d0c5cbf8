"""What the rows of a batch add up to, for each task."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task
from keras_mtl.training.joint import Joined, join, sums_by_owner
from keras_mtl.training.labels import safe_labels
from keras_mtl.training.scoring import Scoring


class Scored(NamedTuple):
    """Rows of one task in one stream: `(B, ...)` each, on this replica."""

    labels: Any
    scores: Any
    prediction: Any
    weights: Any


def task_sums(model: Any, scored: Mapping[str, list[Scored]]) -> tuple[Any, Any, Any]:
    """Sum of weighted losses, count of labelled rows, and of labels outside: `(tasks,)` each."""
    scoring = model.settings.scoring
    sums: dict[str, Sequence[Any]] = {}
    for group in scoring.groups:
        rows = join(group, scored)
        if rows is not None:
            each = sums_by_owner(_row_sums(group[0], scoring, rows), rows.owners, len(group))
            parts = [ops.unstack(one, len(group)) for one in each]
            sums |= {task.name: one for task, *one in zip(group, *parts, strict=True)}
    for task in model.tasks:
        if task.name not in sums:
            sums[task.name] = _sums_of(task, scoring, scored[task.name])
    return stacked(list(sums[task.name] for task in model.tasks))


def separate_sums(model: Any, scored: Mapping[str, list[Scored]]) -> list[tuple[Any, Any, Any]]:
    """The parts of `task_sums` for each task by itself, not one array of all.

    The gradient of a part then goes through the rows of its task alone.
    """
    return [_sums_of(task, model.settings.scoring, scored[task.name]) for task in model.tasks]


def stacked(sums: Sequence[Sequence[Any]]) -> tuple[Any, Any, Any]:
    """The sums of each task as those of `task_sums`."""
    total, count, outside = (ops.stack([one[part] for one in sums]) for part in range(3))
    return total, count, outside


def _sums_of(task: Task, scoring: Scoring, scored: Sequence[Scored]) -> tuple[Any, Any, Any]:
    total = count = outside = ops.zeros((), loss_dtype())
    for one in scored:
        losses, labelled, strange = _row_sums(task, scoring, one)
        total = total + ops.sum(losses)
        count = count + ops.sum(labelled)
        outside = outside + ops.sum(strange)
    return total, count, outside


def _row_sums(task: Task, scoring: Scoring, one: Scored | Joined) -> tuple[Any, Any, Any]:
    """What each row, or word, adds to the weighted loss, to the labelled and to those outside."""
    labelled = ops.cast(one.weights > 0, loss_dtype())
    blank = 0 if task.name in scoring.own_loss else task.blank
    labels = safe_labels(task, one.labels, labelled, blank)
    losses = scoring.loss(task, labels, one.scores, one.prediction)
    if len(losses.shape) != len(one.weights.shape):  # It would broadcast.
        raise ValueError(
            f"The loss of task {task.name!r} must not be reduced: one value for each row, in "
            f"the shape of its weights, {tuple(one.weights.shape)}. Received: shape "
            f"{tuple(losses.shape)}. Give a Keras loss, or a function that keeps the rows."
        )
    # Not a bare product: a row without a label may have any loss, infinite ones included.
    losses = ops.where(labelled > 0, losses * one.weights, 0.0)
    return losses, labelled, ops.cast(task.outside(one.labels), loss_dtype()) * labelled
