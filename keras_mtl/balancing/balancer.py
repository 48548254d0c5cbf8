"""How the tasks of a step are traded off: what every way of it shares."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.heads import loss_dtype
from keras_mtl.tasks import Task


class Balancer:
    """What loss balancers and gradient aggregators share.

    A balancer is maths on small arrays: it never sees a model, and the step never knows which
    balancer it runs. What it learns or keeps are Keras variables, so they are saved and restored
    with the model. The methods here are called around the steps; they do nothing unless a method
    of the field needs them.
    """

    # Whether a step computes the losses once more after its update, for `after_step`.
    needs_losses_after: bool = False
    # Names of the tasks, in the order of every `(tasks,)` array, once `compile` has told them.
    task_names: tuple[str, ...] = ()

    def for_tasks(self, tasks: Sequence[Task]) -> None:
        """Look at the tasks, in the order of every `(tasks,)` array; in `compile`."""
        self.task_names = tuple(task.name for task in tasks)

    def after_step(self, before: Any, after: Any, present: Any) -> None:
        """Learn from what a step did; compiled with it. Called if `needs_losses_after`.

        Args:
            before: `(tasks,)`, the losses that the step started from, times their loss weights.
            after: `(tasks,)`, the same of the same rows after the update.
            present: `(tasks,)`, 1 for a task with labels in the batch, else 0.
        """

    def problem(self) -> str | None:
        """What went wrong that a compiled step cannot say, `None` if all is well."""
        return None

    def begin_epoch(self, epoch: int) -> None:
        """Set up an epoch, counted from 0; outside of the compiled step."""

    def end_epoch(
        self, epoch: int, losses: Mapping[str, float], metrics: Mapping[str, Mapping[str, float]]
    ) -> None:
        """Learn from an epoch, counted from 0; outside of the compiled step.

        Args:
            epoch: The epoch that ended.
            losses: Task name to its mean loss over the epoch; a task without labels is left out.
            metrics: Task name to its metrics by name: of the validation data, if there are any.
        """


class LossBalancer(Balancer, keras.layers.Layer, abc.ABC):
    """From the tasks' losses to the one scalar that is minimised.

    Trainable variables, made in `build`, are trained with the model, by its optimizer. The weight
    of a task, as logged, is the derivative of the scalar by its loss.

    Call arguments:
        losses: `(tasks,)`, the mean loss of each task times its loss weight; 0 where absent.
        present: `(tasks,)`, 1 for a task with labels in this batch and a loss weight above 0,
            else 0.

    Returns:
        The scalar to minimise.
    """

    # Whether the weights of a step are made of its losses. Where they are not, so that `call` gives
    # the losses times weights that are known before, False spares steps in parts a pass.
    weighs_by_losses: bool = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # What a class says of its own `call` need not be true of one that is written anew.
        if "call" in vars(cls) and "weighs_by_losses" not in vars(cls):
            cls.weighs_by_losses = True

    def __init__(self, **kwargs: Any) -> None:
        # Never in half precision, whatever the global policy: float16 ends at 65,504.
        super().__init__(**{"dtype": loss_dtype(), **kwargs})

    def add_state(self, name: str, shape: Sequence[int], start: str = "zeros") -> Any:
        """Make a variable that is kept, not trained: the same on every replica."""
        return self.add_weight(
            shape=tuple(shape),
            initializer=start,
            trainable=False,
            aggregation="only_first_replica",
            name=name,
        )

    def for_tasks(self, tasks: Sequence[Task]) -> None:
        """Look at the tasks, in `compile`.

        Raises:
            ValueError: If it has learned, or counted, of other tasks.
        """
        names = tuple(task.name for task in tasks)
        if self.variables and self.task_names not in ((), names):
            raise ValueError(
                f"`balancer` must be a new {type(self).__name__} for each model. Received: one of "
                f"tasks {', '.join(map(repr, self.task_names))}, for "
                f"{', '.join(map(repr, names))}. Make another one."
            )
        super().for_tasks(tasks)

    @abc.abstractmethod
    def call(self, losses: Any, present: Any) -> Any:
        """The scalar to minimise."""
