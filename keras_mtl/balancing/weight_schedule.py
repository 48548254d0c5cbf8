"""Weights as a function of the epoch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.tasks import Task, by_task

Weight = Callable[[int], float] | Sequence[tuple[int, float]] | float


@keras.saving.register_keras_serializable(package="keras_mtl")
class WeightSchedule(LossBalancer):
    """Weigh the losses by a plan: a task later, another less and less.

    Args:
        weights: Task name to pairs of an epoch, counted from 0, and a weight; between them weights
            change along a line, before the first and after the last they stay. Or a function of the
            epoch, or a number. Tasks that are not named have 1.
        **options: As of a Keras layer.

    Raises:
        ValueError: If a plan is none; in `compile`, if a task is unknown; at the beginning of an
            epoch, if a weight is negative or not finite, or all are 0.

    Example:
        >>> WeightSchedule({"topic": [(0, 0.0), (4, 1.0)]}).weight_of("topic", 1)
        0.25
    """

    weighs_by_losses = False

    def __init__(self, weights: Mapping[str, Weight], **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(weights, Mapping) or not weights:
            raise ValueError(
                "`weights` of WeightSchedule must be a dictionary from task name to pairs of epoch "
                f"and weight, such as {{'topic': [(0, 0.0), (3, 1.0)]}}. Received: {weights!r}."
            )
        self.plans = {name: _plan(name, one) for name, one in weights.items()}

    def for_tasks(self, tasks: Sequence[Task]) -> None:
        super().for_tasks(tasks)
        by_task(self.plans, self.task_names, "weights` of `WeightSchedule")

    def build(self, losses_shape: tuple[int, ...]) -> None:
        self.weight = self.add_state("weight", tuple(losses_shape), "ones")
        if self.task_names:  # Steps outside of `fit` are of the first epoch.
            self.begin_epoch(0)
        self.built = True

    def call(self, losses: Any, present: Any) -> Any:
        return ops.sum(ops.stop_gradient(self.weight) * losses)

    def weight_of(self, task: str, epoch: int) -> float:
        """The weight of a task in an epoch."""
        plan = self.plans.get(task, 1.0)
        if callable(plan):
            return float(plan(epoch))
        if isinstance(plan, float):
            return plan
        epochs, weights = zip(*plan, strict=True)
        return float(np.interp(epoch, epochs, weights))

    def begin_epoch(self, epoch: int) -> None:
        weights = {name: self.weight_of(name, epoch) for name in self.task_names}
        for name, weight in weights.items():
            if not 0 <= weight < float("inf"):
                raise ValueError(
                    f"`weights` of WeightSchedule must be 0 or more. Received: {weight!r} for task "
                    f"{name!r} in epoch {epoch}."
                )
        if not any(weights.values()):
            raise ValueError(
                "`weights` of WeightSchedule must have one above 0 in each epoch. Received: all 0 "
                f"in epoch {epoch}."
            )
        self.weight.assign(list(weights.values()))

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        plans = {name: serialize(one) if callable(one) else one for name, one in self.plans.items()}
        return {**super().get_config(), "weights": plans}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WeightSchedule":
        plans = {
            name: keras.saving.deserialize_keras_object(one) if isinstance(one, dict) else one
            for name, one in config["weights"].items()
        }
        return cls(**{**config, "weights": plans})


def _plan(task: str, given: Any) -> Any:
    """A function, a number, or pairs in the order of epochs."""
    if callable(given):
        return given
    try:
        if isinstance(given, (int, float)):
            return float(given)
        pairs = sorted((int(epoch), float(weight)) for epoch, weight in given)
        if pairs and len({epoch for epoch, _ in pairs}) == len(pairs):
            return pairs
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"`weights` of WeightSchedule must give task {task!r} pairs of epoch and weight, each "
        f"epoch once, a function of the epoch, or a number. Received: {given!r}."
    )
