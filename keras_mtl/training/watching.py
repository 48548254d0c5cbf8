"""One figure of an epoch to judge it by, taken from the logs of one or several tasks."""

import abc
import dataclasses
import math
import numbers
from collections.abc import Mapping
from typing import Any, Literal

import keras

from keras_mtl.data.datasets.label_space import listed, nearest

Mode = Literal["auto", "min", "max"]
By = str | Mapping[str, float]
Metric = str | Mapping[str, str]

_WORDS = ("all", "each")
_MODES = ("auto", "min", "max")


@dataclasses.dataclass(frozen=True)
class Watched:
    """A figure of an epoch and its better direction.

    Args:
        name: What the figure is, such as `val_loss` or `0.5 val_a_loss + 0.5 val_b_loss`.
        parts: Log name to its weight in the sum.
        tasks: Names of the tasks that it judges.
        mode: `"min"` if less is better, `"max"` if more is.
    """

    name: str
    parts: Mapping[str, float]
    tasks: tuple[str, ...]
    mode: str

    def value(self, logs: Mapping[str, Any] | None) -> float | None:
        """The figure of an epoch; `None` where the epoch was not validated."""
        if not logs or not all(name in logs for name in self.parts):
            return None
        return sum(weight * float(logs[name]) for name, weight in self.parts.items())

    def improves(self, value: float, best: float | None, min_delta: float = 0.0) -> bool:
        """Whether a figure is better than the best by more than `min_delta`; NaN never is."""
        if best is None or math.isnan(best):
            return not math.isnan(value)
        return value + min_delta < best if self.mode == "min" else value - min_delta > best


@dataclasses.dataclass(frozen=True)
class Choice:
    """By which tasks and which metric a callback judges an epoch.

    Args:
        whose: Name of the callback, for messages.
        by: `"all"`, `"each"`, a task, or task name to weight.
        metric: `"loss"` or a metric's name; or task name to one.
        mode: Which direction is better.

    Raises:
        TypeError: If an argument is of the wrong type.
        ValueError: If a weight is negative, or the mode is unknown.
    """

    whose: str
    by: By = "all"
    metric: Metric = "loss"
    mode: str = "auto"

    def __post_init__(self) -> None:
        for argument, value in (("by", self.by), ("metric", self.metric)):
            if not isinstance(value, (str, Mapping)):
                raise TypeError(
                    f"`{argument}` of {self.whose} must be a name or a dictionary by task name. "
                    f"Received: {argument}={value!r} of type {type(value).__name__}."
                )
        if self.mode not in _MODES:
            raise ValueError(
                f"`mode` of {self.whose} must be one of {', '.join(_MODES)}. "
                f"Received: mode={self.mode!r}. {nearest(str(self.mode), _MODES)}"
            )
        if isinstance(self.by, Mapping):
            self._check_weights(self.by)

    def of(self, model: Any, validated: bool = True) -> dict[str, Watched]:
        """What to watch on a compiled model.

        Args:
            model: The model.
            validated: Whether to watch the logs of the validation data, not of training.

        Returns:
            Task name to its figure with `by="each"`, without tasks of weight 0; else one entry.

        Raises:
            TypeError: If it is no model of several tasks.
            ValueError: If a task or a metric is unknown, or the better direction is.
        """
        if getattr(model, "settings", None) is None or not hasattr(model, "tasks"):
            raise TypeError(
                f"{self.whose} works in `fit` of a compiled MultiTaskModel. Received: {model!r}. "
                "For another model use keras.callbacks.EarlyStopping or ModelCheckpoint."
            )
        names, settings = [task.name for task in model.tasks], model.settings
        self._check_tasks(names)
        prefix = "val_" if validated else ""
        if self.by == "each":
            training = dict(zip(names, settings.training_weights, strict=True))
            each = [name for name in names if training[name]]
            return {name: self._figure(model, {name: 1.0}, prefix) for name in each}
        if self.by == "all":
            weights = dict(zip(names, settings.loss_weights, strict=True))
            if self.metric == "loss":  # As Keras logs it: the sum, not the mean.
                mode = "min" if self.mode == "auto" else self.mode
                watched = Watched(f"{prefix}loss", {f"{prefix}loss": 1.0}, tuple(names), mode)
                return {"all": watched}
        else:
            weights = {self.by: 1.0} if isinstance(self.by, str) else dict(self.by)
        return {"all": self._figure(model, weights, prefix)}

    def _figure(self, model: Any, weights: Mapping[str, float], prefix: str) -> Watched:
        """The weighted mean over tasks."""
        weights = {name: weight for name, weight in weights.items() if weight}
        metrics = {name: self._metric_of(model, name) for name in weights}
        whole = sum(weights.values())
        parts = {
            f"{prefix}{name}_{metrics[name]}": weight / whole for name, weight in weights.items()
        }
        title = next(iter(parts))
        if len(parts) > 1:
            title = " + ".join(f"{weight:.3g} {name}" for name, weight in parts.items())
        modes = {name: self._mode_of(model, name, metrics[name]) for name in weights}
        if len(set(modes.values())) > 1:
            raise ValueError(
                f"`metric` of {self.whose} must not mix figures that are better low with such "
                f"that are better high. Received: metric={self.metric!r}. Choose one kind, or "
                "by='each', which takes no mean."
            )
        return Watched(title, parts, tuple(weights), next(iter(modes.values())))

    def _metric_of(self, model: Any, task: str) -> str:
        metric = self.metric if isinstance(self.metric, str) else self.metric.get(task)
        known = ["loss", *(one.name for one in model.settings.scoring.metrics[task])]
        if metric is None:
            raise ValueError(
                f"`metric` of {self.whose} must give task {task!r} one of {', '.join(known)}. "
                f"Received: metric={self.metric!r}. Name it too, or leave the task out of `by`."
            )
        if metric not in known:
            hint = nearest(str(metric).removeprefix("val_"), known)
            raise ValueError(
                f"`metric` of {self.whose} must be one of task {task!r}: {', '.join(known)}. "
                f"Received: {metric!r}. {hint}Tasks with different metrics take a dictionary, "
                f"metric={{{task!r}: {known[-1]!r}, ...}}."
            )
        return str(metric)

    def _mode_of(self, model: Any, task: str, metric: str) -> str:
        """`"min"` or `"max"`: as told, else as the Keras metric itself says."""
        if self.mode != "auto":
            return self.mode
        if metric == "loss":
            return "min"
        found = next(one for one in model.settings.scoring.metrics[task] if one.name == metric)
        direction = {"up": "max", "down": "min"}.get(getattr(found, "_direction", ""))
        if direction is None:
            raise ValueError(
                f"`mode` of {self.whose} must be 'min' or 'max' for the metric {metric!r} of task "
                f"{task!r}, which does not tell its better direction. Received: mode='auto'."
            )
        return direction

    def _check_weights(self, weights: Mapping[str, float]) -> None:
        for name, weight in weights.items():
            if isinstance(weight, bool) or not isinstance(weight, numbers.Real):
                raise TypeError(
                    f"`by` of {self.whose} must give task {name!r} a number. Received: {weight!r}."
                )
            if not 0.0 <= float(weight) < math.inf:
                raise ValueError(
                    f"`by` of {self.whose} must give task {name!r} a weight of 0 or more. "
                    f"Received: {weight!r}."
                )
        if not any(weights.values()):
            raise ValueError(
                f"`by` of {self.whose} must give at least one task a weight above 0. "
                f"Received: by={dict(weights)!r}."
            )

    def _check_tasks(self, names: list[str]) -> None:
        if isinstance(self.by, str):
            chosen = [] if self.by in _WORDS else [self.by]
        else:
            chosen = list(self.by)
        given = {"by": chosen, "metric": self.metric if isinstance(self.metric, Mapping) else []}
        words = ", 'all' or 'each'"
        for argument, used in given.items():
            for name in used:
                if name not in names:
                    known = [*names, *_WORDS] if argument == "by" else names
                    raise ValueError(
                        f"`{argument}` of {self.whose} must name tasks of the model "
                        f"({listed(names)}){words if argument == 'by' else ''}. "
                        f"Received: {name!r}. {nearest(str(name), known)}"
                    )


class WatchingCallback(keras.callbacks.Callback, abc.ABC):
    """A callback that judges epochs by a `Choice`.

    Args:
        choice: By which tasks and which metric.
    """

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        self.watched: dict[str, Watched] = {}

    @abc.abstractmethod
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Judge the epoch."""

    def on_test_end(self, logs: Any = None) -> None:
        """Refuse to judge by a figure that is always 0 because nothing is labelled."""
        if not self.watched:
            return
        counts = keras.ops.convert_to_numpy(self.model.settings.scoring.sums.count)
        labelled = {
            task.name for task, count in zip(self.model.tasks, counts, strict=True) if count
        }
        for watched in self.watched.values():
            if not labelled & set(watched.tasks):
                raise ValueError(
                    f"The validation data must have labels of {listed(watched.tasks)}, by which "
                    f"{self.choice.whose} judges ({watched.name}). Received: none. Give rows with "
                    "labels, or judge by other tasks: by={'task': 1.0, ...}."
                )
