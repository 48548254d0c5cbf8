"""The maths of one step, the same on every backend.

A batch goes once through the trunk for each group of streams of one shape, each task's rows
through its head, and each task's loss is its mean over the labelled rows of the global batch.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task, by_task
from keras_mtl.training.features import features_of, of_task, pass_penalties
from keras_mtl.training.joint import join
from keras_mtl.training.labels import all_ones, like_rows, safe_labels, word_by_word
from keras_mtl.training.scoring import Scoring
from keras_mtl.training.task_sums import Scored

PLAIN = ""  # The name under which a plain batch runs as the only stream.


@dataclasses.dataclass
class StepSettings:
    """What `compile` and `fit` decide about a step, fixed while a step is compiled.

    Args:
        scoring: Losses and metrics.
        loss_weights: Weight of each task's loss in the logs, `(tasks,)`: those of `compile`.
        training_weights: Weight of each task's loss in a training step, `(tasks,)`.
        trained: Paths of the trainable variables, in their order.
        task_shares: What a mixture multiplies each task's loss by, `(tasks,)`.
        idle: Paths of variables that only tasks of weight 0 use; a step leaves them untouched.
        self_checks: Whether steps count what the self-checks look at.
        traces: How often each kind of step was compiled.
        update: The optimizer, and its update as the steps of all shapes share it.
    """

    scoring: Scoring
    loss_weights: tuple[float, ...]
    training_weights: tuple[float, ...]
    trained: tuple[str, ...]
    task_shares: tuple[float, ...]
    idle: frozenset[str] = frozenset()
    self_checks: bool = True
    traces: dict[str, int] = dataclasses.field(default_factory=lambda: {"train": 0, "test": 0})
    update: tuple[Any, Any] | None = None


def is_nested(x: Any) -> bool:
    """Whether a batch has a level of streams above its inputs."""
    return isinstance(x, Mapping) and all(isinstance(part, Mapping) for part in x.values())


def forward(model: Any, data: Any, training: bool) -> tuple[dict[str, list[Scored]], list[Any]]:
    """Run a plain or nested batch.

    Returns:
        Task name to its rows, one entry for each stream that feeds it; and the penalties that
        layers added during the passes (activity regularizers).
    """
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    if not is_nested(x):
        x = x if isinstance(x, Mapping) else {next(iter(model.input)): x}
        x, y, sample_weight = {PLAIN: x}, {PLAIN: y}, {PLAIN: sample_weight}
    features, penalties = features_of(model, x, training)
    scored: dict[str, list[Scored]] = {task.name: [] for task in model.tasks}
    names = list(scored)
    counting = dict(zip(names, model.settings.training_weights, strict=True))
    for stream in x:
        labels = by_task(y[stream], names, "y")
        weights = by_task((sample_weight or {}).get(stream), names, "sample_weight", True)
        for task in model.tasks:
            if task.name in labels:
                # The head of a task of weight 0 stays as it is: no moving averages, no dropout.
                learns = training and counting[task.name] > 0
                one = _score(model, task, features[stream], labels, weights, learns)
                scored[task.name].append(one)
                own = pass_penalties(model.heads[task.name]) if learns else []
                feeding = sum(task.name in by_task(y[other], names, "y") for other in x)
                penalties += [penalty / feeding for penalty in own]
    return scored, penalties


def objective(
    model: Any,
    total: Any,
    count: Any,
    penalties: Sequence[Any],
    add_up: Callable[[Any], Any],
    replicas: int,
) -> Any:
    """The scalar whose gradient, averaged over replicas, is that of the global batch.

    A task's loss has the value of the global mean, and `replicas` times the gradient of this
    replica's part of it; so the balancer sees the same losses everywhere, and what does not
    depend on rows (its own variables, weight penalties) needs no rule of its own.
    """
    global_count = add_up(ops.stop_gradient(count))
    local = total / ops.maximum(global_count, 1.0)
    if replicas == 1:
        losses = local
    else:
        mean = add_up(ops.stop_gradient(local))
        losses = replicas * local + ops.stop_gradient(mean - replicas * local)
    settings = model.settings
    factors = zip(settings.training_weights, settings.task_shares, strict=True)
    weights = ops.array([weight * share for weight, share in factors], loss_dtype())
    present = ops.logical_and(global_count > 0, weights > 0)
    scalar = model.balancer(losses * weights, present=ops.cast(present, loss_dtype()))
    weight_penalties = [
        variable.regularizer(variable)
        for variable in model.trainable_variables
        if variable.regularizer is not None
    ]
    everything = [scalar, *penalties, *weight_penalties]
    return sum(ops.cast(one, loss_dtype()) for one in everything)


def update_metrics(model: Any, scored: Mapping[str, list[Scored]], sums: Sequence[Any]) -> None:
    """Count a batch into losses and metrics. Metrics count each labelled row once."""
    scoring = model.settings.scoring
    scoring.sums.update_state(*sums)
    for group in scoring.groups:
        joint = next((one for one in scoring.joint if group[0].name in one.names), None)
        every = join(group, scored)
        if joint is not None and every is not None:
            labelled = ops.cast(every.weights > 0, loss_dtype())
            labels = safe_labels(group[0], every.labels, labelled)
            joint.update_state(labels, every.prediction, labelled, every.owners)
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


def without_idle(model: Any, gradients: Sequence[Any]) -> list[Any]:
    """`None` in place of the gradients of variables that only tasks of weight 0 use."""
    return [
        None if variable.path in model.settings.idle else gradient
        for gradient, variable in zip(gradients, model.trainable_variables, strict=True)
    ]


def _score(
    model: Any,
    task: Task,
    features: Any,
    labels: Mapping[str, Any],
    weights: Mapping[str, Any],
    training: bool,
) -> Scored:
    """One task's rows of one stream through its head."""
    scores = model.heads[task.name](of_task(task, features), training=training)
    own = labels[task.name]
    if task.reads != "candidates":  # There `(B, 1)` are the labels of one candidate.
        own = like_rows(own, scores)
    if task.name in weights:
        weight = like_rows(weights[task.name], scores)
    else:
        weight = all_ones(task, own)
    prediction = model.predictions[task.name](scores)
    return Scored(own, scores, prediction, ops.cast(weight, loss_dtype()))
