"""Mistakes that plain training hides, said while it runs."""

import contextlib
import warnings
from collections.abc import Collection, Iterator
from typing import Any

import keras
import numpy as np

from keras_mtl.data.datasets.label_space import listed
from keras_mtl.trunks.adapting import unweighed

# Reading counters back takes a moment: at the first batch, then now and then.
_EVERY = 100


class SelfCheckError(ValueError):
    """A run that cannot come to anything: what is wrong, and with which task."""


class SelfChecks(keras.callbacks.Callback):
    """Look at counters that every step keeps; on by default in `fit` and `evaluate`.

    Raises `SelfCheckError` at a loss that is not finite or a label outside its task's label
    space, and warns, at the end of an epoch, of a task that got no labels and of a trainable
    variable that got no gradient; at the end of an evaluation, of a task without labels; at the
    beginning, of words that nobody has weighed.

    Args:
        adapter: The backend's module of steps.
        evaluated: Tasks that an evaluation is to have labels of; all when `None`.
    """

    def __init__(self, adapter: Any, evaluated: Collection[str] | None = None) -> None:
        super().__init__()
        self.adapter, self.evaluated = adapter, evaluated
        self._told: set[str] = set()
        self._epoch_sums: dict[str, np.ndarray] | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        for sharing in unweighed(self.model.trunk):
            tasks = "task" if len(sharing) == 1 else "tasks"
            self._tell(
                f"The trunk's words are not weighed for {tasks} {listed(map(repr, sharing))}: all "
                f"weigh 1. Call `model.adapt(mixture)` before `fit`, or leave the {tasks} out of "
                "the trunk's `tasks`."
            )

    # Batch *begin* hooks: an end hook would make Keras wait for the logs of every step.
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 1 or batch % _EVERY == 0 and batch:
            self._check(self._read(), "training")

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 1 or batch % _EVERY == 0 and batch:
            self._check(self._read(), "evaluation")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_sums = None

    def on_test_begin(self, logs: Any = None) -> None:
        # Validation sets the counters of the epoch back.
        self._epoch_sums = self._read()

    def on_test_end(self, logs: Any = None) -> None:
        sums = self._read()
        self._check(sums, "evaluation")
        for name in self._unlabelled(sums):
            if self.evaluated is not None and name not in self.evaluated:
                continue  # It was left out on purpose.
            self._tell(
                f"Task {name!r} has no labels in the rows of this evaluation: its loss and metrics "
                "are 0 and say nothing, and `loss` is that of the other tasks. Look at its column "
                "and its sample weights."
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        sums = self._epoch_sums if self._epoch_sums is not None else self._read()
        self._check(sums, "training")
        self._warn_of_missing_labels(sums, epoch)
        self._warn_of_missing_gradients(sums, epoch)

    def _read(self) -> dict[str, np.ndarray]:
        self.adapter.sync(self.model)
        sums, balance = self.model.settings.scoring.sums, self.model.settings.scoring.balance
        found = {name: getattr(sums, name) for name in ("total", "count", "outside", "reached")}
        # What the balancer gave each task, if it is not 1.
        found["weight"] = sums.count if balance is None else balance.weight
        return {name: keras.ops.convert_to_numpy(one) for name, one in found.items()}

    def _check(self, sums: dict[str, np.ndarray], where: str) -> None:
        for number, task in enumerate(self.model.tasks):
            if sums["outside"][number]:
                count = int(sums["outside"][number])
                raise SelfCheckError(
                    f"{count} label(s) of task {task.name!r} are outside its "
                    f"label space in {where}. Give labels as class numbers of the task, and a "
                    "sample weight of 0 to rows without one."
                )
            if not np.isfinite(sums["total"][number]):
                raise SelfCheckError(
                    f"The loss of task {task.name!r} is no longer finite in {where} (NaN or "
                    "infinite). Lower the learning rate, clip gradients (`global_clipnorm` of "
                    "the optimizer), or look for inputs that are not finite."
                )
        if where == "training" and (problem := self.model.balancer.problem()):
            raise SelfCheckError(problem)

    def _warn_of_missing_labels(self, sums: dict[str, np.ndarray], epoch: int) -> None:
        for name in self._unlabelled(sums):
            self._tell(
                f"Task {name!r} got no labels in epoch {epoch + 1}: it learned nothing. "
                "Look at its column, its sample weights and the mixture."
            )

    def _unlabelled(self, sums: dict[str, np.ndarray]) -> list[str]:
        """Tasks that nobody labelled a row for; a frozen head needs none."""
        counts = zip(self.model.tasks, sums["count"], strict=True)
        names = [task.name for task, count in counts if not count]
        return [name for name in names if self.model.heads[name].trainable]

    def _warn_of_missing_gradients(self, sums: dict[str, np.ndarray], epoch: int) -> None:
        unlabelled = [
            task.name
            for task, count in zip(self.model.tasks, sums["count"], strict=True)
            if not count
        ]
        if len(unlabelled) == len(self.model.tasks):
            return  # Told already: nothing was learned.
        idle = [
            task.name
            for task, weight in zip(self.model.tasks, sums["weight"], strict=True)
            if not weight
        ]
        excused = {
            variable.path
            for name in {*unlabelled, *idle}
            for variable in self.model.heads[name].variables
        }
        excused |= self.model.settings.idle
        for variable, steps in zip(self.model.trainable_variables, sums["reached"], strict=False):
            if not steps and variable.path not in excused:
                self._tell(
                    f"The trainable variable {variable.path!r} of {self._owner(variable)} got no "
                    f"gradient in epoch {epoch + 1}: it does not learn. Freeze it on purpose "
                    "(`trainable = False` before `compile`), or connect it to a loss."
                )

    def _owner(self, variable: Any) -> str:
        for name, head in self.model.heads.items():
            if any(variable is own for own in head.variables):
                return f"task {name!r}"
        return "the shared trunk"

    def _tell(self, message: str) -> None:
        key = message.split(" in epoch ")[0]
        if key not in self._told:
            self._told.add(key)
            warnings.warn(message, stacklevel=2)


@contextlib.contextmanager
def some_unlabelled() -> Iterator[None]:
    """Evaluate without a word on tasks without labels: what they get is left out afterwards."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Task .* has no labels in the rows of this evaluation")
        yield


def trainable_paths(model: Any) -> tuple[str, ...]:
    """Names of the variables that are trained, in their order."""
    return tuple(variable.path for variable in model.trainable_variables)


def need_same_trainable(model: Any) -> None:
    """Make sure that nothing was frozen or thawed since `compile`, which Keras would not heed.

    Raises:
        ValueError: If the trainable variables are not those at `compile`.
    """
    if trainable_paths(model) != model.settings.trained:
        raise ValueError(
            "Call `compile` again after freezing or thawing: what is trained is fixed there. "
            f"Received: {len(model.trainable_variables)} trainable variables, at `compile` "
            f"{len(model.settings.trained)}."
        )
