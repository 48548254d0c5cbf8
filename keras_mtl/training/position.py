"""Where in its mixture a run stands."""

from typing import Any

import keras

from keras_mtl.data.mixture import Mixture


class MixturePosition(keras.callbacks.Callback):
    """Keep `mixture.position` at the next batch that has not been trained on."""

    def __init__(self, mixture: Mixture, steps_per_epoch: int) -> None:
        super().__init__()
        self.mixture = mixture
        self.steps_per_epoch = steps_per_epoch
        self.begin = mixture.position["epoch"] * steps_per_epoch + mixture.position["step"]
        self.epochs = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._move(self.epochs * self.steps_per_epoch + batch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs += 1
        self._move(self.epochs * self.steps_per_epoch)

    def _move(self, done: int) -> None:
        epoch, step = divmod(self.begin + done, self.steps_per_epoch)
        self.mixture.position = {"epoch": epoch, "step": step}
