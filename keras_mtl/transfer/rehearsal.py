"""Old tasks that are not to be forgotten while a model learns a new one."""

import math
from collections.abc import Mapping
from typing import Any

import keras

from keras_mtl.data import Mixture
from keras_mtl.training.checks import some_unlabelled
from keras_mtl.training.watching import Choice, Metric, Watched
from keras_mtl.transfer.freezing import check_model


def rehearse(new: Mixture, old: Mixture, share: float = 0.25) -> Mixture:
    """Rows of new tasks, and with them a share of rows of the old ones.

    Args:
        new: Rows of what is to be learned. Its options (batch size, seed, ...) are kept.
        old: Rows of what was learned before.
        share: The share of old rows in each step, in (0, 1).

    Returns:
        A mixture of both. An epoch sees the new rows once, on average; each side keeps the
        shares that it has among its own streams.

    Raises:
        TypeError: If one is no mixture.
        ValueError: If the share is out of range, or streams have the same names.
    """
    for name, one in (("new", new), ("old", old)):
        if not isinstance(one, Mixture):
            raise TypeError(
                f"`{name}` of `rehearse` must be a Mixture. Received: {one!r:.80} of type "
                f"{type(one).__name__}."
            )
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
        raise ValueError(
            "`share` of `rehearse` must be above 0 and below 1: so much of each step are rows of "
            f"old tasks. Received: share={share!r}."
        )
    both = sorted(new.splits.keys() & old.splits.keys())
    if both:
        raise ValueError(
            "`new` and `old` of `rehearse` must have streams of different names. Received: "
            f"{', '.join(map(repr, both))} in both. Rename one."
        )
    shares = {name: (1.0 - share) * part for name, part in new.shares.items()}
    shares |= {name: share * part for name, part in old.shares.items()}
    return Mixture(
        {**new.splits, **old.splits},
        {**new.tasks, **old.tasks},
        batch_size=new.batch_size,
        share=shares,
        weighting=new.weighting,
        balanced={**new.balanced, **old.balanced} or None,
        balance_power=new.balance_power,
        length_classes=new.length_classes,
        steps_per_epoch=math.ceil(_rows_per_epoch(new) / (new.batch_size * (1.0 - share))),
        seed=new.seed,
    )


def _rows_per_epoch(mixture: Mixture) -> int:
    rows = sum(map(len, mixture.splits.values()))
    steps, size = mixture.steps_per_epoch, mixture.batch_size
    return rows if steps == math.ceil(rows / size) else steps * size


class DriftCheck(keras.callbacks.Callback):
    """See at the end of each epoch how far old tasks have drifted, and stop where it is too far.

    The drift of a task is how much worse a figure of it is than before the training: 0.02 is two
    points of accuracy lost, a negative one is a gain. It is in the logs as `<task>_drift`, in
    `drift` after `fit`.

    Args:
        rows: Labelled rows of the old tasks, which they were not trained on.
        bound: The largest drift; `fit` ends with the epoch in which a task is beyond it.
        metric: `"loss"`, or the name of a metric; or task name to one. By default the first metric
            of each task.
        mode: `"min"`, `"max"`, or `"auto"`, which knows it for losses and known metrics.
        stop: Whether `fit` ends; else it is only told.

    Raises:
        TypeError: If `rows` are no mixture.
        ValueError: If `bound` is no number; in `fit`, if a task or a metric is unknown.
    """

    def __init__(
        self,
        rows: Mixture,
        bound: float = 0.02,
        metric: Metric | None = None,
        mode: str = "auto",
        stop: bool = True,
    ) -> None:
        super().__init__()
        if not isinstance(rows, Mixture):
            raise TypeError(
                "`rows` of DriftCheck must be a Mixture with labelled rows of the old tasks. "
                f"Received: {rows!r:.80} of type {type(rows).__name__}."
            )
        if isinstance(bound, bool) or not isinstance(bound, (int, float)) or math.isnan(bound):
            raise ValueError(f"`bound` of DriftCheck must be a number. Received: bound={bound!r}.")
        self.rows, self.bound, self.metric = rows, float(bound), metric
        self.mode, self.stop = mode, stop
        self.before: dict[str, float] = {}
        self.drift: dict[str, float] = {}
        self.stopped_by: str | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        model = check_model(self.model, "DriftCheck")
        self.stopped_by, self.drift = None, {}
        self._watched = self._watch(model)
        self.before = self._figures()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        now = self._figures()
        self.drift = {
            name: (self.before[name] - figure) * (1 if watched.mode == "max" else -1)
            for (name, watched), figure in zip(self._watched.items(), now.values(), strict=True)
        }
        if logs is not None:
            logs.update({f"{name}_drift": drift for name, drift in self.drift.items()})
        worst = max(self.drift, key=lambda name: self.drift[name])
        if self.stop and not self.drift[worst] <= self.bound:
            self.stopped_by = worst
            self.model.stop_training = True

    def get_state(self) -> dict[str, Any]:
        """What it remembers, for `SaveAndResume`."""
        return {"before": self.before, "drift": self.drift, "stopped_by": self.stopped_by}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_state` gave."""
        self.before, self.drift = dict(state["before"]), dict(state["drift"])
        self.stopped_by = state["stopped_by"]

    def _watch(self, model: Any) -> dict[str, Watched]:
        fed = [name for names in self.rows.tasks.values() for name in names]
        found = {}
        for name in dict.fromkeys(fed):
            metric = self.metric.get(name) if isinstance(self.metric, Mapping) else self.metric
            if metric is None and name in model.heads:
                own = model.settings.scoring.metrics[name]
                metric = own[0].name if own else "loss"
            choice = Choice("DriftCheck", name, metric or "loss", self.mode)
            found[name] = choice.of(model, validated=False)["all"]
        return found

    def _figures(self) -> dict[str, float]:
        """The watched figure of each task, of all rows."""
        model = self.model
        model.adapter.sync(model)
        tasks = [task for task in model.tasks if task.name in self._watched]
        batches = self.rows.evaluation_batches(model.preprocessor, tasks, model.replicas)
        data = model.adapter.evaluation_input(batches, model.replicas)
        with some_unlabelled():
            logs = model.evaluate(data, return_dict=True, verbose=0)
        return {name: float(one.value(logs) or 0.0) for name, one in self._watched.items()}
