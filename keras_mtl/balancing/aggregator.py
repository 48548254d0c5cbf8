"""From the gradients of the tasks to one gradient."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import keras
from keras import ops

from keras_mtl.balancing.balancer import Balancer, LossBalancer
from keras_mtl.balancing.gradients import TaskGradients, weighted_sum
from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task


class GradientAggregator(Balancer, abc.ABC):
    """From the tasks' gradients of the shared variables to the direction of the step.

    Most methods need the Gramian `G` of the gradients alone, `G[s, t] = g_s . g_t`, and have one
    method, `weights`; the direction is then `sum_t weights[t] * g_t`. The few that need the
    gradients themselves override `combine`, too. The variables of one task alone, its head above
    all, get that task's own gradient, times `head_weights`.

    Args:
        loss_balancer: A `LossBalancer` (or its name) that acts first: the gradients are then those
            of the losses times the weights it gives them.
        level: `"parameters"`, the gradients of the shared variables; or `"features"`, those of
            what the trunk hands the heads: cheaper where tasks share rows, and an approximation.
        every: Compute new weights every so many steps, and keep them between.
        max_non_finite: After how many steps in which the gradient of one task was not finite
            training stops with an error. Before, the task is left out of such a step.
        name: Name of the state that is saved with the model.

    Raises:
        ValueError: If an argument is out of range.
    """

    # Whether `combine` is overridden in a way that needs whole gradients of the same shape at
    # every step, because it keeps such arrays itself.
    keeps_gradients: ClassVar[bool] = False

    def __init__(
        self,
        loss_balancer: Any = None,
        level: Literal["parameters", "features"] = "parameters",
        every: int = 1,
        max_non_finite: int = 100,
        name: str | None = None,
    ) -> None:
        from keras_mtl.balancing.names import get  # It knows the classes, which know this one.

        self.loss_balancer = None if loss_balancer is None else get(loss_balancer)
        self.level, self.every, self.max_non_finite = level, every, max_non_finite
        self._check_arguments()
        # A layer only to hold variables: `weights` of a layer are its variables.
        self.state = keras.layers.Layer(name=name, dtype=loss_dtype())
        self.built = False
        self._built_for: tuple[Any, ...] = ()

    @abc.abstractmethod
    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        """The weights of the tasks' gradients in the direction of the step.

        Args:
            gramian: `(tasks, tasks)`, the dot products of the tasks' gradients; rows and columns
                of absent tasks are 0.
            losses: `(tasks,)`, the losses times their loss weights; ones when left out.
            present: `(tasks,)`, 1 for a task that takes part, else 0; all when left out.

        Returns:
            `(tasks,)`, 0 for an absent task.
        """

    def combine(
        self, gradients: TaskGradients, gramian: Any, losses: Any, present: Any
    ) -> tuple[Mapping[str, Any], Any]:
        """The direction of the step.

        Args:
            gradients: The gradient of each task of each shared variable.
            gramian: As in `weights`.
            losses: As in `weights`.
            present: As in `weights`.

        Returns:
            Path of each variable to its direction; and the weights `(tasks,)` that are logged.
        """
        weights = self.weights(gramian, losses, present)
        if tuple(weights.shape) != tuple(present.shape):
            raise ValueError(
                f"`weights` of {type(self).__name__} must return one weight for each task, shape "
                f"{tuple(present.shape)}. Received: shape {tuple(weights.shape)}."
            )
        usable = ops.all(ops.isfinite(weights))
        self.not_usable.assign_add(ops.cast(ops.logical_not(usable), self.not_usable.dtype))
        weights = ops.where(usable, weights, ops.zeros_like(weights)) * present
        return weighted_sum(gradients, weights), weights

    def head_weights(self, weights: Any, losses: Any, present: Any) -> Any:
        """Weights of the tasks' gradients of what is theirs alone, `(tasks,)`: 1 by default.

        Args:
            weights: What `combine` gave.
            losses: As in `weights`.
            present: As in `weights`.
        """
        return ops.ones_like(weights)

    def make_state(self, tasks: int, shapes: Mapping[str, Sequence[int]]) -> None:
        """Make the variables of a method, with `self.state.add_weight`; none by default.

        Args:
            tasks: How many tasks there are.
            shapes: Path of each variable that may be shared to its shape; empty if called by hand.
        """

    def build(self, tasks: int, shapes: Mapping[str, Sequence[int]] | None = None) -> None:
        """Make the variables, once; `make_state` makes those of a method.

        Raises:
            ValueError: If they were made for other tasks or variables.
        """
        of = (tasks, tuple(sorted(shapes or {})) if self.keeps_gradients else ())
        if self.built and shapes is not None and of != self._built_for:
            raise ValueError(
                f"`balancer` must be a new {type(self).__name__} for each model. Received: one "
                f"that trained {self._built_for[0]} tasks of another model. Make another one."
            )
        if self.built:
            return
        self._built_for = of
        self.built = True
        # The weights of the last step that computed them.
        self.current = self.add_state("current", (tasks,), "ones")
        self.steps = self.add_state("steps", (), dtype="int32")
        # Steps that left a task out; that had no usable weights; rows that `features` cannot see.
        self.non_finite = self.add_state("non_finite", (tasks,))
        self.not_usable = self.add_state("not_usable", ())
        self.blind = self.add_state("blind", ())
        self.make_state(tasks, shapes or {})
        self.state.built = True

    def add_state(
        self, name: str, shape: Sequence[int], start: str = "zeros", dtype: str | None = None
    ) -> Any:
        """Make a variable that is saved with the model, the same on every replica."""
        return self.state.add_weight(
            shape=tuple(shape),
            initializer=start,
            trainable=False,
            aggregation="only_first_replica",
            dtype=dtype,
            name=name,
        )

    @property
    def needs_losses_after(self) -> bool:  # type: ignore[override]
        return self.loss_balancer is not None and self.loss_balancer.needs_losses_after

    def after_step(self, before: Any, after: Any, present: Any) -> None:
        if self.loss_balancer is not None:
            self.loss_balancer.after_step(before, after, present)

    def begin_epoch(self, epoch: int) -> None:
        if self.loss_balancer is not None:
            self.loss_balancer.begin_epoch(epoch)

    def end_epoch(
        self, epoch: int, losses: Mapping[str, float], metrics: Mapping[str, Mapping[str, float]]
    ) -> None:
        if self.loss_balancer is not None:
            self.loss_balancer.end_epoch(epoch, losses, metrics)

    def for_tasks(self, tasks: Sequence[Task]) -> None:
        super().for_tasks(tasks)
        if self.loss_balancer is not None:
            self.loss_balancer.for_tasks(tasks)

    def problem(self) -> str | None:
        whose = type(self).__name__
        if not self.built:
            return None
        broken, blind = (int(ops.convert_to_numpy(one)) for one in (self.not_usable, self.blind))
        if broken:
            return (
                f"`weights` of {whose} must be finite numbers. Received: NaN or infinite ones in "
                f"{broken} step(s), which left the shared variables as they were."
            )
        if blind:
            return (
                f"`level='features'` of {whose} must be used with rows that have labels of every "
                f"task. Received: {blind} row(s) with labels of some; at different rows "
                "no conflict could be seen. Use level='parameters', which is exact."
            )
        counts = ops.convert_to_numpy(self.non_finite)
        for name, count in zip(self.task_names, counts, strict=False):
            if count > self.max_non_finite:
                return (
                    f"The gradient of task {name!r} was not finite in {int(count)} steps, more "
                    f"than max_non_finite={self.max_non_finite} of {whose}; they left the task "
                    "out. Lower the learning rate, or look for inputs that are not finite."
                )
        return self.loss_balancer.problem() if self.loss_balancer is not None else None

    def get_config(self) -> dict[str, Any]:
        """The arguments, serialized."""
        balancer = self.loss_balancer
        return {
            "loss_balancer": balancer and keras.saving.serialize_keras_object(balancer),
            "level": self.level,
            "every": self.every,
            "max_non_finite": self.max_non_finite,
            "name": self.state.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "GradientAggregator":
        """A new one from what `get_config` gave."""
        return cls(**config)

    def _check_arguments(self) -> None:
        whose = type(self).__name__
        if self.loss_balancer is not None and not isinstance(self.loss_balancer, LossBalancer):
            raise TypeError(
                f"`loss_balancer` of {whose} must be a LossBalancer, which acts on losses, or its "
                f"name. Received: {self.loss_balancer!r}."
            )
        if self.level not in ("parameters", "features"):
            raise ValueError(
                f"`level` of {whose} must be 'parameters' or 'features'. "
                f"Received: level={self.level!r}."
            )
        for name in ("every", "max_non_finite"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"`{name}` of {whose} must be a whole number of 1 or more. "
                    f"Received: {name}={value!r}."
                )
        overridden = type(self).combine is not GradientAggregator.combine
        for name, usual in (("every", 1), ("level", "parameters")):
            if overridden and getattr(self, name) != usual:
                raise ValueError(
                    f"`{name}` of {whose} must be {usual!r}: it needs the gradients of the shared "
                    f"variables themselves at every step. Received: {name}={getattr(self, name)!r}."
                )
