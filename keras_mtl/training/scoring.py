"""Losses and metrics over labelled rows, exact over an epoch and over replicas."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task, by_task
from keras_mtl.tasks.f1 import F1Score
from keras_mtl.training.balance_logs import BalanceSums
from keras_mtl.training.class_counts import ClassCounts, counted
from keras_mtl.training.joint import groups_of


class TaskSums(keras.metrics.Metric):
    """Sums from which the logs and the self-checks are made.

    Variables, each `(tasks,)`: `total` of weighted losses, `count` of labelled rows or tokens,
    `outside` of labels that are not in the label space; and `reached`, `(variables,)`, how
    many steps brought each trainable variable a gradient that was not zero.
    """

    def __init__(self, tasks: int, variables: int) -> None:
        super().__init__(name="task_sums", dtype=loss_dtype())
        self.total, self.count, self.outside = (
            self.add_variable((tasks,), initializer="zeros", name=name)
            for name in ("total", "count", "outside")
        )
        self.reached = self.add_variable((max(variables, 1),), initializer="zeros", name="reached")

    def update_state(self, total: Any, count: Any, outside: Any) -> None:
        self.total.assign_add(total)
        self.count.assign_add(count)
        self.outside.assign_add(outside)

    def update_reached(self, reached: Any) -> None:
        """Add one step's `(variables,)` of 0 and 1."""
        self.reached.assign_add(reached)

    def result(self) -> Any:
        return self.total / ops.maximum(self.count, 1.0)


class Scoring:
    """How the tasks of a model are scored: a loss and metrics for each.

    Args:
        tasks: The tasks, in the order of every `(tasks,)` array.
        loss: Task name to a Keras loss on predictions, in place of the task's own.
        metrics: Task name to metrics, in place of the task's own.
        variables: Number of trainable variables.
        balance: What the balancer does, for the logs of training.

    Raises:
        ValueError: If a name is no task's, a metric is unknown, or two log names collide.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        loss: Any = None,
        metrics: Any = None,
        variables: int = 0,
        balance: BalanceSums | None = None,
    ) -> None:
        self.tasks = tuple(tasks)
        names = [task.name for task in tasks]
        losses = by_task(loss, names, "loss")
        self.own_loss = {name: resolve_loss(losses[name], name) for name in losses}
        chosen = by_task(metrics, names, "metrics")
        self.metrics = {
            task.name: resolve_metrics(chosen[task.name], task)
            if task.name in chosen
            else task.metrics()
            for task in tasks
        }
        self.groups = groups_of(self.tasks, {**losses, **chosen})
        grouped = {task.name for group in self.groups for task in group}
        alone = [task for task in tasks if task.joins and task.name not in {*grouped, *chosen}]
        counting = [self._counts(one) for one in (*self.groups, *((task,) for task in alone))]
        self.counts = [one for one in counting if one is not None]
        self.sums = TaskSums(len(self.tasks), variables)
        self.balance = balance
        self._check_log_names()

    @property
    def all_metrics(self) -> list[keras.metrics.Metric]:
        """Every object whose variables the scores live in."""
        single = [one for task in self.tasks for one in self.single(task)]
        return [self.sums, *([self.balance] if self.balance else []), *self.counts, *single]

    def single(self, task: Task) -> list[keras.metrics.Metric]:
        """The metrics of a task that count its rows themselves."""
        told = any(task.name in one.names for one in self.counts)
        return [one for one in self.metrics[task.name] if not (told and counted(one))]

    def loss(self, task: Task, labels: Any, scores: Any, prediction: Any) -> Any:
        """Loss of each row or token of a task, not reduced."""
        if task.name in self.own_loss:
            return ops.cast(self.own_loss[task.name](labels, prediction), loss_dtype())
        if not isinstance(scores, Mapping):
            scores = ops.cast(scores, loss_dtype())
        return ops.cast(task.loss(labels, scores), loss_dtype())

    @property
    def log_names(self) -> list[str]:
        """Names of the logs: `loss`, then `<task>_loss` and `<task>_<metric>` of each task."""
        names = ["loss"]
        for task in self.tasks:
            names += [f"{task.name}_loss"]
            names += [f"{task.name}_{metric.name}" for metric in self.metrics[task.name]]
        return names

    def logs(self, loss_weights: Sequence[float], training: bool = False) -> dict[str, Any]:
        """What Keras prints, by `log_names`; in training behind it what the balancer does.

        `loss` is the plain weighted sum of the tasks' means, whatever the balancer.
        """
        means = self.sums.result()
        found = {"loss": ops.sum(means * ops.array(loss_weights, means.dtype))}
        losses = ops.unstack(means, len(self.tasks))
        found |= {f"{task.name}_loss": one for task, one in zip(self.tasks, losses, strict=True)}
        for counts in self.counts:
            for metric, figures in counts.result().items():
                each = zip(counts.names, ops.unstack(figures, len(counts.names)), strict=True)
                found |= {f"{name}_{metric}": one for name, one in each}
        for task in self.tasks:
            found |= {f"{task.name}_{one.name}": one.result() for one in self.single(task)}
        logs = {name: found[name] for name in self.log_names}
        return logs | self.balance.result() if training and self.balance else logs

    def _counts(self, group: Sequence[Task]) -> ClassCounts | None:
        told = [one for one in self.metrics[group[0].name] if counted(one)]
        classes = {one.num_classes for one in told if isinstance(one, F1Score)}
        # A kind of task of the user may have an F1 of some of its classes, or others besides.
        if classes != {getattr(group[0], "num_classes", None)}:
            return None
        return ClassCounts([task.name for task in group], told, classes.pop())

    def _check_log_names(self) -> None:
        names = [*self.log_names, *(self.balance.log_names if self.balance else [])]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"Two log entries would have the same name: {twice}. Rename a task or a metric."
            )


def resolve_loss(loss: Any, task_name: str) -> Any:
    """A function from labels and predictions to the loss of each row.

    Raises:
        ValueError: If Keras knows no such loss.
    """
    found = keras.losses.get(loss)
    if isinstance(found, keras.losses.Loss):
        return found.call
    if callable(found):
        return found
    raise ValueError(f"`loss` of task {task_name!r} must be a Keras loss. Received: {loss!r}.")


def resolve_metrics(given: Any, task: Task) -> list[keras.metrics.Metric]:
    """New metrics from names (a task's own come first), configs or objects, never shared."""
    own = {metric.name: metric for metric in task.metrics()}
    found = []
    for one in given if isinstance(given, (list, tuple)) else [given]:
        name = "accuracy" if one == "acc" else one
        metric = own[name] if isinstance(name, str) and name in own else keras.metrics.get(name)
        if callable(metric) and not isinstance(metric, keras.metrics.Metric):
            metric = keras.metrics.MeanMetricWrapper(metric, name=metric.__name__)
        if not isinstance(metric, keras.metrics.Metric):
            raise ValueError(
                f"`metrics` of task {task.name!r} must be Keras metrics or names of its own "
                f"({sorted(own)}). Received: {one!r}."
            )
        # One object under two tasks would add their rows up; and a new compile starts anew.
        found.append(type(metric).from_config(metric.get_config()))
    return found
