"""Ctrl-C while training: the step that runs is finished, and what was learned is kept."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

import keras

from keras_mtl.runs.errors import RunInterrupted
from keras_mtl.training import TrainingStopped


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end the block by `TrainingStopped`, where Python lets this thread do so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: Any) -> None:
        raise TrainingStopped(f"Stopped by {signal.Signals(number).name}.")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Interruptible(keras.callbacks.Callback):
    """Ends training between two steps after an interrupt; a second interrupt ends it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take interrupts, where Python lets this thread do so."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    # Batch *begin* hooks, where weights stand between two steps: see `SelfChecks`.
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._end_if_asked()

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._end_if_asked()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._end_if_asked()

    def _end_if_asked(self) -> None:
        if self.asked:
            self.model.adapter.sync(self.model)
            raise RunInterrupted

    def _interrupt(self, number: int, frame: Any) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
