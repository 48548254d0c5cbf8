"""Early stopping where there are several tasks."""

import dataclasses
from typing import Any

import numpy as np

from keras_mtl.training.watching import By, Choice, Metric, Mode, Watched, WatchingCallback


@dataclasses.dataclass
class Progress:
    """How far a figure has come. Epochs are counted from 0, as callbacks get them.

    Args:
        best: The best figure so far.
        best_epoch: Its epoch.
        wait: Epochs since then.
        stopped_epoch: The epoch at whose end patience ran out.
    """

    best: float | None = None
    best_epoch: int | None = None
    wait: int = 0
    stopped_epoch: int | None = None


class MultiTaskEarlyStopping(WatchingCallback):
    """Stop when all tasks together, one task, or each task on its own no longer improve.

    All but `by="each"` stop the whole training, as `keras.callbacks.EarlyStopping` does; by
    default at the same epoch, and with the same weights, as
    `EarlyStopping("val_loss", restore_best_weights=True)`.

    With `by="each"` a task that has not improved for `patience` epochs is taken out: the weight
    of its loss becomes 0 and its head goes back to its best epoch and stays as it is; training
    ends with the last task. The trunk is shared and goes on moving, so what a stopped task
    scores still changes: `val_<task>_loss` shows it. `loss` and `val_loss` in the logs keep the
    weights of `compile`. At the end, each head is that of its own best epoch, and the trunk and
    all else that of the last epoch in which any task improved.

    The same callback may serve several `fit`s; each begins anew. Numbers and weights of a run
    are in `progress` (by task with `by="each"`, else under `"all"`), `best_weights` and
    `best_heads`.

    Args:
        by: Whose figure counts: `"all"` tasks (`val_loss`; for other metrics the mean weighted by
            the loss weights), `"each"` task on its own, the name of one task, or task name to
            weight for a weighted mean. Tasks of loss weight 0 take no part in `"all"` and
            `"each"`.
        metric: `"loss"`, or the name of a metric, such as `"macro_f1"`; or task name to one.
        patience: Epochs without improvement after which to stop, 0 or more.
        min_delta: What a figure must get better by to count as improved, 0 or more.
        mode: `"min"` if less is better, `"max"` if more is; `"auto"` knows it for losses and for
            Keras's and the tasks' own metrics.
        start_from_epoch: Epochs, from 0, before this one are not looked at.
        restore_best_weights: Put the weights of the best epoch back at the end, and those of a
            stopped task's head when it stops. Otherwise everything stays as it is then.
        verbose: 1 tells what stops, 0 does not.

    Raises:
        TypeError: If `by` or `metric` is of the wrong type; in `fit`, if the model has no tasks.
        ValueError: If an argument is out of range; in `fit`, if a task or a metric is unknown,
            there are no validation data, or these have no labels of a task; and if the
            optimizer's `ema_overwrite_frequency` would overwrite the heads that `by="each"` and
            `restore_best_weights` put back.

    Example:
        >>> stopping = MultiTaskEarlyStopping(by={"topic": 2.0, "tone": 1.0}, metric="macro_f1")
        >>> stopping.patience
        2
    """

    progress: dict[str, Progress]
    best_weights: list[np.ndarray] | None
    best_heads: dict[str, list[np.ndarray]]
    _leaving: list[str]  # Tasks that stopped at the end of this epoch.

    def __init__(
        self,
        by: By = "all",
        metric: Metric = "loss",
        patience: int = 2,
        min_delta: float = 0.0,
        mode: Mode = "auto",
        start_from_epoch: int = 0,
        restore_best_weights: bool = True,
        verbose: int = 0,
    ) -> None:
        super().__init__(Choice(type(self).__name__, by, metric, mode))
        for argument, value in (
            ("patience", patience),
            ("min_delta", min_delta),
            ("start_from_epoch", start_from_epoch),
        ):
            whole = argument != "min_delta"
            if not isinstance(value, int if whole else (int, float)) or not 0 <= value:
                raise ValueError(
                    f"`{argument}` of {self.choice.whose} must be a {'whole ' * whole}number of 0 "
                    f"or more. Received: {argument}={value!r}."
                )
        self.patience = patience
        self.min_delta = min_delta
        self.start_from_epoch = start_from_epoch
        self.restore_best_weights = restore_best_weights
        self.verbose = verbose
        self._start()

    def on_train_begin(self, logs: Any = None) -> None:
        self._start()
        watched = self.choice.of(self.model)
        if not self.model._validates:
            names = ", ".join(one.name for one in watched.values())
            raise ValueError(
                f"{self.choice.whose} judges by {names}: `fit` must get `validation_data`. "
                "Received: none. Pass it, or watch the training loss with "
                "keras.callbacks.EarlyStopping('loss')."
            )
        self._check_averaging()
        self.watched = watched
        self.progress = {name: Progress() for name in watched}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        # Not at the end of the epoch before: what is saved there is what was validated there.
        if self.choice.by == "each" and self._leaving:
            if self.restore_best_weights:
                self._put_heads_back(self._leaving)
            self.model.set_loss_weights(dict.fromkeys(self._leaving, 0.0))
            self._leaving = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch < self.start_from_epoch:
            return
        better = [name for name in self.watched if self._step(name, epoch, logs)]
        if better and self.restore_best_weights:
            self.best_weights = self.model.get_weights()
            if self.choice.by == "each":
                self.best_heads |= {name: self.model.heads[name].get_weights() for name in better}
        if all(one.stopped_epoch is not None for one in self.progress.values()):
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
            self._put_heads_back(list(self.best_heads))

    def get_state(self) -> dict[str, Any]:
        """What it remembers, for `SaveAndResume`."""
        progress = {name: dataclasses.asdict(one) for name, one in self.progress.items()}
        names = ("best_weights", "best_heads", "_leaving")
        return {"progress": progress, **{name: getattr(self, name) for name in names}}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_state` gave."""
        self.progress = {name: Progress(**one) for name, one in state["progress"].items()}
        self.best_weights, self.best_heads = state["best_weights"], dict(state["best_heads"])
        self._leaving = list(state["_leaving"])

    def _start(self) -> None:
        self.progress, self.best_weights, self.best_heads, self._leaving = {}, None, {}, []

    def _check_averaging(self) -> None:
        optimizer = getattr(self.model, "optimizer", None)
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        every = getattr(optimizer, "ema_overwrite_frequency", None)
        averages = getattr(optimizer, "use_ema", False) and every
        if averages and self.choice.by == "each" and self.restore_best_weights:
            raise ValueError(
                f"{self.choice.whose} with by='each' puts the head of a stopped task back, which "
                "the optimizer must not overwrite with its moving averages. Received: "
                f"ema_overwrite_frequency={every}. Leave `ema_overwrite_frequency` out of the "
                "optimizer, or pass restore_best_weights=False."
            )

    def _step(self, name: str, epoch: int, logs: Any) -> bool:
        """Take an epoch of a figure in; whether it is its best so far."""
        progress, watched = self.progress[name], self.watched[name]
        value = watched.value(logs)
        if value is None or progress.stopped_epoch is not None:
            return False
        if watched.improves(value, progress.best, self.min_delta):
            progress.best, progress.best_epoch, progress.wait = value, epoch, 0
            return True
        progress.wait += 1
        if progress.wait >= self.patience:
            progress.stopped_epoch = epoch
            self._leaving.append(name)
            self._tell(name, watched)
        return False

    def _put_heads_back(self, names: list[str]) -> None:
        for name in names:
            if name in self.best_heads:
                self.model.heads[name].set_weights(self.best_heads[name])

    def _tell(self, name: str, watched: Watched) -> None:
        one = self.progress[name]
        if self.verbose and one.stopped_epoch is not None:
            what = f"task {name!r} stops" if self.choice.by == "each" else "early stopping"
            best = "it never had a value"
            if one.best is not None and one.best_epoch is not None:
                best = f"its best was {one.best:.6g} in epoch {one.best_epoch + 1}"
            print(f"\nEpoch {one.stopped_epoch + 1}: {what} by {watched.name}; {best}.")
