"""The package's callbacks, and those of the user, side by side."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.data.mixing.batches import TrainingBatches


class MixtureStart(keras.callbacks.Callback):
    """Begin a mixture where Keras begins: at an epoch that `BackupAndRestore` brought back."""

    def __init__(self, batches: TrainingBatches) -> None:
        super().__init__()
        self.batches = batches

    def on_train_begin(self, logs: Any = None) -> None:
        restored = getattr(self.model, "_initial_epoch", None)
        if restored:
            self.batches.start = restored * self.batches.steps_per_epoch


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
        outputs = function(*arguments)
        if model._batches is not None:
            model._batches.trained += model.steps_per_execution
        return outputs

    return train
