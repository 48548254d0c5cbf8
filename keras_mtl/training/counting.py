"""What of a batch is counted: into losses and metrics, and into what self-checks look at."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.training.joint import join
from keras_mtl.training.labels import safe_labels, word_by_word
from keras_mtl.training.task_sums import Scored


def update_metrics(
    model: Any, scored: Mapping[str, list[Scored]] | None, sums: Sequence[Any]
) -> None:
    """Count a batch into losses and metrics; without rows, which are counted, into losses alone."""
    model.settings.scoring.sums.update_state(*sums)
    if scored is not None:
        count_rows(model, scored)


def count_rows(model: Any, scored: Mapping[str, list[Scored]]) -> None:
    """Count rows into the metrics, each labelled one once."""
    scoring = model.settings.scoring
    tasks = {task.name: task for task in model.tasks}
    for counts in scoring.counts:
        every = join([tasks[name] for name in counts.names], scored)
        if every is not None:
            labelled = ops.cast(every.weights > 0, loss_dtype())
            labels = safe_labels(tasks[counts.names[0]], every.labels, labelled)
            counts.update_state(labels, every.prediction, labelled, every.owners)
    for task in model.tasks:
        metrics = scoring.single(task)
        for one in scored[task.name] if metrics else ():
            labelled = ops.cast(one.weights > 0, loss_dtype())
            rows = (safe_labels(task, one.labels, labelled), one.prediction, labelled)
            words = word_by_word(*rows) if task.of_words else rows
            for metric in metrics:
                labels, prediction, weight = rows if getattr(metric, "reads_rows", False) else words
                metric.update_state(labels, prediction, sample_weight=weight)


def reached(gradients: Sequence[Any]) -> Any:
    """1 for each variable whose gradient is there and not all zero, `(variables,)`."""
    return ops.stack(
        [
            ops.zeros((), loss_dtype())
            if gradient is None
            else ops.cast(ops.any(ops.not_equal(gradient, 0)), loss_dtype())
            for gradient in gradients
        ]
    )
