"""Trust in tasks, learned."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task

FORMS = ("auto", "regression", "cross_entropy")


@keras.saving.register_keras_serializable(package="keras_mtl")
class UncertaintyWeighting(LossBalancer):
    """Trust each task as much as its learned noise level allows.

    Learns one log-variance `s_t` per task and minimises `sum_t (exp(-s_t) * loss_t + s_t) / 2`,
    so noisy tasks count less; for a cross-entropy `exp(-s_t) * loss_t + s_t / 2`.

    Args:
        initial_log_variance: Start value of every `s_t`.
        form: `"auto"`: `"regression"` for tasks whose loss is a squared error, `"cross_entropy"`
            for all others; or one of these for all. Without tasks, called by hand, `"regression"`.
        **options: As of a Keras layer.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> float(UncertaintyWeighting()(ops.array([2.0, 4.0]), present=ops.ones(2)))
        3.0

    Reference:
        [Kendall et al., 2018](https://arxiv.org/abs/1705.07115)
    """

    weighs_by_losses = False

    def __init__(
        self,
        initial_log_variance: float = 0.0,
        form: Literal["auto", "regression", "cross_entropy"] = "auto",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if form not in FORMS:
            raise ValueError(
                f"`form` of UncertaintyWeighting must be one of {', '.join(map(repr, FORMS))}. "
                f"Received: form={form!r}."
            )
        self.initial_log_variance, self.form = initial_log_variance, form
        self._factors: tuple[float, ...] | None = None

    def for_tasks(self, tasks: Sequence[Task]) -> None:
        super().for_tasks(tasks)
        self._factors = tuple(0.5 if task.squared_error else 1.0 for task in tasks)

    def build(self, losses_shape: tuple[int, ...]) -> None:
        self.log_variance = self.add_weight(
            shape=tuple(losses_shape),
            initializer=keras.initializers.Constant(self.initial_log_variance),
            name="log_variance",
        )
        self.built = True

    def call(self, losses: Any, present: Any) -> Any:
        terms = self._factor() * ops.exp(-self.log_variance) * losses + 0.5 * self.log_variance
        return ops.sum(ops.where(present > 0, terms, 0.0))

    def get_config(self) -> dict[str, Any]:
        own = {"initial_log_variance": self.initial_log_variance, "form": self.form}
        return {**super().get_config(), **own}

    def _factor(self) -> Any:
        if self.form == "auto" and self._factors is not None:
            return ops.array(self._factors, loss_dtype())
        return 1.0 if self.form == "cross_entropy" else 0.5
