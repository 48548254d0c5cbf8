"""A run that goes on after it was killed, as if nothing had happened."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_mtl.training import checkpoint_files as files
from keras_mtl.training.callback_states import (
    pack,
    set_states,
    states_of,
    unpack,
    warn_of_forgetful,
)
from keras_mtl.training.run_state import check_state, put_back, state_of
from keras_mtl.training.state_files import (
    State,
    StateError,
    clear_states,
    newest_state,
    states_in,
    write_state,
)

_PREFIX = "callback/"
# Several processes look at what the others want only so often: each look waits for all of them.
_MOMENTS_OF_A_LOOK = 10


class TrainingStopped(SystemExit):
    """Training was told to stop, and where it stands was saved: the program ends with status 0."""

    def __init__(self, message: str) -> None:
        super().__init__(0)
        self.message = message

    def __str__(self) -> str:
        return self.message


class SaveAndResume(keras.callbacks.Callback):
    """Save where a `fit` stands, and go on from there when the same program is run again.

    Weights, the optimizer, the balancer, the counts of the epoch's figures, the position in the
    mixture, the seeds of dropout and what callbacks remember are written to a folder: at the end of
    every epoch, and within an epoch every so many steps or minutes. A `fit` that finds them there
    goes on after the last step that was saved, to the same bits as if it had never stopped (on a
    GPU under `tf.config.experimental.enable_op_determinism()`). A file is written whole or not at
    all, and verified when it is read: from a damaged one it falls back to the one before.

    SIGTERM, with which a machine is taken away, ends the step that runs; then all is saved and the
    program ends with status 0. Of several processes, one that gets it stops them all: within ten
    steps, at the same one.

    Rows that are no mixture have no position: their `fit` is saved at the end of epochs only.
    Callbacks of your own are kept if they have `get_state()` and `set_state(state)`; all are called
    for the steps of an epoch that were done before, too, and have what they remember put back. Of
    several processes the first writes, by its clock, to a folder that all can read.

    Args:
        folder: Where to save; made if it is not there. One folder for one `fit`.
        every_steps: Steps between two files within an epoch; `None`: no such rule.
        every_minutes: Minutes between two files within an epoch; `None`: no such rule.
        keep: How many files stay.
        configuration: A text that tells runs apart, such as a checksum of all settings.
        delete: Whether the files are deleted when the `fit` is through.
        verbose: 1 tells what stopped the `fit`, 0 does not.

    Raises:
        CheckpointError: In `fit`, if the folder cannot be written to or the disk is full. What was
            saved before is whole.
        ValueError: If an argument is out of range; in `fit`, if what is in the folder is of another
            model, mixture or configuration, or all of it is damaged.
    """

    def __init__(
        self,
        folder: files.PathLike,
        every_steps: int | None = None,
        every_minutes: float | None = 10.0,
        keep: int = 2,
        configuration: str = "",
        delete: bool = True,
        verbose: int = 1,
    ) -> None:
        super().__init__()
        for name, value, whole in (
            ("every_steps", 1 if every_steps is None else every_steps, True),
            ("every_minutes", 1 if every_minutes is None else every_minutes, False),
            ("keep", keep, True),
        ):
            number = isinstance(value, int if whole else (int, float))
            if not number or isinstance(value, bool) or not value > 0:
                raise ValueError(
                    f"`{name}` of SaveAndResume must be a {'whole ' * whole}number above 0. "
                    f"Received: {name}={value!r}."
                )
        self.folder = Path(folder)
        self.every_steps, self.every_minutes, self.keep = every_steps, every_minutes, keep
        self.configuration, self.delete, self.verbose = configuration, delete, verbose
        self.others: list[Any] = []  # The callbacks of a `fit`, in their order.
        self.asked: str | None = None  # The signal that asked for an end.
        self._pending: State | None = None
        self._epoch, self._saved_at, self._saved_step, self._moments = 0, 0.0, 0, 0
        self._figures: list[np.ndarray] | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        if getattr(self.model, "settings", None) is None:
            raise TypeError(
                "SaveAndResume works in `fit` of a compiled MultiTaskModel. Received: "
                f"{self.model!r}. For another model use keras.callbacks.BackupAndRestore."
            )
        self._pending, self._figures = None, None
        self._saved_at, self._saved_step, self._moments = time.monotonic(), 0, 0
        if self.model.writes:
            files.guarded(self.folder, self._prepare)
        state = newest_state(self.folder)
        if state is None:
            return
        batches = self.model._batches
        check_state(self.model, batches, state.about, self.configuration, self.folder)
        warn_of_forgetful(self.others, state.about["callbacks"])
        put_back(self.model, state)
        self._put_callbacks_back(state)
        about = state.about
        self.model._initial_epoch = self.params["epochs"] if about["stopped"] else about["epoch"]
        if batches is not None:
            batches.start = about["epoch"] * batches.steps_per_epoch
            batches.skipped = self._saved_step = about["step"]
        if about["step"]:
            self._pending = state

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch, self._figures = epoch, None
        if self._pending is None:
            self._saved_step = 0
        elif epoch != self._pending.about["epoch"]:
            raise StateError(
                "`initial_epoch` of a `fit` that goes on must be that of the `fit` that was broken "
                f"off: '{self.folder}' stands in epoch {self._pending.about['epoch']}. Received: "
                f"one that begins at epoch {epoch}."
            )
        else:  # Keras has set the figures to 0, and callbacks have begun the epoch once more.
            put_back(self.model, self._pending)
            self.model.settings.trains = True
            figures = self.model.get_metrics_result()
            self.model._passed = {name: float(value) for name, value in figures.items()}

    # Batch *begin* hooks, where weights stand between two steps: see `SelfChecks`.
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        stop, late = self._agreed()
        if self._pending is not None:
            if batch >= self._pending.about["step"]:
                self.model.adapter.sync(self.model)
                put_back(self.model, self._pending)
                self._go_on()
            elif stop:
                self._end()
        elif stop:
            self._save_within(batch)
            self._end()
        elif late or (self.every_steps and batch - self._saved_step >= self.every_steps):
            self._save_within(batch)

    def on_test_begin(self, logs: Any = None) -> None:
        if self._pending is not None:  # All steps of the epoch had been done.
            self._go_on()
        self.model.adapter.sync(self.model)
        kept = self.model.metrics_variables
        self._figures = [np.array(keras.ops.convert_to_numpy(one)) for one in kept]

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self._agreed()[0]:
            self.save()
            self._end()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._epoch, self._figures = epoch + 1, None
        self._save(0)

    def on_train_end(self, logs: Any = None) -> None:
        stop, _ = self._agreed(now=True)
        if stop:  # After the last step: what stays lets a `fit` that is through be passed by.
            self._end()
        if self.delete and self.model.writes:
            clear_states(self.folder)

    def save(self) -> None:
        """Save now, between two steps, as when a run is interrupted.

        Raises:
            CheckpointError: If the folder cannot be written to or the disk is full.
        """
        batches = self.model._batches
        if self._pending is not None or batches is None:
            return
        if self._figures is not None:  # In the validation of an epoch whose steps are done.
            self._save_within(batches.steps_per_epoch, self._figures)
        elif batches.position["epoch"] == self._epoch:
            self._save_within(batches.position["step"])

    @contextlib.contextmanager
    def listening(self, callbacks: Any) -> Iterator[None]:
        """Stand by during a `fit`: know its callbacks, and take SIGTERM where Python lets us."""
        every = getattr(callbacks, "callbacks", callbacks)
        self.others, self.asked = [one for one in every if one is not self], None
        main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGTERM, self._ask) if main else None
        try:
            yield
        finally:
            if main:
                signal.signal(signal.SIGTERM, before)
            if self.model is not None:
                self.model._initial_epoch = None

    def _ask(self, number: int, frame: Any) -> None:
        self.asked = signal.Signals(number).name

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob(".partial.epoch-*"):
            path.unlink(missing_ok=True)
        probe = files.partial(self.folder / "probe")
        probe.write_text("", "utf-8")  # Better refused now than after an hour.
        probe.unlink()

    def _agreed(self, now: bool = False) -> tuple[bool, bool]:
        """Whether to stop, and whether minutes ask for a file: the same on all processes."""
        minutes = self.every_minutes
        late = minutes is not None and time.monotonic() - self._saved_at >= 60 * minutes
        wishes = self.asked is not None, late and self.model.writes
        if self.model.adapter.processes(self.model)[1] == 1:
            return wishes
        self._moments += 1  # They all come to the same moments, if not at the same time.
        if self._moments % _MOMENTS_OF_A_LOOK and not now:
            return False, False
        return self.model.adapter.any_process(self.model, wishes)

    def _save_within(self, step: int, figures: list[np.ndarray] | None = None) -> None:
        if self.model._batches is not None and step:
            self._save(step, figures)

    def _save(self, step: int, figures: list[np.ndarray] | None = None) -> None:
        arrays: dict[str, np.ndarray] = {}
        callbacks = [
            {"name": one["name"], "state": pack(one["state"], arrays, _PREFIX)}
            for one in states_of(self.others)
        ]
        more = {
            "epoch": self._epoch,
            "step": step,
            "stopped": bool(self.model.stop_training),
            "configuration": self.configuration,
            "callbacks": callbacks,
        }
        state = state_of(self.model, self.model._batches, more, arrays, figures)
        if self.model.writes:
            files.guarded(self.folder, lambda: write_state(self.folder, state, self.keep))
        self._saved_at, self._saved_step = time.monotonic(), step

    def _go_on(self) -> None:
        if self._pending is not None:
            self._put_callbacks_back(self._pending)
            self._pending = None

    def _put_callbacks_back(self, state: State) -> None:
        states = [
            {"name": one["name"], "state": unpack(one["state"], state.arrays)}
            for one in state.about["callbacks"]
        ]
        set_states(self.others, states)

    def _end(self) -> None:
        found = states_in(self.folder)
        where = f"What was learned is in '{found[0]}'" if found else "Nothing was learned yet"
        if not self.model.writes:  # The file may not be whole yet.
            where = f"The first process saves what was learned in '{self.folder}'"
        by = self.asked or "another process"
        message = f"Stopped by {by} in epoch {self._epoch + 1}. {where}. Run it again to go on."
        if self.verbose:
            print(message, file=sys.stderr)
        raise TrainingStopped(message)
