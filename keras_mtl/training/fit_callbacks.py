"""The package's callbacks, and those of the user, side by side."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.data.mixing.batches import TrainingBatches
from keras_mtl.training.resuming import SaveAndResume


class MixtureStart(keras.callbacks.Callback):
    """Begin a mixture where Keras begins: at an epoch that `BackupAndRestore` brought back."""

    def __init__(self, batches: TrainingBatches) -> None:
        super().__init__()
        self.batches = batches

    def on_train_begin(self, logs: Any = None) -> None:
        restored = getattr(self.model, "_initial_epoch", None)
        if restored:
            self.batches.start = restored * self.batches.steps_per_epoch


class BalancerEpochs(keras.callbacks.Callback):
    """Tell a balancer of the epochs of a `fit`."""

    def __init__(self) -> None:
        super().__init__()
        self._count: Any = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._count = None
        self.model.adapter.sync(self.model)
        self.model.balancer.begin_epoch(epoch)

    def on_test_begin(self, logs: Any = None) -> None:
        if self._count is None:  # Validation sets the counters of the epoch back.
            self._count = self._labelled()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        count = self._labelled() if self._count is None else self._count
        losses = {
            task.name: float(logs[f"{task.name}_loss"])
            for task, labelled in zip(self.model.tasks, count, strict=True)
            if labelled
        }
        metrics = {}
        for name, own in self.model.settings.scoring.metrics.items():
            logged = {one.name: f"{name}_{one.name}" for one in own}
            metrics[name] = {
                metric: float(logs.get(f"val_{log}", logs.get(log)))
                for metric, log in logged.items()
                if log in logs
            }
        self.model.adapter.sync(self.model)
        self.model.balancer.end_epoch(epoch, losses, metrics)

    def _labelled(self) -> Any:
        self.model.adapter.sync(self.model)
        return keras.ops.convert_to_numpy(self.model.settings.scoring.sums.count)


def resuming(callbacks: Any) -> SaveAndResume | None:
    """The callback that lets a `fit` go on, if there is one.

    Raises:
        ValueError: If there are two, or Keras's own besides.
    """
    found = [one for one in _listed(callbacks) if isinstance(one, SaveAndResume)]
    others = [
        type(one).__name__
        for one in _listed(callbacks)
        if isinstance(one, keras.callbacks.BackupAndRestore)
    ]
    if len(found) > 1 or found and others:
        raise ValueError(
            "`callbacks` of `fit` must have one that lets it go on. Received: "
            f"{', '.join([type(one).__name__ for one in found] + others)}. Keep one SaveAndResume."
        )
    return found[0] if found else None


def with_resuming(callbacks: Any, resume: SaveAndResume | None) -> Any:
    """Callbacks with this one behind all others: what it saves is what they have made of a step."""
    if resume is None:
        return callbacks
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.callbacks.remove(resume)
        callbacks.callbacks.append(resume)
        return callbacks
    others = [one for one in callbacks if one is not resume]
    # Keras would add its own behind all.
    there = any(isinstance(one, keras.callbacks.History) for one in others)
    return [*others, *([] if there else [keras.callbacks.History()]), resume]


def _listed(callbacks: Any) -> list[Any]:
    own = getattr(callbacks, "callbacks", callbacks)
    return list(keras.tree.flatten(own or []))


def with_callbacks(
    callbacks: Any,
    before: Sequence[keras.callbacks.Callback] = (),
    behind: Sequence[keras.callbacks.Callback] = (),
) -> Any:
    """Callbacks as Keras takes them (one, several, a `CallbackList`), with ours around them."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        for one in (*before, *behind):
            one.set_params(callbacks.params)
            one.set_model(callbacks.model)
        callbacks.callbacks[:] = [*before, *callbacks.callbacks, *behind]
        return callbacks
    return [*before, *keras.tree.flatten(callbacks or []), *behind]


def counted(model: Any, function: Any) -> Any:
    """A training function that keeps a mixture's position at the next batch.

    Not a callback, so that every callback finds the position right.
    """

    def train(*arguments: Any) -> Any:
        model.settings.trains = True
        batches = model._batches
        if batches is not None and batches.trained < batches.skipped:
            outputs = model.adapter.skip(model, *arguments)
        else:
            outputs = function(*arguments)
        if model._batches is not None:
            model._batches.trained += model.steps_per_execution
        return outputs

    return train


def scored(model: Any, function: Any) -> Any:
    """A test function after which logs are those of an evaluation."""

    def test(*arguments: Any) -> Any:
        model.settings.trains = False
        return function(*arguments)

    return test
