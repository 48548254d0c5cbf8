"""Keras callbacks that time a `fit`."""

import statistics
import time

import keras


class Steps(keras.callbacks.Callback):
    """Times the steps of an epoch, without what `fit` does before and after them.

    After them TensorFlow may wait until the tuner of its datasets wakes up, for as long as all
    the steps took. The package turns the tuner off; plain Keras does not.
    """

    seconds = 0.0

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            self.begin = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.seconds = time.perf_counter() - self.begin


class Until(keras.callbacks.Callback):
    """Stops at a validation accuracy; adds up seconds, without those of validation.

    Args:
        metric: Name of the accuracy in the logs.
        accuracy: The figure to reach.
    """

    def __init__(self, metric, accuracy):
        super().__init__()
        self.metric, self.accuracy = metric, accuracy
        self.seconds, self.reached = 0.0, False
        self.usual, self.compiling = [], []  # Seconds of steps.
        self.mark = time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        self.compiled = self.model.compilations["train"]
        self.step_begin = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        new = self.model.compilations["train"] > self.compiled
        (self.compiling if new else self.usual).append(time.perf_counter() - self.step_begin)

    def on_test_begin(self, logs=None):
        self.seconds += time.perf_counter() - self.mark

    def on_test_end(self, logs=None):
        self.mark = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.reached = logs[self.metric] >= self.accuracy
        self.model.stop_training = self.reached

    @property
    def compile_seconds(self):
        """What the steps that compiled took beyond a usual one."""
        return sum(self.compiling) - len(self.compiling) * statistics.median(self.usual)
