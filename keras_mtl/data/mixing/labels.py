"""The labels of rows as numbers, beside what a model reads of the rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_mtl.data.text.compared import Compared
from keras_mtl.missing import is_missing
from keras_mtl.tasks import ABSENT, Task


def encode_labels(
    task: Task, values: Sequence[Any], rows: Sequence[Any], where: str
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and weights of a task that is not of words.

    Args:
        task: The task.
        values: The label of each row.
        rows: What the task reads of each row; of a task of candidates, `Compared`.
        where: The place of the values, for messages.

    Returns:
        As `Task.encode`; of candidates labels `(N, K)`, `K` being the most that a row has.

    Raises:
        ValueError: As `Task.encode`; or if a row has not as many labels as candidates.
    """
    if task.reads != "candidates":
        return task.encode(values, where)
    if len(values) != len(rows):
        raise ValueError(
            f"Labels of task {task.name!r} must be one list, or None, for each of the {len(rows)} "
            f"rows. Received: {len(values)} labels in {where}."
        )
    for number, (value, row) in enumerate(zip(values, rows, strict=True)):
        _check_count(task, value, row, f"row {number} of {where}")
    labels, weights = task.encode(values, where)
    most = max((len(row.others) for row in rows), default=1)
    missing = most - labels.shape[1]  # Where those without a label have the most candidates.
    return np.pad(labels, [(0, 0), (0, missing)], constant_values=ABSENT), weights


def _check_count(task: Task, value: Any, row: Compared, where: str) -> None:
    if not is_missing(value) and hasattr(value, "__len__") and len(value) != len(row.others):
        raise ValueError(
            f"Labels of task {task.name!r} must be one for each candidate, or None for the row. "
            f"Received: {len(value)} labels and {len(row.others)} candidates in {where}."
        )
