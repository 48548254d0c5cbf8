"""More weight for tasks that are hard."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.tasks import Task, by_task

# A task that is never right, or always, would weigh infinitely much or nothing.
_LEAST, _MOST = 1e-3, 1.0 - 1e-3


@keras.saving.register_keras_serializable(package="keras_mtl")
class DynamicTaskPrioritization(LossBalancer):
    """Give tasks that are hard, by a metric, more weight.

    With `k_t` a moving average of the task's metric, which lies in (0, 1):
    `w_t = -(1 - k_t)^gamma * log(k_t)`. The metric is that of an epoch's end, on the validation
    data if there are any; until the first, all weights are 1.

    Args:
        gamma: How much harder tasks stand out.
        discount: Share of the newest metric in the moving average.
        metric: Name of the metric, or task name to it; else the first of the task's own that is a
            share: an accuracy or an F1 score.
        **options: As of a Keras layer.

    Raises:
        ValueError: If an argument is out of range; in `compile`, if a task is unknown; at the end
            of an epoch, if a task has no such metric, or it is not in [0, 1].

    Example:
        >>> float(DynamicTaskPrioritization()(ops.array([2.0, 4.0]), present=ops.ones(2)))
        6.0

    Reference:
        [Guo et al., 2018](https://openaccess.thecvf.com/content_ECCV_2018/html/Michelle_Guo_Focus_on_the_ECCV_2018_paper.html)
    """

    weighs_by_losses = False

    def __init__(
        self,
        gamma: float = 1.0,
        discount: float = 0.5,
        metric: str | Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not gamma >= 0:
            raise ValueError(
                "`gamma` of DynamicTaskPrioritization must be a number of 0 or more. "
                f"Received: gamma={gamma!r}."
            )
        if not 0 < discount <= 1:
            raise ValueError(
                "`discount` of DynamicTaskPrioritization must be above 0 and at most 1. "
                f"Received: discount={discount!r}."
            )
        self.gamma, self.discount, self.metric = gamma, discount, metric
        self._metric_of: dict[str, str] = {}

    def for_tasks(self, tasks: Sequence[Task]) -> None:
        super().for_tasks(tasks)
        whose = "metric` of `DynamicTaskPrioritization"
        self._metric_of = by_task(self.metric, self.task_names, whose, everywhere=True)

    def build(self, losses_shape: tuple[int, ...]) -> None:
        self.weight = self.add_state("weight", tuple(losses_shape), "ones")
        # 0 where there is none yet.
        self.average = self.add_state("average", tuple(losses_shape))
        self.built = True

    def call(self, losses: Any, present: Any) -> Any:
        return ops.sum(ops.stop_gradient(self.weight) * losses)

    def end_epoch(
        self, epoch: int, losses: Mapping[str, float], metrics: Mapping[str, Mapping[str, float]]
    ) -> None:
        average = ops.convert_to_numpy(self.average).copy()
        for place, name in enumerate(self.task_names):
            if name in losses:
                newest = np.clip(self._share_of(name, metrics.get(name, {})), _LEAST, _MOST)
                seen = average[place]
                average[place] = newest if not seen else seen + self.discount * (newest - seen)
        known = average > 0
        weight = np.ones_like(average)
        weight[known] = -((1.0 - average[known]) ** self.gamma) * np.log(average[known])
        self.average.assign(average)
        self.weight.assign(weight)

    def get_config(self) -> dict[str, Any]:
        own = {"gamma": self.gamma, "discount": self.discount, "metric": self.metric}
        return {**super().get_config(), **own}

    def _share_of(self, task: str, metrics: Mapping[str, float]) -> float:
        shares = [one for one in metrics if "accuracy" in one or one.endswith("f1")]
        wanted = self._metric_of.get(task, shares[0] if shares else "accuracy")
        value = metrics.get(wanted)
        if value is None or not 0 <= value <= 1:
            raise ValueError(
                f"`metric` of DynamicTaskPrioritization must be one of task {task!r} that lies in "
                f"[0, 1]. Received: {wanted!r}, which is {value}; there are {sorted(metrics)}. "
                f"Choose one: metric={{{task!r}: ...}}."
            )
        return float(value)
