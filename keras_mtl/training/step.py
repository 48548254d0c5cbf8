"""The maths of one step, the same on every backend.

A batch goes once through the trunk for each group of streams of one shape, each task's rows
through its head, and each task's loss is its mean over the labelled rows of the global batch.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task, by_task
from keras_mtl.training.features import features_of, of_task, pass_penalties
from keras_mtl.training.joint_heads import scored_together
from keras_mtl.training.labels import all_ones, like_rows
from keras_mtl.training.scoring import Scoring
from keras_mtl.training.task_sums import Scored

# What a pass gives: task name to its rows, an entry for each stream; and penalties.
Passed = tuple[dict[str, list[Scored]], list[Any]]
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
        log_gradients: Whether steps compute the gradient of each task for the logs alone.
        solves: Whether the step that is compiled computes new weights of gradients, or keeps those
            of an earlier one.
        trains: Whether the last step was one of training.
        part: Which variables are shared, once a step that computes new weights was compiled.
        traces: How often each kind of step was compiled.
        update: The optimizer, and its update as the steps of all shapes share it.
        cache: What a frozen trunk made of texts, in a `fit` that asked for it.
        micro_batches: In how many parts the rows of a training step pass, one after another.
    """

    scoring: Scoring
    loss_weights: tuple[float, ...]
    training_weights: tuple[float, ...]
    trained: tuple[str, ...]
    task_shares: tuple[float, ...]
    idle: frozenset[str] = frozenset()
    self_checks: bool = True
    log_gradients: bool = False
    solves: bool = True
    part: Any = None
    trains: bool = False
    traces: dict[str, int] = dataclasses.field(default_factory=lambda: {"train": 0, "test": 0})
    update: tuple[Any, Any] | None = None
    cache: Any = None
    micro_batches: int = 1


def is_nested(x: Any) -> bool:
    """Whether a batch has a level of streams above its inputs."""
    return isinstance(x, Mapping) and all(isinstance(part, Mapping) for part in x.values())


class Losses(NamedTuple):
    """Losses times their weights, and 1 for each task that takes part: `(tasks,)` each."""

    losses: Any
    present: Any


class Trained(NamedTuple):
    """What a step found out on its way to an update.

    `gradients` has one for each trainable variable; if they are `whole`, of the unscaled loss of
    the whole batch. `scored` is `None` if the metrics have counted the rows already. `balance` is
    what `BalanceSums.update_state` takes.
    """

    gradients: list[Any]
    whole: bool
    scored: dict[str, list[Scored]] | None
    sums: tuple[Any, Any, Any]
    seen: Losses
    balance: tuple[Any, ...]


class Rows(NamedTuple):
    """A batch with a level of streams: inputs, labels and weights, each by stream."""

    x: dict[str, Any]
    y: dict[str, Any]
    sample_weight: dict[str, Any]


def rows_of(model: Any, data: Any) -> Rows:
    """A plain or nested batch as one of streams."""
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    if not is_nested(x):
        x = x if isinstance(x, Mapping) else {next(iter(model.input)): x}
        x, y, sample_weight = {PLAIN: x}, {PLAIN: y}, {PLAIN: sample_weight}
    names = [task.name for task in model.tasks]
    weights = sample_weight or {}
    return Rows(
        x,
        {stream: by_task(y[stream], names, "y") for stream in x},
        {stream: by_task(weights.get(stream), names, "sample_weight", True) for stream in x},
    )


def needs_each(model: Any) -> bool:
    """Whether a step needs the gradient of each task."""
    return model.settings.log_gradients or not isinstance(model.balancer, keras.layers.Layer)


def forward(model: Any, rows: Rows, training: bool, streams: Sequence[str] | None = None) -> Passed:
    """Run a batch, or some of its streams: its rows, and the penalties that layers added."""
    features, penalties = features_of(model, rows.x, training, streams)
    scored, of_heads = pass_heads(model, rows, features, training)
    return scored, [*penalties, *of_heads]


def merged(passes: Sequence[Passed]) -> Passed:
    """Passes of streams by themselves as one of all."""
    scored: dict[str, list[Scored]] = {}
    for of_tasks, _ in passes:
        for task, found in of_tasks.items():
            scored.setdefault(task, []).extend(found)
    return scored, [one for _, penalties in passes for one in penalties]


def pass_heads(
    model: Any, rows: Rows, features: Mapping[str, Mapping[str, Any]], training: bool
) -> Passed:
    """Each task's rows through its head.

    Args:
        model: The model.
        rows: The whole batch.
        features: Features of each stream that is to pass.
        training: Whether this is a training step.

    Returns:
        Task name to its rows, one entry for each stream that feeds it; and the penalties that
        heads added during the passes (activity regularizers).
    """
    scored: dict[str, list[Scored]] = {task.name: [] for task in model.tasks}
    penalties: list[Any] = []
    counting = dict(zip(scored, model.settings.training_weights, strict=True))
    together = {}
    if not (training and needs_each(model)):  # The gradient of one task would reach all heads.
        together = scored_together(model, rows.y, features, training, counting)
    for stream, found in features.items():
        for task in model.tasks:
            if task.name in rows.y[stream]:
                # The head of a task of weight 0 stays as it is: no moving averages, no dropout.
                learns = training and counting[task.name] > 0
                scores = together.get(task.name)
                own = []
                if scores is None:
                    scores = scores_of(model, task, found, learns)
                    own = pass_penalties(model.heads[task.name]) if learns else []
                scored[task.name].append(_scored(task, rows, stream, *scores))
                feeding = sum(task.name in labels for labels in rows.y.values())
                penalties += [penalty / feeding for penalty in own]
    return scored, penalties


def scores_of(model: Any, task: Task, features: Any, training: bool) -> tuple[Any, Any]:
    """Scores and predictions of one task's rows of one stream."""
    scores = model.heads[task.name](of_task(task, features), training=training)
    return scores, model.predictions[task.name](scores)


def objective(
    model: Any,
    total: Any,
    count: Any,
    penalties: Sequence[Any],
    add_up: Callable[[Any], Any],
    replicas: int,
    probe: Any = 0.0,
) -> tuple[Any, Losses]:
    """The scalar whose gradient, averaged over replicas, is that of the global batch.

    A task's loss has the value of the global mean, and `replicas` times the gradient of this
    replica's part of it; so the balancer sees the same losses everywhere, and what does not
    depend on rows (its own variables, weight penalties) needs no rule of its own.

    Args:
        model: The model.
        total: `(tasks,)`, sums of this replica's weighted losses.
        count: `(tasks,)`, this replica's labelled rows.
        penalties: What layers added during the passes.
        add_up: Sums over replicas.
        replicas: How many there are.
        probe: `(tasks,)` zeros: the gradient by them is that by the losses.

    Returns:
        The scalar, and the losses that the balancer saw.
    """
    global_count = add_up(ops.stop_gradient(count))
    local = total / ops.maximum(global_count, 1.0)
    if replicas == 1:
        losses = local
    else:
        mean = add_up(ops.stop_gradient(local))
        losses = replicas * local + ops.stop_gradient(mean - replicas * local)
    seen = weighted(model, losses, global_count)
    scalar = model.balancer(seen.losses + probe, present=seen.present)
    return scalar + penalty(model, penalties), seen


def weighted(model: Any, losses: Any, global_count: Any) -> Losses:
    """Mean losses times their weights, and who takes part, as balancers see them."""
    weights = ops.array(task_factors(model), loss_dtype())
    present = ops.logical_and(global_count > 0, weights > 0)
    return Losses(losses * weights, ops.cast(present, loss_dtype()))


def task_factors(model: Any) -> list[float]:
    """What each task's loss is multiplied by: its loss weight times the share of the mixture."""
    settings = model.settings
    factors = zip(settings.training_weights, settings.task_shares, strict=True)
    return [weight * share for weight, share in factors]


def penalty(model: Any, penalties: Sequence[Any]) -> Any:
    """The sum of what layers added during the passes and of the penalties on weights."""
    weight_penalties = [
        variable.regularizer(variable)
        for variable in model.trainable_variables
        if variable.regularizer is not None
    ]
    everything = [*penalties, *weight_penalties]
    return sum((ops.cast(one, loss_dtype()) for one in everything), start=ops.zeros(()))


def without_idle(model: Any, gradients: Sequence[Any]) -> list[Any]:
    """`None` in place of the gradients of variables that only tasks of weight 0 use."""
    return [
        None if variable.path in model.settings.idle else gradient
        for gradient, variable in zip(gradients, model.trainable_variables, strict=True)
    ]


def _scored(task: Task, rows: Rows, stream: str, scores: Any, prediction: Any) -> Scored:
    """The rows of one task in one stream."""
    labels, weights = rows.y[stream], rows.sample_weight[stream]
    own = labels[task.name]
    if task.reads != "candidates":  # There `(B, 1)` are the labels of one candidate.
        own = like_rows(own, scores)
    if task.name in weights:
        weight = like_rows(weights[task.name], scores)
    else:
        weight = all_ones(task, own)
    return Scored(own, scores, prediction, ops.cast(weight, loss_dtype()))
